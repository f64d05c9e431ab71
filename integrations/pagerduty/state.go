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
	switch found.Status {
	case "resolved":
		state.Resolved = true
		state.At = moment(cmp.Or(found.ResolvedAt, found.LastStatusChangeAt))
		if isUser(found.LastStatusChangeBy) {
			state.By = c.nameOf(ctx, found.LastStatusChangeBy)
		}
		return state
	case "acknowledged":
		c.acknowledged(ctx, &state, found, alert)
	}
	if !state.Acknowledged {
		state.Silent = cmp.Or(state.Silent, silence(found, alert))
	}
	return state
}

// acknowledged takes the acknowledgements that are an answer to the alert. The first by a person
// counts, so that the answer stays the same when others acknowledge too.
func (c *Client) acknowledged(ctx context.Context, state *incident.PageState, found *library.Incident, alert Alert) {
	answers := slices.Clone(found.Acknowledgements)
	answers = slices.DeleteFunc(answers, func(a library.Acknowledgement) bool { return !alert.Answered(moment(a.At)) })
	if len(answers) == 0 && len(found.Acknowledgements) > 0 {
		before := found.Acknowledgements[0]
		state.Silent = SilentSince(c.acknowledger(ctx, before), moment(before.At))
		return
	}
	state.Acknowledged = true
	if len(answers) == 0 { // PagerDuty does not say who acknowledged, or when
		state.At = moment(found.LastStatusChangeAt)
		return
	}
	first := answers[max(0, slices.IndexFunc(answers, func(a library.Acknowledgement) bool { return isUser(a.Acknowledger) }))]
	state.At, state.By = moment(first.At), c.acknowledger(ctx, first)
}

// acknowledger names who acknowledged; nobody did who is no user.
func (c *Client) acknowledger(ctx context.Context, a library.Acknowledgement) string {
	if !isUser(a.Acknowledger) {
		return ""
	}
	return c.nameOf(ctx, a.Acknowledger)
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
	case len(found.Assignments) == 0:
		return "PagerDuty has assigned it to nobody"
	case found.Urgency == "low":
		return "its urgency at PagerDuty is low, which does not escalate"
	}
	return ""
}
