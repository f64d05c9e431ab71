package jira

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

// Why a webhook is not believed. Match with errors.Is.
var (
	// ErrNoSecret means that no secret is configured, so nothing can be believed.
	ErrNoSecret = errors.New("jira webhook: no secret is configured; set JIRA_WEBHOOK_SECRET")
	// ErrNoSignature means that the request carries no X-Hub-Signature.
	ErrNoSignature = errors.New("jira webhook: no signature; give the webhook in Jira a secret")
	// ErrBadSignature means that no configured secret made the signature.
	ErrBadSignature = errors.New("jira webhook: wrong signature")
	// ErrMalformed means that the body is no webhook of Jira's.
	ErrMalformed = errors.New("jira webhook: malformed body")
)

// The events that Muster cares about, as Jira names them.
const (
	EventIssueCreated   = "jira:issue_created"
	EventIssueUpdated   = "jira:issue_updated"
	EventIssueDeleted   = "jira:issue_deleted"
	EventCommentCreated = "comment_created"
)

// Actor is who did what a webhook tells of.
type Actor struct {
	// AccountID is Data Center's user name there.
	AccountID   string
	DisplayName string
	// Email is empty where the person's profile hides it.
	Email string
}

// Event is one webhook. Jira does not keep the order of events and may repeat them: At and Changed say
// what of the issue is news and as of when. For the state as it is now, ask IssueStates.
type Event struct {
	// DeliveryID is the hash of the body, which is signed; Jira's own identifier is not.
	DeliveryID string
	// Type is Jira's name for the event, such as jira:issue_updated.
	Type  string
	Actor Actor
	// Issue is the state at the time of the event; Deleted after a deletion. Its Key and ID are
	// empty for an event without an issue.
	Issue incident.IssueState
	// Changed is what of the issue the event's changelog names. It is empty where the event has none.
	Changed []incident.IssuePart
	Labels  []string
	// Former are the labels that the event took away.
	Former []string
	// MusterKey is the label that Muster put on the issue (see Label), empty for an issue that is
	// not Muster's. The key itself cannot be read back from it.
	MusterKey string
	// At is when it happened, by Jira's clock; zero where the event does not say.
	At time.Time
}

// By is the actor's address, or else name.
func (e Event) By() string {
	if incident.CheckPerson("", e.Actor.Email) == nil {
		return incident.NormalPerson(e.Actor.Email)
	}
	if e.Actor.DisplayName == "" {
		return ""
	}
	return incident.NameOnly(e.Actor.DisplayName, "Jira user "+e.Actor.AccountID)
}

// Ours reports whether a label of Muster's is among them, of whatever installation.
func Ours(labels []string) bool { return labelIn(labels) != "" }

// ParseWebhook verifies the X-Hub-Signature (HMAC-SHA256 over the raw body, compared in
// constant time) against the secrets, of which several may be valid during a rotation, and
// reads the event. The error is ErrNoSecret, ErrNoSignature, ErrBadSignature or ErrMalformed.
// https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks
func ParseWebhook(header http.Header, body []byte, secrets []fault.Secret) (Event, error) {
	if err := verify(header.Get("X-Hub-Signature"), body, secrets); err != nil {
		return Event{}, err
	}
	return DecodeWebhook(body)
}

// Signed reports whether a request claims to be signed. Whoever takes webhooks asks before reading the body.
func Signed(header http.Header) bool { return strings.TrimSpace(header.Get("X-Hub-Signature")) != "" }

func verify(signature string, body []byte, secrets []fault.Secret) error {
	usable, matched := false, false
	given, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(signature), "sha256="))
	for _, s := range secrets {
		if s.Empty() {
			continue
		}
		usable = true
		mac := hmac.New(sha256.New, []byte(s.Reveal()))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), given) {
			matched = true
		}
	}
	switch {
	case !usable:
		return ErrNoSecret
	case strings.TrimSpace(signature) == "":
		return ErrNoSignature
	case err != nil || !strings.HasPrefix(strings.TrimSpace(signature), "sha256=") || !matched:
		return ErrBadSignature
	}
	return nil
}

type wireEvent struct {
	Timestamp int64      `json:"timestamp"`
	Type      string     `json:"webhookEvent"`
	User      *wireUser  `json:"user"`
	Issue     *wireIssue `json:"issue"`
	Changelog struct {
		Items []wireChange `json:"items"`
	} `json:"changelog"`
	Comment *struct {
		Author       *wireUser `json:"author"`
		UpdateAuthor *wireUser `json:"updateAuthor"`
	} `json:"comment"`
}

// wireChange is one line of a changelog. Fields go by their English names there, whatever the
// language of the site; Cloud adds their IDs.
type wireChange struct {
	Field string `json:"field"`
	ID    string `json:"fieldId"`
	// From is the former value as Jira shows it; labels are separated by blanks.
	From string `json:"fromString"`
}

// changedFields are the names that changelogs use, in lower case.
var changedFields = map[string]incident.IssuePart{
	"status": incident.IssueStatus, "resolution": incident.IssueStatus, "assignee": incident.IssueOwner,
	"duedate": incident.IssueDue, "due date": incident.IssueDue, "summary": incident.IssueTitle,
	"key": incident.IssueKey, "project": incident.IssueKey, "labels": incident.IssueLabels,
	"parent": incident.IssueParent, "issueparentassociation": incident.IssueParent, "epic link": incident.IssueParent,
	"issuetype": incident.IssueParent,
}

// DecodeWebhook reads an event without verifying it. It is for versions of Jira Data Center
// that do not sign, whose address must then be the secret.
func DecodeWebhook(body []byte) (Event, error) {
	var w wireEvent
	if err := json.Unmarshal(body, &w); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if w.Type == "" {
		return Event{}, fmt.Errorf("%w: it names no event", ErrMalformed)
	}
	sum := sha256.Sum256(body)
	e := Event{DeliveryID: hex.EncodeToString(sum[:]), Type: w.Type}
	if w.Timestamp > 0 {
		e.At = time.UnixMilli(w.Timestamp).UTC()
	}
	if u := w.actor(); u != nil {
		e.Actor = Actor{AccountID: u.id(), DisplayName: u.DisplayName, Email: u.Email}
	}
	if w.Issue != nil {
		e.Issue = w.Issue.state(nil)
		e.Issue.Deleted = w.Type == EventIssueDeleted
		e.Labels = w.Issue.Fields.Labels
		e.MusterKey = labelIn(e.Labels)
		e.readChanges(w.Changelog.Items)
	}
	return e, nil
}

func (e *Event) readChanges(items []wireChange) {
	for _, item := range items {
		field, known := changedFields[strings.ToLower(item.Field)]
		if !known {
			field, known = changedFields[strings.ToLower(item.ID)]
		}
		if known && !slices.Contains(e.Changed, field) {
			e.Changed = append(e.Changed, field)
		}
		if field == incident.IssueLabels {
			e.Former = slices.DeleteFunc(strings.Fields(item.From), func(l string) bool { return slices.Contains(e.Labels, l) })
		}
	}
}

// actor is at the top for events of issues and inside for those of comments.
func (w *wireEvent) actor() *wireUser {
	if w.User != nil || w.Comment == nil {
		return w.User
	}
	if w.Comment.UpdateAuthor != nil {
		return w.Comment.UpdateAuthor
	}
	return w.Comment.Author
}
