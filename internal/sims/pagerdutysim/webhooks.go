package pagerdutysim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// sign adds PagerDuty's signatures, one for each secret.
func (s *Sim) sign(header http.Header, body []byte) {
	list := make([]string, 0, len(s.options.WebhookSecrets))
	for _, secret := range s.options.WebhookSecrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		list = append(list, "v1="+hex.EncodeToString(mac.Sum(nil)))
	}
	header.Set("X-PagerDuty-Signature", strings.Join(list, ","))
}

// actor is who did something. The zero one is PagerDuty itself, as when a timeout passes.
type actor struct {
	user *user
	// integration is the service through whose Events API v2 integration it was done.
	integration *service
}

func person(u *user) actor { return actor{user: u} }

// emitIncident sends a webhook about an incident as it is now.
func (s *Sim) emitIncident(kind string, rec *record, by actor, now time.Time) {
	if s.Webhooks.Target() == "" || now.Before(s.state.DisabledTo) {
		return // rendering would be most of the work of a trigger
	}
	s.emit(kind, rec, by, now, s.webhookIncident(rec))
}

// webhookAgent is who did it as webhooks show it: a person, an integration or null. So do the
// webhooks that were captured of real accounts, such as those of 2025 in nudgebee's tests.
func (s *Sim) webhookAgent(by actor) any {
	switch {
	case by.user != nil:
		return s.userReference(by.user)
	case by.integration != nil:
		path := by.integration.ID + "/integrations/" + by.integration.IntegrationID
		return map[string]any{
			"id": by.integration.IntegrationID, "type": "inbound_integration_reference", "summary": "Events API V2",
			"self": apiURL("services", path), "html_url": s.webURL("services", path),
		}
	}
	return nil
}

// emit sends a webhook. Deliveries for one incident come in order.
func (s *Sim) emit(kind string, rec *record, by actor, now time.Time, data any) {
	if now.Before(s.state.DisabledTo) || !slices.Contains(s.options.WebhookEvents, kind) {
		return
	}
	var client any
	if by.user != nil {
		client = map[string]any{"name": "PagerDuty"}
	} else if len(rec.Alerts) > 0 && rec.Alerts[0].Client != "" {
		client = map[string]any{"name": rec.Alerts[0].Client}
	}
	body, err := json.Marshal(map[string]any{"event": map[string]any{
		"id":            s.id("01", 24),
		"event_type":    kind,
		"resource_type": "incident",
		"occurred_at":   now.Format("2006-01-02T15:04:05.000Z"),
		"agent":         s.webhookAgent(by),
		"client":        client,
		"data":          data,
	}})
	if err != nil {
		panic("pagerdutysim: encode webhook: " + err.Error())
	}
	s.state.IDs++
	delivery := fmt.Sprintf("5ac64822-4adc-4fda-ade0-%012x", s.state.IDs)
	header := http.Header{
		"Content-Type":           {"application/json"},
		"User-Agent":             {"PagerDuty-Webhook/V3.0"},
		"X-Webhook-Id":           {delivery},
		"X-Webhook-Subscription": {subscriptionID},
	}
	s.Webhooks.SendInOrder(rec.ID, delivery, kind, header, body)
}

// webhookIncident is an incident as webhooks show it, which is not how the REST API does.
func (s *Sim) webhookIncident(rec *record) map[string]any {
	assignees := []any{}
	for _, u := range rec.Assignees {
		assignees = append(assignees, s.userReference(u))
	}
	return map[string]any{
		"id":                rec.ID,
		"type":              "incident",
		"self":              apiURL("incidents", rec.ID),
		"html_url":          s.webURL("incidents", rec.ID),
		"number":            rec.Number,
		"status":            rec.Status,
		"incident_key":      rec.keyOrNull(),
		"created_at":        stamp(rec.Created),
		"title":             rec.Title,
		"incident_type":     map[string]any{"name": "incident_default"},
		"service":           s.serviceReference(rec.Service),
		"assignees":         assignees,
		"escalation_policy": s.policyReference(rec.policyOf()),
		"teams":             []any{},
		"priority":          nil,
		"urgency":           rec.Urgency,
		"conference_bridge": nil,
		"resolve_reason":    s.resolveReason(rec),
	}
}

func (s *Sim) emitNote(rec *record, n note, now time.Time) {
	s.emit("incident.annotated", rec, person(n.By), now, map[string]any{
		"incident": s.incidentReference(rec), "id": n.ID, "content": n.Content, "trimmed": false, "type": "incident_note",
	})
}

func (s *Sim) emitResponder(rec *record, who, by *user, message string, now time.Time) {
	s.emit("incident.responder.added", rec, person(by), now, map[string]any{
		"incident": s.incidentReference(rec), "user": s.userReference(who), "escalation_policy": nil,
		"message": message, "state": "pending", "type": "incident_responder",
	})
}
