package pagerduty

import (
	"cmp"
	"context"
	"slices"
	"time"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
)

// stateOf says what an incident means for the page whose alert it holds.
func (c *Client) stateOf(ctx context.Context, found *library.Incident, alert Alert) incident.PageState {
	state := incident.PageState{Found: true, ID: found.ID, URL: webLink(found.HTMLURL)}
	if found.Status == "resolved" {
		state.Resolved, state.At = true, moment(cmp.Or(found.ResolvedAt, found.LastStatusChangeAt))
		state.By = c.personOf(ctx, found, alert, found.LastStatusChangeBy)
		return state
	}
	if found.Status == "acknowledged" {
		c.acknowledged(ctx, &state, found, alert)
	}
	if !state.Acknowledged {
		state.Silent = cmp.Or(state.Silent, silence(found, alert))
	}
	state.Asked = c.asked(ctx, found)
	return state
}

// acknowledged takes the acknowledgements that are an answer to the alert. The first by a person
// counts, so that the answer stays the same when others acknowledge too.
func (c *Client) acknowledged(ctx context.Context, state *incident.PageState, found *library.Incident, alert Alert) {
	all := found.Acknowledgements
	if len(all) == 0 { // PagerDuty does not say who it was
		all = []library.Acknowledgement{{At: found.LastStatusChangeAt}}
	}
	answers := slices.DeleteFunc(slices.Clone(all), func(a library.Acknowledgement) bool { return !alert.Answered(moment(a.At)) })
	if len(answers) == 0 {
		state.Silent = SilentSince(c.personOf(ctx, found, alert, all[0].Acknowledger), moment(all[0].At))
		return
	}
	state.Acknowledged, state.At = true, moment(answers[0].At)
	for _, a := range answers {
		if by := c.personOf(ctx, found, alert, a.Acknowledger); by != "" {
			state.By, state.At = by, moment(a.At)
			return
		}
	}
}

// personOf names the person who did something to an incident; it is empty for what is no user, and
// for Muster itself: it acknowledges and resolves what it has made through the REST API in the name
// of a user.
func (c *Client) personOf(ctx context.Context, found *library.Incident, alert Alert, who library.APIObject) string {
	if !isUser(who) {
		return ""
	}
	name := c.nameOf(ctx, who)
	if found.IncidentKey == alert.Key && c.from != "" && incident.NormalPerson(name) == incident.NormalPerson(c.from) {
		return ""
	}
	return name
}

// SilentSince says why PagerDuty notifies nobody of an alert that was added to an incident: who
// had acknowledged the incident before, and when. Either may be unknown.
func SilentSince(who string, at time.Time) string {
	text := cmp.Or(who, "somebody") + " had acknowledged the PagerDuty incident that it was added to"
	if !at.IsZero() {
		text += ", at " + at.Format("15:04 MST")
	}
	return text
}

// silence says why PagerDuty wakes nobody for what is not answered, or nothing.
func silence(found *library.Incident, alert Alert) string {
	switch {
	case alert.Suppressed:
		return "PagerDuty suppressed the alert"
	case found.Assignments != nil && len(found.Assignments) == 0:
		return "PagerDuty has assigned it to nobody"
	case found.Urgency == "low" && !alert.Quiet: // it should have rung, and does not
		return "its urgency at PagerDuty is low, which does not escalate"
	}
	return ""
}
