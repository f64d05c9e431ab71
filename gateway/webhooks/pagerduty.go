package webhooks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"muster/gateway/internal/answer"
	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/workflows/api"
)

const (
	// lookUpTimeout bounds everything that is asked of PagerDuty for one webhook: it wants an answer
	// within 5 s, and delivers again what it got none for.
	lookUpTimeout = 3 * time.Second
	// emailTimeout bounds the look-up of who somebody is: a name that is not an e-mail address is
	// better than an acknowledgement that comes late.
	emailTimeout = time.Second
)

// pagerDuty takes PagerDuty's v3 webhooks. It never answers 4xx to what PagerDuty may have sent: it
// would not come again, and after three refusals in a row PagerDuty switches the subscription off
// for a day and forgets what it still had to deliver.
// https://developer.pagerduty.com/docs/webhooks-behavior
func (h *hooks) pagerDuty(w http.ResponseWriter, r *http.Request) {
	if h.Vendors.PagerDuty == nil {
		h.notSetUp(w, r, "PagerDuty", "PAGERDUTY_WEBHOOK_SECRET")
		return
	}
	if !pagerduty.Signed(r.Header) { // PagerDuty signs everything
		h.doubted(w, r, "pagerduty", http.StatusUnauthorized, pagerduty.ErrNoSignature)
		return
	}
	body, leave, err := h.pagerDutyRoom.Body(w, r, maxBody)
	if err != nil {
		answer.Failed(w, r, h.Logger, err)
		return
	}
	defer leave()
	e, err := h.Vendors.PagerDuty(r.Header, body)
	switch {
	case errors.Is(err, pagerduty.ErrNoSignature):
		h.doubted(w, r, "pagerduty", http.StatusUnauthorized, err) // PagerDuty signs everything
		return
	case errors.Is(err, pagerduty.ErrMalformed):
		h.goodSignature(r, h.pagerDutySigned)
		h.Logger.WarnContext(r.Context(), "webhook not understood", "vendor", "pagerduty", "error", err)
		ignore(w, "it was not understood")
		return
	case err != nil:
		h.badPagerDuty(r)
		h.doubted(w, r, "pagerduty", http.StatusServiceUnavailable, err)
		return
	}
	h.goodSignature(r, h.pagerDutySigned)
	if !concernsPages(e) {
		ignore(w, e.Type+" does not concern a page")
		return
	}
	ctx, cancel := context.WithTimeout(delivered(r.Context(), e.DeliveryID), lookUpTimeout)
	defer cancel()
	if pages := h.pagesOf(ctx, w, r, e); len(pages) > 0 {
		h.tellPages(ctx, w, r, e, pages)
	}
}

// concernsPages reports whether an event can be news to a page. What nobody did is the echo of our
// own call, or a time-out at PagerDuty, which is asked after anyway.
func concernsPages(e pagerduty.Event) bool {
	switch e.Type {
	case pagerduty.EventAcknowledged, pagerduty.EventResolved:
		return e.IncidentID != "" && e.Agent.Person()
	case pagerduty.EventTriggered, pagerduty.EventUnacknowledged, pagerduty.EventReopened,
		pagerduty.EventEscalated, pagerduty.EventReassigned, pagerduty.EventDelegated:
		return e.IncidentID != ""
	}
	return false
}

// paged is a page that an event concerns, with its alert at PagerDuty.
type paged struct {
	workflow string
	alert    pagerduty.Alert
}

// pagesOf finds the pages that an event concerns; while it cannot, or when there are none, it
// answers PagerDuty itself. The incident is known by its own key, which those have that Muster made
// through the REST API, or by the keys of its alerts. Alerts of several pages can be grouped into
// one incident.
func (h *hooks) pagesOf(ctx context.Context, w http.ResponseWriter, r *http.Request, e pagerduty.Event) []paged {
	var pages []paged
	alerts := []pagerduty.Alert{{Key: e.IncidentKey, Created: e.Created}}
	find := func(installation string) bool {
		for _, a := range alerts {
			if workflow := pageOf(installation, a.Key); workflow != "" {
				pages = append(pages, paged{workflow, a})
			}
		}
		return len(pages) > 0
	}
	if e.IncidentKey != "" {
		is, err := h.installation.matches(ctx, find)
		if err != nil {
			h.unknown(w, r, err)
			return nil
		}
		if is {
			return pages
		}
		if h.Vendors.PageAlerts == nil { // what has a key has no alerts, unless incidents were merged
			ignore(w, "it belongs to another installation, or to none")
			return nil
		}
	}
	var ok bool
	if alerts, ok = h.alertsOf(ctx, w, e); !ok {
		return nil
	}
	if h.known(w, r, find) {
		return pages
	}
	h.Logger.DebugContext(ctx, "webhook ignored", "vendor", "pagerduty", "pager_incident", e.IncidentID, "alerts", len(alerts))
	return nil
}

// alertsOf asks PagerDuty for the alerts of an incident, or answers it.
func (h *hooks) alertsOf(ctx context.Context, w http.ResponseWriter, e pagerduty.Event) ([]pagerduty.Alert, bool) {
	if h.Vendors.PageAlerts == nil {
		h.Logger.WarnContext(ctx, "webhook ignored: without PAGERDUTY_TOKEN nobody can say which page it is about, so acknowledgements at PagerDuty are not heard",
			"vendor", "pagerduty", "event", e.Type, "pager_incident", e.IncidentID, "mend", "set PAGERDUTY_TOKEN for the gateway")
		ignore(w, "without PAGERDUTY_TOKEN nobody can say which page it is about")
		return nil, false
	}
	alerts, err := h.Vendors.PageAlerts(ctx, e.IncidentID)
	switch {
	case err == nil:
		return alerts, true
	case fault.IsClass(err, fault.Gone), fault.IsClass(err, fault.Permanent):
		h.Logger.InfoContext(ctx, "webhook ignored: PagerDuty does not show its incident", "pager_incident", e.IncidentID, "error", err)
		ignore(w, "PagerDuty does not show the incident")
	case fault.IsClass(err, fault.Credential):
		// A person must mend it, which takes longer than PagerDuty delivers again; and what cannot
		// be delivered in the end counts towards switching the subscription off. Pages are looked
		// after again as soon as the token works.
		h.Logger.ErrorContext(ctx, "webhook ignored: the PagerDuty token may not read incidents", "pager_incident", e.IncidentID, "error", err)
		ignore(w, "the token may not read incidents")
	default:
		h.Logger.WarnContext(ctx, "webhook not delivered: PagerDuty does not say which page it is about", "pager_incident", e.IncidentID, "error", err)
		unavailable(w, "away", "PagerDuty's REST API does not answer")
	}
	return nil, false
}

// tellPages signals each page that an event concerns, and answers PagerDuty. It delivers the event
// again if one of them could not be told; those that were told know it by its ID.
func (h *hooks) tellPages(ctx context.Context, w http.ResponseWriter, r *http.Request, e pagerduty.Event, pages []paged) {
	by := ""
	if e.Type == pagerduty.EventAcknowledged || e.Type == pagerduty.EventResolved {
		if by = h.agent(ctx, e.Agent); e.IncidentKey != "" && by == h.Vendors.PagerDutyFrom {
			ignore(w, "Muster did it itself")
			return
		}
	}
	asked := h.emails(ctx, e.Assignees)
	var told []string
	for _, p := range pages {
		state, err := h.pageState(ctx, e, p.alert, by)
		if err != nil {
			h.Logger.WarnContext(ctx, "webhook not delivered: PagerDuty does not say how the page is", "workflow_id", p.workflow, "error", err)
			unavailable(w, "away", "PagerDuty's REST API does not answer")
			return
		}
		if state.Asked == nil {
			state.Asked = asked
		}
		// The event's own ID, and not the delivery's: two subscriptions deliver one event twice.
		in := api.PagerChangedInput{DeliveryID: e.EventID, Key: p.alert.Key, State: state, At: e.At}
		ended, err := h.signal(r, p.workflow, api.PagerChanged, in)
		if err != nil {
			unavailable(w, "not_recorded", "the event could not be recorded")
			return
		}
		if !ended {
			told = append(told, p.workflow)
		}
	}
	if len(told) == 0 {
		ignore(w, pages[0].workflow+" has ended")
		return
	}
	answer.JSON(w, http.StatusOK, answered{Signalled: strings.Join(told, ", ")})
}

// pageState says what an event means for the page that has the alert.
func (h *hooks) pageState(ctx context.Context, e pagerduty.Event, alert pagerduty.Alert, by string) (incident.PageState, error) {
	p := incident.PageState{Found: true, ID: e.IncidentID, URL: e.IncidentURL}
	switch e.Type {
	case pagerduty.EventAcknowledged:
		// By PagerDuty's clock alone: ours may differ.
		if p.Acknowledged = alert.Answered(e.At); !p.Acknowledged {
			p.Silent = pagerduty.SilentSince(by, e.At)
			return p, nil
		}
		p.By, p.At = by, e.At
	case pagerduty.EventResolved:
		if e.Merged && e.IncidentKey == "" {
			return h.found(ctx, alert.Key, p) // its alert is in another incident now
		}
		p.Resolved, p.By, p.At = true, by, e.At
	case pagerduty.EventEscalated, pagerduty.EventReassigned, pagerduty.EventDelegated:
		// They change who is asked. Whether and by whom it was answered is not in them.
		if e.Status != "triggered" {
			p.Acknowledged, p.Resolved = e.Status == "acknowledged", e.Status == "resolved"
			return h.found(ctx, alert.Key, p)
		}
	}
	return p, nil
}

// found asks PagerDuty how a page is. Where that is not set up, it takes what the event says.
func (h *hooks) found(ctx context.Context, key string, said incident.PageState) (incident.PageState, error) {
	if h.Vendors.FindPage == nil {
		return said, nil
	}
	state, err := h.Vendors.FindPage(ctx, key)
	if err == nil && !state.Found {
		return said, nil
	}
	return state, err
}

// pageOf gives the workflow of the page whose attempt has the key, or "" for keys that are not
// this installation's.
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

// agent names who did it: their e-mail address or, where it cannot be had, the name that PagerDuty
// shows. What automation did was done by nobody.
func (h *hooks) agent(ctx context.Context, a *pagerduty.Agent) string {
	if !a.Person() {
		return ""
	}
	if known := h.emails(ctx, []string{a.ID}); len(known) > 0 {
		return known[0]
	}
	return pagerduty.NameOnly(a.Name, a.ID)
}

// emails gives the e-mail addresses of PagerDuty users, as far as they can be had in time.
func (h *hooks) emails(ctx context.Context, users []string) []string {
	if h.Vendors.PersonEmail == nil || len(users) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, emailTimeout)
	defer cancel()
	var list []string
	for _, id := range users {
		email, err := h.Vendors.PersonEmail(ctx, id)
		if err != nil || incident.CheckPerson("", email) != nil {
			h.Logger.WarnContext(ctx, "e-mail address of a PagerDuty user is not known", "user_id", id, "error", err)
			continue
		}
		list = append(list, incident.NormalPerson(email))
	}
	return list
}
