package slackdoor

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/workflows/api"
)

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

// declaredBefore finds the incident that the same request has declared already, though it said
// something else then: the form was changed before it was sent again, or Slack knew less of who
// it was. 0 is any other error.
func declaredBefore(err error) int {
	p, ok := incident.AsProblem(err)
	if !ok || p.Code != incident.CodeConflict || p.Field != "key" {
		return 0
	}
	return p.Incident
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
