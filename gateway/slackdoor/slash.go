package slackdoor

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/workflows/api"
)

// line does what a typed line asks for, and gives the answer; nil when a form opened.
func (d *Door) line(ctx context.Context, r request, text string) *views.Say {
	b, err := d.book()
	if err != nil {
		d.Logger.ErrorContext(ctx, "the playbook cannot be used", "error", err)
		return new(views.NotRecorded("the playbook cannot be used", "Tell who runs Muster; `starter playbook check` says what is wrong."))
	}
	l := grammar.Read(text, b)
	switch l.Meaning {
	case grammar.Form:
		return d.open(ctx, r, views.Declare(b.Book, views.DeclareForm{}, views.Meta{Channel: r.channel}), d.SlashCommand+" and what is wrong")
	case grammar.Declare:
		return d.declareLine(ctx, r, b, l.Text)
	case grammar.Ask:
		var guesses []string
		for _, g := range l.Guesses {
			guesses = append(guesses, string(g))
		}
		first, _, _ := strings.Cut(l.Text, " ")
		return new(views.AskBack(first, guesses, text, l.Why))
	}
	return d.run(ctx, r, b, l, text)
}

// declareLine declares at once, with the default severity.
func (d *Door) declareLine(ctx context.Context, r request, b book, title string) *views.Say {
	r.words = "slack/" + r.by.ID + "/" + strings.ToLower(title)
	decl := incident.Declaration{Title: title}
	if utf8.RuneCountInString(title) > incident.MaxTitle { // whoever pastes an alert has declared all the same
		decl.Title, decl.Carried = slack.Clip(title, incident.MaxTitle), &incident.Carried{Text: title}
		title = decl.Title
	}
	res, recorded, err := d.declare(ctx, r, decl)
	switch {
	case err != nil:
		return d.undeclared(err, title)
	case recorded:
		return new(recordedDeclaration(title))
	}
	links := d.channelLink(ctx, res.Number)
	s := views.Declared(res.Number, title, b.SeverityName(b.Default), res.Existing, links, b.Book, b.Pages(b.Default, incident.KindIncident, false))
	if len(links) == 0 {
		d.tellLink(ctx, r, res.Number)
	}
	s.Replace = r.asked
	return &s
}

// declare hands a declaration to Temporal.
func (d *Door) declare(ctx context.Context, r request, decl incident.Declaration) (api.DeclareResult, bool, error) {
	decl.Actor = r.actor()
	res, recorded, err := d.Incidents.DeclareOrRecord(ctx, r.id, r.words, decl)
	if n := declaredBefore(err); n > 0 {
		return api.DeclareResult{Number: n, Key: incident.Key(n), Existing: true}, false, nil
	}
	r.losing(err)
	return res, recorded, err
}

var keyInReason = regexp.MustCompile(`\bINC-\d+\b`)

// declaredBefore finds the incident that the same request has declared already, though it said
// something else then: the form was changed before it was sent again, or Slack knew less of who
// it was. 0 is any other error.
func declaredBefore(err error) int {
	p, ok := incident.AsProblem(err)
	if !ok || p.Code != incident.CodeConflict || p.Field != "key" {
		return 0
	}
	n, err := incident.ParseKey(keyInReason.FindString(p.Reason))
	if err != nil {
		return 0
	}
	return n
}

// undeclared says that nothing was declared, and keeps what was typed.
func (d *Door) undeclared(err error, title string) *views.Say {
	if p, ok := incident.AsProblem(err); ok {
		return new(views.Problem(*p))
	}
	return new(views.NotRecorded(reasonOf(err), "Type it again: "+d.SlashCommand+" declare "+title))
}

func recordedDeclaration(title string) views.Say {
	return views.Plain("*Recorded*: " + slack.Escape(slack.Clip(title, 300)) +
		"\nMuster's workers do not answer at this moment. The incident opens as soon as they do, and you are invited to its channel. You need not declare it again.")
}

// How long the answer to a declaration waits for the channel's link, and how long a link that
// comes later is waited for after the answer.
const (
	linkSoon  = 700 * time.Millisecond
	linkLater = 5 * time.Minute
	// linkEvery is the first pause between two looks. The pauses grow, so that a burst of
	// declarations, whose channels Slack opens one by one, leaves the workers to the paging.
	linkEvery = 150 * time.Millisecond
	linkRare  = 10 * time.Second
)

// channelLink waits a moment for the incident's channel.
func (d *Door) channelLink(ctx context.Context, number int) []incident.Link {
	ctx, cancel := context.WithTimeout(ctx, linkSoon)
	defer cancel()
	return d.awaitChannel(ctx, number)
}

func (d *Door) awaitChannel(ctx context.Context, number int) []incident.Link {
	for pause := linkEvery; ; pause = min(pause*3/2, linkRare) {
		i, err := d.Incidents.Snapshot(ctx, number)
		if err == nil && i.Links.Channel.URL != "" {
			return []incident.Link{{Label: "#" + i.Links.Channel.Name, URL: i.Links.Channel.URL}}
		}
		if p, refused := incident.AsProblem(err); refused && p.Code != incident.CodeNotFound {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// tellLink gives the channel's link once there is one. Losing it costs nothing: the person who
// declared is invited to the channel by the incident itself.
func (d *Door) tellLink(ctx context.Context, r request, number int) {
	d.afterwards(ctx, linkLater, func(ctx context.Context) {
		links := d.awaitChannel(ctx, number)
		if len(links) > 0 {
			d.tell(ctx, r, new(views.Plain(incident.Key(number)+" has its channel: "+slack.Linked(links[0]))))
		}
	})
}

// run does what a subcommand asks for.
func (d *Door) run(ctx context.Context, r request, b book, l grammar.Line, text string) *views.Say {
	switch l.Verb {
	case grammar.VerbHelp:
		return new(views.Help(d.SlashCommand))
	case grammar.VerbList:
		return d.list(ctx, r, l.Args)
	case grammar.VerbSubscribe, grammar.VerbUnsubscribe, grammar.VerbSubscriptions:
		return d.subscription(ctx, r, l.Verb, l.Args)
	}
	number, refused := d.where(ctx, r, l.Args.Incident, text)
	if refused != nil {
		return refused
	}
	if l.Verb == grammar.VerbShow {
		return d.show(ctx, b, number)
	}
	if v, ok := d.formFor(ctx, r, b, l, number); ok {
		return d.open(ctx, r, v, d.SlashCommand+" help to see how it is typed")
	}
	return d.giveAll(ctx, r, number, d.commandsFor(ctx, r, l))
}

// giveAll hands over the commands of one line, each under an ID of its own, and says what came of
// each. What Temporal did not take ends it: the rest would fare no better, and time is short.
func (d *Door) giveAll(ctx context.Context, r request, number int, all []given) *views.Say {
	var said []string
	var last *views.Say
	done := true
	for k, g := range all {
		at := r
		if k > 0 {
			at.id += "/" + strconv.Itoa(k)
		}
		out, err := d.hand(ctx, at, number, g.name, g.command)
		last = d.outcome(ctx, incident.Key(number), out, err)
		if !slices.Contains(said, last.Text) {
			said = append(said, last.Text)
		}
		done = done && err == nil
		if _, refused := incident.AsProblem(err); err != nil && !refused {
			break
		}
	}
	if len(said) > 1 {
		last = new(views.Plain(strings.Join(said, "\n")))
	}
	last.Replace = r.asked && done
	return last
}

// give hands a command to Temporal and says what came of it.
func (d *Door) give(ctx context.Context, r request, number int, name string, cmd incident.Command) *views.Say {
	out, err := d.hand(ctx, r, number, name, cmd)
	return d.outcome(ctx, incident.Key(number), out, err)
}

func (d *Door) hand(ctx context.Context, r request, number int, name string, cmd incident.Command) (incidents.Outcome, error) {
	spec, ok := incidents.Find(name)
	if !ok {
		return incidents.Outcome{}, &incident.Problem{Code: incident.CodeInvalid, Field: "command", Reason: name + " is no command"}
	}
	if err := d.visible(ctx, r, cmd); err != nil {
		return incidents.Outcome{}, err
	}
	stamped, err := spec.Stamp(cmd, incident.Meta{CommandID: r.id, Actor: r.actor(), GivenAt: d.Now().UTC()})
	if err != nil {
		return incidents.Outcome{}, err
	}
	out, err := d.Incidents.Command(ctx, number, name, stamped)
	r.losing(err)
	return out, err
}

// visible refuses a merge into an incident that does not exist for the person.
func (d *Door) visible(ctx context.Context, r request, cmd incident.Command) error {
	m, ok := cmd.(incident.Merge)
	if !ok || m.Into < 1 {
		return nil
	}
	return d.may(ctx, r, m.Into)
}

func (d *Door) list(ctx context.Context, r request, a grammar.Args) *views.Say {
	if r.by.Guest {
		return new(views.Plain(forGuests))
	}
	found, err := d.listed(ctx, r, incidents.Filter{All: a.All})
	if err != nil {
		return d.unseen(ctx, err)
	}
	return new(views.Listed(found, d.Now()))
}

func (d *Door) show(ctx context.Context, b book, number int) *views.Say {
	i, err := d.Incidents.Snapshot(ctx, number)
	if err != nil {
		return d.unseen(ctx, err)
	}
	return new(views.Shown(i, b.SeverityName(i.Severity)))
}
