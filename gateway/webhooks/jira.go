package webhooks

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"muster/gateway/internal/answer"
	"muster/incident"
	"muster/integrations/jira"
	"muster/workflows/api"
)

// staleAfter is how old an event may be. Jira gives up after five attempts, of which the last comes within
// two hours, so an older one was kept by somebody to be sent again.
// https://developer.atlassian.com/cloud/jira/platform/webhooks/#retry-policy
const staleAfter = 6 * time.Hour

// jira takes Jira's webhooks.
func (h *hooks) jira(w http.ResponseWriter, r *http.Request) {
	if h.Vendors.Jira == nil {
		h.notSetUp(w, r, "Jira", "JIRA_WEBHOOK_SECRET")
		return
	}
	if !jira.Signed(r.Header) {
		h.doubted(w, r, "jira", http.StatusUnauthorized, jira.ErrNoSignature)
		return
	}
	body, leave, err := h.jiraRoom.Body(w, r, maxBody)
	if err != nil {
		answer.Failed(w, r, h.Logger, err)
		return
	}
	defer leave()
	e, err := h.Vendors.Jira(r.Header, body)
	if err == nil || errors.Is(err, jira.ErrMalformed) {
		h.goodSignature(r, h.jiraSigned)
	}
	switch {
	case errors.Is(err, jira.ErrNoSecret):
		h.notSetUp(w, r, "Jira", "JIRA_WEBHOOK_SECRET")
	case errors.Is(err, jira.ErrNoSignature):
		h.doubted(w, r, "jira", http.StatusUnauthorized, err)
	case errors.Is(err, jira.ErrMalformed):
		h.Logger.WarnContext(r.Context(), "webhook not understood", "vendor", "jira", "error", err)
		ignore(w, "it was not understood")
	case err != nil:
		// Jira tries again after a 503, by when the secret may be mended; any other answer loses the event.
		h.badJira(r)
		h.doubted(w, r, "jira", http.StatusServiceUnavailable, err)
	default:
		h.issueEvent(w, r.WithContext(delivered(r.Context(), e.DeliveryID)), e)
	}
}

// issueEvent finds who is concerned by an event. An issue is known by its label, also by one that was just
// taken off it; a child that people filed by the issue above it.
func (h *hooks) issueEvent(w http.ResponseWriter, r *http.Request, e jira.Event) {
	if !slices.Contains([]string{jira.EventIssueCreated, jira.EventIssueUpdated, jira.EventIssueDeleted}, e.Type) || e.Issue.ID == "" {
		ignore(w, e.Type+" does not concern an issue of ours")
		return
	}
	ours, filed := e.MusterKey != "" || jira.Ours(e.Former), h.filed(e)
	if !ours && !filed {
		ignore(w, e.Type+" does not concern an issue of ours")
		return
	}
	if ours {
		h.ownIssue(w, r, e)
		return
	}
	h.filedIssue(w, r, e)
}

// filed reports whether an event may be about a child that people filed by hand.
func (h *hooks) filed(e jira.Event) bool {
	return e.Issue.Parent != "" && !e.Issue.Done && (e.Type == jira.EventIssueCreated || slices.Contains(e.Changed, incident.IssueParent))
}

func (h *hooks) ownIssue(w http.ResponseWriter, r *http.Request, e jira.Event) {
	if e.Type == jira.EventIssueCreated {
		ignore(w, "whoever made it knows")
		return
	}
	var workflow string
	if !h.known(w, r, func(installation string) bool {
		workflow = api.KeeperOf(append(slices.Clone(e.Labels), e.Former...), installation, jira.Label)
		return workflow != ""
	}) {
		h.Logger.DebugContext(r.Context(), "webhook ignored", "vendor", "jira", "issue", e.Issue.Key)
		return
	}
	if h.stale(w, r, e) || h.own(w, r, e) {
		return
	}
	h.deliver(w, r, workflow, api.IssueChanged, api.IssueChangedInput{
		DeliveryID: e.DeliveryID, Issue: e.Issue, By: e.By(), At: e.At, Changed: e.Changed,
	})
}

func (h *hooks) filedIssue(w http.ResponseWriter, r *http.Request, e jira.Event) {
	number, err := h.Incidents.ByIssue(r.Context(), e.Issue.Parent)
	switch {
	case err != nil:
		h.Logger.ErrorContext(r.Context(), "webhook not delivered", "vendor", "jira", "error", err)
		unavailable(w, "away", "it cannot be said whose issue it is")
	case number == 0:
		ignore(w, e.Type+" does not concern an issue of ours")
	case !h.stale(w, r, e) && !h.own(w, r, e):
		h.deliver(w, r, api.IncidentID(number), api.IssueFiled, api.IssueFiledInput{DeliveryID: e.DeliveryID, Issue: e.Issue, By: e.By()})
	}
}

// stale refuses an event that is too old to be a delivery of Jira's.
func (h *hooks) stale(w http.ResponseWriter, r *http.Request, e jira.Event) bool {
	if e.At.IsZero() || h.Now().Sub(e.At) < staleAfter {
		return false
	}
	h.Logger.WarnContext(r.Context(), "webhook refused: it is too old", "vendor", "jira", "at", e.At, "issue", e.Issue.Key)
	answer.Problem(w, http.StatusBadRequest, incident.Problem{
		Code: incident.CodeInvalid, Field: "timestamp", Reason: "the event is of " + e.At.Format(time.RFC3339) + ", which is too long ago",
		Mend: "nothing needs to be done: what has changed since is read from Jira itself",
	})
	return true
}

// own ignores what Muster's own account did.
func (h *hooks) own(w http.ResponseWriter, r *http.Request, e jira.Event) bool {
	if h.Vendors.JiraSelf == nil || !h.Vendors.JiraSelf(r.Context(), e.Actor) {
		return false
	}
	ignore(w, "Muster did it itself")
	return true
}
