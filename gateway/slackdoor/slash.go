package slackdoor

import (
	"context"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
)

// reading is how a typed line is read: grammar.Read after the slash command.
type reading func(text string, b grammar.Book) grammar.Line

// line does what a typed line asks for, and gives the answer; nil when a form opened.
func (d *Door) line(ctx context.Context, r request, text string) *views.Say {
	return d.read(ctx, r, text, grammar.Read)
}

func (d *Door) read(ctx context.Context, r request, text string, read reading) *views.Say {
	b, err := d.book()
	if err != nil {
		d.Logger.ErrorContext(ctx, "the playbook cannot be used", "error", err)
		return new(views.NotRecorded("the playbook cannot be used", "Tell who runs Muster; `starter playbook check` says what is wrong."))
	}
	l := read(text, b)
	if r.unconfirmed && !openToAll(l) {
		return new(views.Plain(unconfirmed))
	}
	switch l.Meaning {
	case grammar.Form:
		return d.open(ctx, r, views.Declare(b.Book, views.DeclareForm{}, views.Meta{Channel: r.channel}), d.SlashCommand+" and what is wrong")
	case grammar.Declare:
		return d.declareLine(ctx, r, b, l.Text, 0)
	case grammar.Chat:
		number, _ := d.byChannel(ctx, r.channel, r.channelName) // without it one button less is offered
		return new(views.Talk(talks[l.Talk], text, d.SlashCommand, number > 0))
	case grammar.Ask:
		return d.askBack(ctx, r, b, l, text)
	}
	return d.run(ctx, r, b, l, text)
}

// talks are what is answered to each kind of talk.
var talks = map[grammar.Talk]views.Answer{
	grammar.Thanks: views.AnswerThanks, grammar.Greeting: views.AnswerGreeting, grammar.Question: views.AnswerQuestion,
	grammar.Search: views.AnswerSearch, grammar.Said: views.AnswerSaid,
}

// run does what a subcommand asks for.
func (d *Door) run(ctx context.Context, r request, b book, l grammar.Line, text string) *views.Say {
	switch l.Verb {
	case grammar.VerbHelp:
		return new(views.Help(d.SlashCommand))
	case grammar.VerbList:
		return d.list(ctx, r, l.Args)
	case grammar.VerbSearch:
		return d.search(ctx, r, l.Args.Text, "")
	case grammar.VerbFollowUps:
		return d.followUps(ctx, r, l.Args)
	case grammar.VerbSubscribe, grammar.VerbUnsubscribe, grammar.VerbSubscriptions:
		return d.subscription(ctx, r, l.Verb, l.Args)
	}
	if l.Verb == grammar.VerbFollowUp && l.Args.FollowUp.Deed == grammar.DeedList {
		return d.followUps(ctx, r, l.Args)
	}
	if l.Verb == grammar.VerbSeverity && l.Args.Text != "" && l.Args.Incident == 0 {
		if number, err := d.byChannel(ctx, r.channel, r.channelName); err == nil && number == 0 {
			return new(views.AskSeverityOrNew(l.Text, text)) // "severity 1 everything is down" declares as likely as not
		}
	}
	if l.Verb == grammar.VerbShow && l.Args.Incident > 0 {
		if err := d.may(ctx, r, l.Args.Incident); err != nil {
			return d.recall(ctx, r, b, l.Args.Incident, err)
		}
		return d.show(ctx, r, b, l.Args.Incident)
	}
	number, refused := d.where(ctx, r, l.Args.Incident, text)
	if refused != nil {
		return refused
	}
	if l.Verb == grammar.VerbShow {
		return d.show(ctx, r, b, number)
	}
	return d.act(ctx, r, b, l, number)
}

func (d *Door) list(ctx context.Context, r request, a grammar.Args) *views.Say {
	if r.by.Guest {
		return new(views.Plain(forGuests))
	}
	found, err := d.listed(ctx, r, incidents.Filter{All: a.All})
	if err != nil {
		return d.unseen(ctx, err)
	}
	return new(views.Listed(found, a.All, d.Now()))
}

// show shows how an incident stands to whoever may see it.
func (d *Door) show(ctx context.Context, r request, b book, number int) *views.Say {
	asking, cancel := d.asking(ctx)
	defer cancel()
	i, err := d.seen(asking, r, number)
	if err != nil {
		return d.recall(ctx, r, b, number, err)
	}
	return shown(b, incidents.Shown{Incident: i})
}

// recall shows an incident as the archive knows it, if Temporal or its workers did not answer.
func (d *Door) recall(ctx context.Context, r request, b book, number int, away error) *views.Say {
	s, err := d.Incidents.Recall(ctx, number, r.viewer(), away)
	if err != nil {
		r.losing(err)
		return d.unseen(ctx, err)
	}
	return shown(b, s)
}

func shown(b book, s incidents.Shown) *views.Say {
	return new(views.Shown(s.Incident, s.Note, b.SeverityName(s.Severity), s.Waking(b.playbook.Calendar().Location())))
}
