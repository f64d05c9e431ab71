package slackdoor

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"muster/gateway/rates"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook"
	"muster/workflows/api"
)

// declareLine declares at once, with the severity and the service that the line names, or else with
// the default severity. A level of 0 is none that was chosen beside the line.
func (d *Door) declareLine(ctx context.Context, r request, b book, line string, level incident.Severity) *views.Say {
	r.words = "slack/" + r.by.ID + "/" + strings.ToLower(line)
	decl, taken, err := b.playbook.FromTitle(incident.Declaration{Title: line, Severity: level})
	switch {
	case err != nil && len(taken.Maybe) > 0:
		return new(views.AskSeverity(b.Book, line, taken.Maybe))
	case err != nil:
		return d.failed(ctx, err)
	case decl.Title == "":
		return d.open(ctx, r, views.Declare(b.Book, prefilled(decl), views.Meta{Channel: r.channel}), d.SlashCommand+" "+line+" and what is wrong")
	}
	title := decl.Title
	if utf8.RuneCountInString(title) > incident.MaxTitle { // whoever pastes an alert has declared all the same
		decl.Title, decl.Carried = slack.Clip(title, incident.MaxTitle), &incident.Carried{Text: line}
		title = decl.Title
	}
	severity := cmp.Or(decl.Severity, b.Default)
	res, recorded, err := d.declare(ctx, r, decl)
	switch {
	case err != nil:
		return d.undeclared(err, line)
	case recorded:
		return new(recordedDeclaration(title))
	}
	links := d.channelLink(ctx, res.Number)
	s := views.Declared(res.Number, title, b.SeverityName(severity), res.Existing, links, res.Waking, d.takenNote(b, taken, res))
	if len(links) == 0 {
		d.tellLink(ctx, r, res.Number)
	}
	s.Replace = r.asked
	return &s
}

// takenNote says what was read out of a title, and how to undo it.
func (d *Door) takenNote(b book, t playbook.Taken, res api.DeclareResult) string {
	if res.Existing {
		return ""
	}
	return views.TakenNote(b.Book, t, d.SlashCommand+" services "+incident.Key(res.Number))
}

// prefilled is a form that holds what is known already.
func prefilled(decl incident.Declaration) views.DeclareForm {
	return views.DeclareForm{Title: decl.Title, Severity: decl.Severity, Services: decl.Services}
}

// declarePrefilled opens the form with what a line says filled in. It declares nothing.
func (d *Door) declarePrefilled(ctx context.Context, r request, b book, line string) *views.Say {
	decl, _ := b.playbook.FromAlert(incident.Declaration{Title: line})
	return d.open(ctx, r, views.Declare(b.Book, prefilled(decl), views.Meta{Channel: r.channel}), d.SlashCommand+" declare "+line)
}

// declare hands a declaration to Temporal.
func (d *Door) declare(ctx context.Context, r request, decl incident.Declaration) (api.DeclareResult, bool, error) {
	if err := d.Rates.Take(r.rated(), rates.Declaring(decl.Severity)); err != nil {
		return api.DeclareResult{}, false, err
	}
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
func (d *Door) undeclared(err error, line string) *views.Say {
	if p, ok := incident.AsProblem(err); ok {
		return new(views.Problem(*p))
	}
	return new(views.NotRecorded(reasonOf(err), "Type it again: "+d.SlashCommand+" declare "+line))
}

func recordedDeclaration(title string) views.Say {
	return views.Plain("*Recorded*: " + slack.Escape(slack.Clip(title, 300)) +
		"\nMuster's workers do not answer at this moment. The incident opens as soon as they do, and you are invited to its channel. If nothing has opened some minutes after they answer, it was refused: declare it again.")
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
