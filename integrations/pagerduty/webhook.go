package pagerduty

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"muster/integrations/fault"
)

// The failures of ParseWebhook; test for them with errors.Is.
var (
	// ErrNoSignature: the request has no version 1 signature. It is not from PagerDuty.
	ErrNoSignature = errors.New("pagerduty webhook: the request has no signature")
	// ErrBadSignature: no signature fits any of the secrets. While secrets are being changed
	// it is safer to answer 503, which PagerDuty retries for 48 hours, than 4xx, which drops the
	// delivery and after three in a row disables the subscription.
	ErrBadSignature = errors.New("pagerduty webhook: the signature is wrong")
	// ErrMalformed: the request is signed, and yet is no v3 webhook.
	ErrMalformed = errors.New("pagerduty webhook: the body is malformed")
)

// The types of Event that concern a page. PagerDuty has more and may add some.
const (
	EventTriggered      = "incident.triggered"
	EventAcknowledged   = "incident.acknowledged"
	EventUnacknowledged = "incident.unacknowledged"
	EventResolved       = "incident.resolved"
	EventReopened       = "incident.reopened"
	EventReassigned     = "incident.reassigned"
	EventEscalated      = "incident.escalated"
	EventDelegated      = "incident.delegated"
)

// Events are those that a subscription must have.
var Events = []string{
	EventTriggered, EventAcknowledged, EventUnacknowledged, EventResolved, EventReopened, EventReassigned, EventEscalated, EventDelegated,
}

// maxDeliveryID is the longest X-Webhook-Id that is believed; real ones are UUIDs.
const maxDeliveryID = 128

// Event is one v3 webhook: https://developer.pagerduty.com/docs/webhooks-overview
type Event struct {
	// DeliveryID is the same in every attempt at delivery; deduplicate by it.
	DeliveryID string
	// EventID is PagerDuty's ID of what happened. Two subscriptions deliver it twice, with
	// different delivery IDs. Unlike the header, it is covered by the signature.
	EventID string
	// Type is one of the constants above, or another of PagerDuty's.
	Type string
	// IncidentID is empty for events that are about no incident.
	IncidentID  string
	IncidentURL string
	// IncidentKey is the incident's own key. Incidents that have alerts have none, so all that
	// Events v2 made: Client.Alerts knows the keys of their alerts. It is empty as well for events
	// about notes, responders and status updates.
	IncidentKey string
	// Created is when the incident came into being, zero when PagerDuty does not say.
	Created time.Time
	// Merged means that it was resolved because somebody merged it into another incident, which has
	// its alerts now. That is no answer.
	Merged bool
	// Assignees are the IDs of the users whom PagerDuty asks.
	Assignees []string
	// Agent is who did it; nil means automation, such as a timeout or the Events API.
	Agent *Agent
	// Status of the incident: triggered, acknowledged or resolved; empty for events that are not
	// about an incident itself.
	Status string
	// At is when it happened, zero when PagerDuty does not say.
	At time.Time
}

// Agent is who or what caused an Event.
type Agent struct {
	ID   string
	Name string
	// Type is user_reference for a person, or another of PagerDuty's reference types.
	Type string
}

// Person reports whether the agent is a PagerDuty user, whose address PersonEmail knows.
func (a *Agent) Person() bool {
	return a != nil && a.ID != "" && (a.Type == "user_reference" || a.Type == "user")
}

// ParseWebhook checks the signature of a v3 webhook over the raw body and reads it. One of the
// secrets must fit, so that a secret can be changed while deliveries go on; empty secrets are
// ignored, and with none left nothing is accepted. It checks no time: PagerDuty signs none, so
// that an old delivery stays valid and is recognised by its EventID only.
//
// The library's own check is not used: it does not accept the spaces after commas that
// PagerDuty's documentation shows, and knows one secret only.
func ParseWebhook(header http.Header, body []byte, secrets []fault.Secret) (Event, error) {
	given := signatures(header)
	if len(given) == 0 {
		return Event{}, ErrNoSignature
	}
	if !signed(body, given, secrets) {
		return Event{}, ErrBadSignature
	}
	return readEvent(header, body)
}

// Signed reports whether a request claims to be signed. Whoever takes webhooks asks before reading the body.
func Signed(header http.Header) bool { return len(signatures(header)) > 0 }

// signatures reads "v1=hex,v1=hex", with or without spaces and in one header or several.
// https://developer.pagerduty.com/docs/verifying-webhook-signatures
func signatures(header http.Header) [][]byte {
	var list [][]byte
	for _, line := range header.Values("X-PagerDuty-Signature") {
		for part := range strings.SplitSeq(line, ",") {
			digits, ok := strings.CutPrefix(strings.TrimSpace(part), "v1=")
			if !ok {
				continue // a version that does not exist yet
			}
			if signature, err := hex.DecodeString(digits); err == nil && len(signature) == sha256.Size {
				list = append(list, signature)
			}
		}
	}
	return list
}

// signed compares every signature with every secret, whichever fits, so that the time it takes
// tells nothing.
func signed(body []byte, signatures [][]byte, secrets []fault.Secret) bool {
	fits := false
	for _, secret := range secrets {
		if secret.Empty() {
			continue // anybody can sign with an empty secret
		}
		mac := hmac.New(sha256.New, []byte(secret.Reveal()))
		mac.Write(body)
		want := mac.Sum(nil)
		for _, signature := range signatures {
			if hmac.Equal(want, signature) {
				fits = true
			}
		}
	}
	return fits
}

type reference struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Summary string `json:"summary"`
	HTMLURL string `json:"html_url"`
}

// envelope is the part of a delivery that is read. The data differ from type to type; what
// they have in common is that they are an incident or refer to one.
type envelope struct {
	Event struct {
		ID         string     `json:"id"`
		Type       string     `json:"event_type"`
		OccurredAt string     `json:"occurred_at"`
		Agent      *reference `json:"agent"`
		Data       *struct {
			reference
			Status    string      `json:"status"`
			Key       string      `json:"incident_key"`
			CreatedAt string      `json:"created_at"`
			Assignees []reference `json:"assignees"`
			Reason    *reference  `json:"resolve_reason"`
			Incident  *reference  `json:"incident"`
		} `json:"data"`
	} `json:"event"`
}

func readEvent(header http.Header, body []byte) (Event, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	in := e.Event
	if in.ID == "" || in.Type == "" {
		return Event{}, fmt.Errorf("%w: it has no event with an ID and a type", ErrMalformed)
	}
	out := Event{DeliveryID: header.Get("X-Webhook-Id"), EventID: in.ID, Type: in.Type}
	if out.DeliveryID == "" || len(out.DeliveryID) > maxDeliveryID {
		out.DeliveryID = in.ID
	}
	out.At = moment(in.OccurredAt)
	if a := in.Agent; a != nil {
		out.Agent = &Agent{ID: a.ID, Name: a.Summary, Type: a.Type}
	}
	switch data := in.Data; {
	case data == nil:
	case data.Type == "incident":
		if data.ID == "" {
			return Event{}, fmt.Errorf("%w: its incident has no ID", ErrMalformed)
		}
		out.IncidentID, out.IncidentURL = data.ID, webLink(data.HTMLURL)
		out.IncidentKey, out.Status, out.Created = data.Key, data.Status, moment(data.CreatedAt)
		out.Merged = data.Reason != nil && data.Reason.Type == mergeReason
		for _, a := range data.Assignees {
			if a.ID != "" && strings.HasPrefix(a.Type, "user") {
				out.Assignees = append(out.Assignees, a.ID)
			}
		}
	case data.Incident != nil:
		out.IncidentID, out.IncidentURL = data.Incident.ID, webLink(data.Incident.HTMLURL)
	}
	return out, nil
}
