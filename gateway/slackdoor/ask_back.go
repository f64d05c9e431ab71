package slackdoor

import (
	"context"
	"strings"

	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
)

// askBack answers a line that cannot be done as it stands, and does nothing.
func (d *Door) askBack(ctx context.Context, r request, b book, l grammar.Line, text string) *views.Say {
	switch {
	case l.Behind != "":
		then := grammar.Read(string(l.Behind)+" "+text, b)
		runs := then.Meaning == grammar.Run || then.Args.Number > 0 // what is missing then, its form asks for
		return new(views.AskBehind(d.SlashCommand, string(l.Behind), text, runs, l.Wordy))
	case l.Verb == grammar.VerbFollowUp:
		return d.incomplete(ctx, r, b, l, text)
	case l.Verb == grammar.VerbSearch:
		return new(views.AskSearch(l.Args.Text, text))
	case l.Verb == grammar.VerbFollowUps:
		return new(views.Missing(string(l.Verb), l.Why))
	}
	var guesses []string
	for _, g := range l.Guesses {
		guesses = append(guesses, string(g))
	}
	first, _, _ := strings.Cut(l.Text, " ")
	return new(views.AskBack(first, guesses, text, l.Why))
}

// incomplete says what is missing in what was said of a follow-up, in the form where it can be added.
func (d *Door) incomplete(ctx context.Context, r request, b book, l grammar.Line, text string) *views.Say {
	a := l.Args
	if r.trigger == "" || (a.Number == 0 && a.Text == "") {
		return new(views.Missing(string(l.Verb), l.Why))
	}
	number, refused := d.where(ctx, r, a.Incident, text)
	if refused != nil {
		return refused
	}
	if a.Number > 0 {
		return d.openFollowUp(ctx, r, number, a.Number, d.draft(ctx, r, l))
	}
	v, err := d.form(ctx, r, b, views.CallbackFollowUp, views.Meta{Incident: number, Channel: r.channel, Rest: a.Text})
	if err != nil {
		return d.failed(ctx, err)
	}
	return d.open(ctx, r, views.WithNote(v, l.Why), d.SlashCommand+" help to see how it is typed")
}

// draft is what a line says of what should become of a follow-up.
func (d *Door) draft(ctx context.Context, r request, l grammar.Line) views.Draft {
	a, now := l.Args, d.Now().In(zoneOf(r.by))
	out := views.Draft{Missing: l.Why, Become: string(a.Status), Reason: a.Text}
	switch a.FollowUp.Deed {
	case grammar.DeedMerge:
		out.Become = views.BecomeMerged
	case grammar.DeedSnooze:
		out.Become = views.BecomeSnoozed
	}
	if p, err := incident.ParsePause(a.Until, now); err == nil {
		out.Until = p.Until
	}
	if due, err := incident.ParseDue(a.Due, now); err == nil {
		out.Due = due
	}
	if len(a.Users) > 0 {
		if out.Owner = a.Users[0]; strings.Contains(out.Owner, "@") {
			out.Owner = d.userOf(ctx, out.Owner)
		}
	}
	return out
}
