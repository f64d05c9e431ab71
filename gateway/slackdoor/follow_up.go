package slackdoor

import (
	"context"
	"fmt"
	"strings"

	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/workflows/api"
)

// followUp gives what a line asks of a follow-up.
func followUp(t typed) []given {
	owner := ""
	if len(t.Users) > 0 {
		owner = t.person(t.Users[0])
	}
	f := t.FollowUp
	due, _ := incident.ParseDue(t.Due, t.now) // the grammar has read it; without one it is empty
	switch f.Deed {
	case grammar.DeedMerge:
		return one(api.MergeFollowUp, incident.MergeFollowUp{Number: t.Number, Into: f.Into})
	case grammar.DeedSnooze:
		c, _ := incident.ParseSnooze(t.Number, t.Until, t.Text, t.now) // the grammar has read it
		return one(api.SnoozeFollowUp, c)
	case grammar.DeedChange:
		return one(api.ChangeFollowUp, incident.ChangeFollowUp{
			Number: t.Number, Status: t.Status, Owner: owner, Nobody: t.Nobody, Claim: f.Claim, Due: due,
			Kind: f.Kind, Priority: f.Priority, Labels: f.Labels, Urgent: f.Urgent, Reason: t.Text,
		})
	}
	return one(api.AddFollowUp, incident.AddFollowUp{
		Title: t.Text, Owner: owner, Due: due, Kind: f.Kind, Priority: f.Priority, Labels: f.Labels, Urgent: f.Urgent,
	})
}

// asksToChange reports whether a line names a follow-up and does not say what becomes of it.
func asksToChange(a grammar.Args) bool {
	f := a.FollowUp
	return f.Deed == grammar.DeedChange && a.Status == "" && len(a.Users) == 0 && !a.Nobody && a.Due == "" &&
		f.Kind == "" && f.Priority == "" && len(f.Labels) == 0 && !f.Urgent
}

// followUpClick does what a button of a follow-up asks for. Such buttons live for weeks, in messages
// to people and not in a channel, so that it is asked anew whether the incident exists for whoever
// clicks. What comes of it is seen nowhere else, so they are always told.
func (d *Door) followUpClick(ctx context.Context, r request, i slack.Interaction, action, value string) *views.Say {
	number, which, revision, err := incident.ParseFollowUpButtonValue(value)
	if err == nil {
		err = d.may(ctx, r, number)
	}
	if err != nil {
		return d.failed(ctx, err)
	}
	if action == incident.ActionFollowUpChange {
		return d.openFollowUp(ctx, r, number, which, views.Draft{})
	}
	// The button is older than what it shows: what has ended meanwhile stays so.
	c := incident.ChangeFollowUp{Number: which, Status: incident.FollowUpDone, WhileOpen: true}
	if action == incident.ActionFollowUpAccept {
		c.Status, c.Claim = incident.FollowUpAccepted, true
	}
	r.id = fmt.Sprintf("slack/%s/%s/%s/%d", api.FollowUpID(number, which), action, r.by.ID, revision)
	out, err := d.hand(ctx, r, number, api.ChangeFollowUp, c)
	switch {
	case err == nil && out.Result.Stale:
		return new(d.followUpBehind(number, which))
	case err == nil && i.View.Kind == "home" && out.Result.Changed:
		d.showHome(ctx, r.by.ID, settled{number, which, out.Result.FollowUp})
		return nil
	}
	return d.outcome(ctx, incident.Key(number), out, err)
}

// followUpBehind answers a button that was pressed before, while the follow-up has gone on since.
func (d *Door) followUpBehind(number, which int) views.Say {
	return views.Plain(fmt.Sprintf("This button was pressed before, and follow-up %d of %s has gone on since. Type %s to see what can become of it.",
		which, incident.Key(number), slack.Escape(fmt.Sprintf("%s follow-up %s set %d", d.SlashCommand, incident.Key(number), which))))
}

// openFollowUp opens the form of all that can become of a follow-up, filled in with what stands and with what
// was typed.
func (d *Door) openFollowUp(ctx context.Context, r request, number, which int, draft views.Draft) *views.Say {
	i, err := d.sketch(ctx, r, number)
	if err != nil {
		return d.failed(ctx, err)
	}
	if f := i.FollowUp(which); i.Status != "" && (f == nil || f.Status.Ended()) {
		return d.failed(ctx, incident.ChangeFollowUp{Number: which, Status: incident.FollowUpAccepted, WhileOpen: true}.Check(&i, d.Now()))
	}
	owner := ""
	if f := i.FollowUp(which); f != nil && f.Owner != "" {
		owner = d.userOf(ctx, f.Owner)
	}
	v := views.ChangeFollowUp(i, which, owner, draft, views.Meta{Incident: number, Channel: r.channel})
	return d.open(ctx, r, v, fmt.Sprintf("%s follow-up %s accept %d, or done, drop, merge, snooze", d.SlashCommand, incident.Key(number), which))
}

// userOf finds somebody in the workspace, "" for nobody: then a form shows them by name alone.
func (d *Door) userOf(ctx context.Context, person string) string {
	ctx, cancel := d.lookingUp(ctx)
	defer cancel()
	id, err := d.Slack.UserID(ctx, person)
	if err != nil {
		d.Logger.WarnContext(ctx, "a form does not show whom somebody is", "error", err)
	}
	return id
}

// isFollowUpAction finds what a button of a follow-up asks for. Of several in one row each has
// something behind a slash.
func isFollowUpAction(actionID string) (string, bool) {
	action, _, _ := strings.Cut(actionID, "/")
	switch action {
	case incident.ActionFollowUpAccept, incident.ActionFollowUpDone, incident.ActionFollowUpChange:
		return action, true
	}
	return "", false
}
