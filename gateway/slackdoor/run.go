package slackdoor

import (
	"context"
	"fmt"
	"time"

	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook/zone"
	"muster/workflows/api"
)

// given is one command to hand over.
type given struct {
	name    string
	command incident.Command
}

// typed is a line that somebody typed, with all that its commands are made of.
type typed struct {
	grammar.Args
	// by is who typed it, and person names a user of the workspace.
	by     string
	person func(userID string) string
	// now is the time where they are.
	now time.Time
	// opens is true where a form can open, which it cannot in answer to a mention.
	opens bool
}

// act is what a subcommand does to an incident.
type act struct {
	// form is opened where asks says so: when the line lacks something, or is worth a second look.
	form string
	asks func(t typed) bool
	// gives are the commands of a line that has all it needs.
	gives func(t typed) []given
}

func never(typed) bool         { return false }
func withoutText(t typed) bool { return t.Text == "" }

// again has a person look at what ends something before it happens: it may be a slip of the pen.
// Where no form can open, the words are enough.
func again(t typed) bool { return t.opens }

func one(name string, c incident.Command) []given { return []given{{name, c}} }

// acts are all that can be typed about one incident, besides looking at it. What is not here is
// refused.
var acts = map[grammar.Verb]act{
	grammar.VerbUpdate: {views.CallbackUpdate, withoutText, func(t typed) []given {
		c := incident.Update{Text: t.Text}
		if t.Next > 0 {
			c.Next = t.now.Add(t.Next).UTC()
		}
		return one(api.Update, c)
	}},
	grammar.VerbSeverity: {views.CallbackSeverity, func(t typed) bool { return t.Severity == 0 }, func(t typed) []given {
		return one(api.ChangeSeverity, incident.ChangeSeverity{Severity: t.Severity, Reason: t.Text})
	}},
	grammar.VerbServices: {views.CallbackServices, func(t typed) bool { return len(t.Add)+len(t.Remove) == 0 }, func(t typed) []given {
		return one(api.ChangeServices, incident.ChangeServices{Add: t.Add, Remove: t.Remove})
	}},
	grammar.VerbKind: {views.CallbackKind, func(t typed) bool { return t.Kind == "" }, func(t typed) []given {
		return one(api.ChangeKind, incident.ChangeKind{Kind: t.Kind})
	}},
	grammar.VerbTitle: {views.CallbackTitle, withoutText, func(t typed) []given {
		return one(api.Retitle, incident.Retitle{Title: t.Text})
	}},
	grammar.VerbJoin: {"", never, func(typed) []given {
		return one(api.Join, incident.Join{})
	}},
	grammar.VerbAck: {"", never, func(t typed) []given {
		return one(api.Acknowledge, incident.Acknowledge{Target: t.Target, All: t.All})
	}},
	grammar.VerbAssign: {views.CallbackRole, func(t typed) bool { return t.Role == "" }, assign},
	grammar.VerbInvite: {"", never, func(t typed) []given {
		var all []given
		for _, u := range t.Users {
			all = append(all, given{api.Invite, incident.Invite{Person: t.person(u)}})
		}
		return all
	}},
	grammar.VerbRemove: {"", never, func(t typed) []given {
		var all []given
		for _, u := range t.Users {
			all = append(all, given{api.Remove, incident.Remove{Person: t.person(u)}})
		}
		return all
	}},
	grammar.VerbPrivate: {"", never, func(typed) []given {
		return one(api.MakePrivate, incident.MakePrivate{})
	}},
	grammar.VerbPublic: {"", never, func(t typed) []given {
		return one(api.MakePublic, incident.MakePublic{Confirm: t.Yes})
	}},
	grammar.VerbPage: {views.CallbackPage, func(t typed) bool { return t.Target == "" && !t.Now && len(t.Users) == 0 }, func(t typed) []given {
		c := incident.RaisePage{Target: t.Target, Required: t.Now}
		if len(t.Users) > 0 {
			c.Target = t.person(t.Users[0])
		}
		return one(api.RaisePage, c)
	}},
	grammar.VerbNote: {views.CallbackNote, withoutText, func(t typed) []given {
		return one(api.Capture, incident.Capture{Text: t.Text})
	}},
	grammar.VerbFollowUp: {views.CallbackFollowUp, func(t typed) bool { return t.FollowUp.Deed == grammar.DeedAdd && t.Text == "" }, followUp},
	grammar.VerbMitigate: {views.CallbackMitigate, func(t typed) bool { return t.opens && t.Text == "" }, func(t typed) []given {
		return one(api.Mitigate, incident.Mitigate{Text: t.Text})
	}},
	grammar.VerbResolve: {views.CallbackResolve, again, func(t typed) []given {
		return one(api.Resolve, incident.Resolve{Text: t.Text})
	}},
	grammar.VerbReopen: {"", never, func(t typed) []given {
		return one(api.Reopen, incident.Reopen{Reason: t.Text})
	}},
	grammar.VerbCancel: {views.CallbackCancel, again, func(t typed) []given {
		return one(api.Cancel, incident.Cancel{Reason: t.Text})
	}},
	grammar.VerbMerge: {views.CallbackMerge, func(t typed) bool { return t.Into == 0 }, func(t typed) []given {
		return one(api.Merge, incident.Merge{Into: t.Into})
	}},
	grammar.VerbReview: {"", never, func(t typed) []given {
		if t.Waived {
			return one(api.WaiveReview, incident.WaiveReview{Reason: t.Text})
		}
		return one(api.HoldReview, incident.HoldReview{Learning: t.Text})
	}},
	grammar.VerbNominate: {"", never, func(t typed) []given {
		return one(api.Nominate, incident.Nominate{Reason: t.Text})
	}},
	grammar.VerbPause: {views.CallbackPause, func(t typed) bool { return t.Until == "" }, func(t typed) []given {
		c, _ := incident.ParsePause(t.Until, t.now) // the grammar has read it; what it could not would be refused as empty
		return one(api.PauseReminders, c)
	}},
	grammar.VerbCorrect: {views.CallbackCorrect, func(t typed) bool { return t.Correction.Empty() }, correct},
	grammar.VerbRetry: {"", never, func(typed) []given {
		return one(api.Retry, incident.Retry{})
	}},
}

func assign(t typed) []given {
	c := incident.Assign{Role: t.Role, Person: t.by}
	switch {
	case t.Nobody:
		c.Person = ""
	case len(t.Users) > 0:
		c.Person = t.person(t.Users[0])
	}
	return one(api.Assign, c)
}

func correct(t typed) []given {
	said := t.Correction
	c := incident.Correct{Title: said.Title, Kind: said.Kind, Services: said.Services, Tags: said.Tags, Clear: said.Clear, Reason: t.Text}
	for field, at := range map[string]**time.Time{
		incident.FieldStarted: &c.StartedAt, incident.FieldDetected: &c.DetectedAt, incident.FieldMitigated: &c.MitigatedAt, incident.FieldResolved: &c.ResolvedAt,
	} {
		if text, asked := said.Times[field]; asked {
			moment, _ := incident.ParsePast(field, text, t.now) // the grammar has read it; what it could not would be refused as too long ago
			*at = &moment
		}
	}
	return one(api.Correct, c)
}

// act does what a subcommand does to an incident, or opens the form that asks for more.
func (d *Door) act(ctx context.Context, r request, b book, l grammar.Line, number int) *views.Say {
	a, known := acts[l.Verb]
	if !known {
		return d.failed(ctx, d.unwired(ctx, "the subcommand "+string(l.Verb)))
	}
	if l.Verb == grammar.VerbFollowUp && asksToChange(l.Args) {
		return d.openFollowUp(ctx, r, number, l.Args.Number, views.Draft{})
	}
	t := typed{Args: l.Args, by: r.person(), person: d.personOf(ctx), now: d.Now().In(zoneOf(r.by)), opens: r.trigger != ""}
	if !a.asks(t) {
		return d.giveAll(ctx, r, number, a.gives(t))
	}
	v, err := d.form(ctx, r, b, a.form, views.Meta{Incident: number, Channel: r.channel, Rest: t.Text})
	if err != nil {
		return d.failed(ctx, err)
	}
	return d.open(ctx, r, v, d.SlashCommand+" help to see how it is typed")
}

// unwired refuses what the Door should know and does not. It does nothing rather than something
// else.
func (d *Door) unwired(ctx context.Context, what string) error {
	d.Logger.ErrorContext(ctx, "nothing is wired to what was asked for", "what", what)
	return &incident.Problem{
		Code: incident.CodeInvalid, Field: "command", Reason: fmt.Sprintf("Muster does not know what to do about %s, and did nothing", what),
		Mend: "it is a fault in Muster, and was logged; use `starter` or the HTTP API meanwhile",
	}
}

// zoneOf is where a member of the workspace is, as far as Slack tells.
func zoneOf(m slack.Member) *time.Location {
	there, err := zone.Load(m.Zone)
	if err != nil {
		return time.UTC
	}
	return there
}
