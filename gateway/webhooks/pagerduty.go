package webhooks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"muster/gateway/internal/answer"
	"muster/incident"
	"muster/integrations/pagerduty"
	"muster/workflows/api"
)

// emailTimeout bounds the look-up of who did it. PagerDuty wants an answer within 5 s, and a
// name that is not an e-mail address is better than an acknowledgement that comes late.
const emailTimeout = time.Second

// pagerDuty takes PagerDuty's v3 webhooks.
func (h *hooks) pagerDuty(w http.ResponseWriter, r *http.Request) {
	if h.Vendors.PagerDuty == nil {
		h.notSetUp(w, r, "PagerDuty", "PAGERDUTY_WEBHOOK_SECRET")
		return
	}
	body, err := answer.Body(w, r, maxBody)
	if err != nil {
		answer.Failed(w, r, h.Logger, err)
		return
	}
	e, err := h.Vendors.PagerDuty(r.Header, body)
	switch {
	case errors.Is(err, pagerduty.ErrNoSignature):
		h.doubted(w, r, "pagerduty", http.StatusUnauthorized, err)
		return
	case errors.Is(err, pagerduty.ErrMalformed):
		// It is signed, so it is theirs; after three refusals they would stop sending.
		h.Logger.WarnContext(r.Context(), "webhook not understood", "vendor", "pagerduty", "error", err)
		ignore(w, "it was not understood")
		return
	case err != nil:
		h.doubted(w, r, "pagerduty", http.StatusForbidden, err)
		return
	}
	state, concerns := pageState(e)
	if !concerns || e.IncidentKey == "" {
		ignore(w, e.Type+" does not concern a page")
		return
	}
	var workflow string
	if !h.known(w, r, func(installation string) bool {
		workflow = pageOf(installation, e.IncidentKey)
		return workflow != ""
	}) {
		h.Logger.DebugContext(r.Context(), "webhook ignored", "vendor", "pagerduty", "key", e.IncidentKey)
		return
	}
	if state.Acknowledged || state.Resolved {
		state.By = h.agent(r.Context(), e.Agent)
	}
	// The event's own ID, and not the delivery's: two subscriptions deliver one event twice.
	h.deliver(w, r, workflow, api.PagerChanged, api.PagerChangedInput{DeliveryID: e.EventID, Key: e.IncidentKey, State: state, At: e.At})
}

// pageState says what an event means for a page, and whether it means anything.
func pageState(e pagerduty.Event) (incident.PageState, bool) {
	p := incident.PageState{Found: true, ID: e.IncidentID, URL: e.IncidentURL}
	switch e.Type {
	case pagerduty.EventAcknowledged:
		p.Acknowledged = true
		return p, e.Agent.Person() // nobody did it: it is the echo of our own call
	case pagerduty.EventResolved:
		p.Resolved = true
		return p, e.Agent.Person() // likewise; what PagerDuty itself timed out, the Sweep finds
	case pagerduty.EventTriggered, pagerduty.EventUnacknowledged, pagerduty.EventReopened:
	case pagerduty.EventEscalated, pagerduty.EventReassigned:
		// They change who is asked; whether somebody has answered is in the status.
		p.Acknowledged, p.Resolved = e.Status == "acknowledged", e.Status == "resolved"
	default:
		return p, false
	}
	return p, true
}

// pageOf gives the workflow of the page whose attempt has the key, or "" for keys that are not
// this installation'h.
func pageOf(installation, key string) string {
	rest, ok := api.ParseVendorKey(installation, key)
	if !ok {
		return ""
	}
	workflow, attempt, ok := strings.Cut(rest, "/attempt/")
	child, known := api.ParseID(workflow)
	if !ok || attempt == "" || !known || child.Part != "page" {
		return ""
	}
	return workflow
}

// agent names who did it: their e-mail address, else the name that PagerDuty shows. What
// automation did was done by nobody.
func (h *hooks) agent(ctx context.Context, a *pagerduty.Agent) string {
	if !a.Person() {
		return ""
	}
	if h.Vendors.PersonEmail != nil {
		ctx, cancel := context.WithTimeout(ctx, emailTimeout)
		defer cancel()
		email, err := h.Vendors.PersonEmail(ctx, a.ID)
		if err == nil && email != "" {
			return incident.NormalPerson(email)
		}
		h.Logger.WarnContext(ctx, "e-mail address of a responder is not known", "user_id", a.ID, "error", err)
	}
	return incident.CleanLine(a.Name)
}
