package slackdoor

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/playbook"
	"muster/workflows/api"
)

// submitted takes a form. Whatever cannot be done is said in the form, which stays open with all
// that was typed; submitting it again is the same command, because the view and its state are.
func (d *Door) submitted(ctx context.Context, r request, v slack.InboundView) (answer slack.Answer) {
	defer d.caught(ctx, v.CallbackID, func() { answer = wrong(views.Unrecorded(v, "something went wrong here, and it was logged")) })
	r.id = "slack/view/" + v.ID + "/" + v.Hash
	asked, errs := views.Read(v, d.Now(), d.personOf(ctx))
	r.channel = asked.Meta.Channel
	switch {
	case len(errs) > 0:
		return wrong(errs)
	case r.unconfirmed && asked.Declaration == nil:
		return wrong(views.Unrecorded(v, "Slack does not say at this moment who you are"))
	case asked.Callback == views.CallbackPick:
		return d.picked(ctx, r, v, asked)
	case asked.Declaration != nil:
		return d.declareForm(ctx, r, v, asked)
	case asked.Command != nil:
		return d.commandForm(ctx, r, v, asked)
	}
	return closed()
}

func (d *Door) declareForm(ctx context.Context, r request, v slack.InboundView, asked views.Asked) slack.Answer {
	decl, m := *asked.Declaration, asked.Meta
	if m.Text != "" || m.Source.ID != "" {
		decl.Carried = &incident.Carried{Text: cmp.Or(m.Text, "(a message without text)"), Author: m.Author, Source: m.Source}
	}
	b, err := d.book()
	if err != nil {
		return d.complain(ctx, v, err)
	}
	decl, taken, err := fromForm(b, decl)
	if err != nil {
		return d.complain(ctx, v, err)
	}
	res, recorded, err := d.declare(ctx, r, decl)
	switch {
	case err != nil:
		return d.complain(ctx, v, err)
	case recorded:
		invited := ", and you are invited to its channel"
		if decl.Over() {
			invited = ""
		}
		return updated(views.Done("Recorded", "Muster's workers do not answer at this moment. The incident opens as soon as they do"+invited+". If nothing has opened some minutes after they answer, it was refused: declare it again.", nil))
	}
	key := incident.Key(res.Number)
	var links []incident.Link
	if !decl.Over() {
		links = d.channelLink(ctx, res.Number)
	}
	text := key + " is declared."
	if res.Existing {
		text = key + " is declared already."
	}
	if res.Waking != nil {
		text += " " + res.Waking.Line
	}
	text += "\n"
	switch {
	case res.Existing:
		text += "If you changed this form since then, change it there too."
	case decl.Over():
		text += "No channel is opened for what is over. Its learning review and its follow-ups are those of any other incident."
	case len(links) == 0:
		text += "Its channel is being opened, and you are invited to it."
	}
	if len(links) > 0 {
		text += " This is its channel:"
	}
	if note := d.takenNote(b, taken, res); note != "" {
		text += "\n" + note
	}
	return updated(views.PageNow(views.Done(key, text, links), res.Number, res.Waking))
}

// fromForm reads severity and service out of a form's title. The form shows the default severity
// until somebody chooses another one, so that one gives way to the title's; another does not. What
// can be meant in two ways stays as it was chosen.
func fromForm(b book, d incident.Declaration) (incident.Declaration, playbook.Taken, error) {
	asked := d
	if d.Severity == b.Default {
		asked.Severity = 0
	}
	read, taken, err := b.playbook.FromTitle(asked)
	if len(taken.Maybe) > 0 {
		read, taken, err = b.playbook.FromTitle(d)
	}
	read.Severity = cmp.Or(read.Severity, d.Severity)
	return read, taken, err
}

// commandForm gives the commands of a form. The form closes when everybody sees what it did, and
// says so itself otherwise.
func (d *Door) commandForm(ctx context.Context, r request, v slack.InboundView, asked views.Asked) slack.Answer {
	number := asked.Meta.Incident
	if err := d.may(ctx, r, number); err != nil { // it may have become private while the form was open
		return d.complain(ctx, v, err)
	}
	all := append([]views.Given{{Name: asked.Name, Command: asked.Command}}, asked.Further...)
	text, recorded, changed := "", false, false
	var waking *incident.Waking
	for _, g := range all {
		at := r
		at.id += "/" + g.Name + "/" + entered(v)
		out, err := d.hand(ctx, at, number, g.Name, g.Command)
		if err != nil {
			return d.complain(ctx, v, err)
		}
		recorded, changed = recorded || out.Recorded, changed || out.Result.Changed
		text = cmp.Or(strings.TrimPrefix(out.Result.Text, "nothing changed: "), text)
		if out.Result.Waking != nil {
			waking = out.Result.Waking
		}
	}
	switch {
	case recorded:
		return updated(views.Done("Recorded", views.WhenRecorded, nil))
	case !changed && waking == nil:
		return updated(views.Done(incident.Key(number), "Nothing had to change: "+text+".", nil))
	case !changed:
		return updated(views.PageNow(views.Done(incident.Key(number), waking.Line+"\nNothing had to change: "+text+".", nil), number, waking))
	case waking != nil && asked.Name != api.Resolve && asked.Name != api.Cancel:
		return updated(views.PageNow(views.Done(incident.Key(number), waking.Line, nil), number, waking))
	}
	return closed()
}

// entered tells what was entered in a form from anything else. Of a form that is sent again after
// a correction the same command is another one, even if the first was recorded after all: nothing
// that a person was told is done may have been dropped as a repetition.
func entered(v slack.InboundView) string {
	raw, err := json.Marshal(v.Values)
	if err != nil {
		return "" // values are texts
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:6])
}

// picked goes on with the command that waited for an incident.
func (d *Door) picked(ctx context.Context, r request, v slack.InboundView, asked views.Asked) slack.Answer {
	if err := d.may(ctx, r, asked.Picked); err != nil {
		return d.complain(ctx, v, err)
	}
	b, err := d.book()
	if err != nil {
		return d.complain(ctx, v, err)
	}
	m := asked.Meta
	m.Incident = asked.Picked
	switch m.Action {
	case views.CallbackNote:
		return d.commandForm(ctx, r, v, views.Asked{Meta: m, Name: api.Capture, Command: captured(m)})
	case CallbackNominate:
		return d.commandForm(ctx, r, v, views.Asked{Meta: m, Name: api.Nominate, Command: incident.Nominate{Reason: firstLine(m.Text)}})
	}
	m.Rest = cmp.Or(m.Rest, firstLine(m.Text))
	next, err := d.form(ctx, r, b, m.Action, m)
	if err != nil {
		return d.complain(ctx, v, err)
	}
	return updated(next)
}

// complain says in the form why it was not done.
func (d *Door) complain(ctx context.Context, v slack.InboundView, err error) slack.Answer {
	if p, ok := incident.AsProblem(err); ok {
		return wrong(views.Refused(v, *p))
	}
	d.Logger.ErrorContext(ctx, "form not recorded", "callback", v.CallbackID, "error", err)
	return wrong(views.Unrecorded(v, reasonOf(err)))
}
