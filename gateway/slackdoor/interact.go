package slackdoor

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/workflows/api"
)

// Interaction takes a click, a submitted form or a shortcut.
func (d *Door) Interaction(ctx context.Context, i slack.Interaction) (answer slack.Answer) {
	ctx, cancel := context.WithTimeout(ctx, d.Budget)
	defer cancel()
	r := request{channel: i.Channel.ID, channelName: i.Channel.Name, trigger: i.TriggerID, response: i.ResponseURL, by: slack.Member{ID: i.UserID}}
	defer d.caught(ctx, i.Type, func() {
		d.tell(ctx, r, new(defect()))
		answer = slack.Answer{}
	})
	refused := d.from(ctx, &r, i.UserID, slack.Origin{TeamID: cmp.Or(i.UserTeamID, i.TeamID), EnterpriseID: i.EnterpriseID})
	if i.Type == slack.InteractionSubmission {
		if refused != nil {
			return wrong(views.Unrecorded(i.View, refused.Text))
		}
		return d.submitted(ctx, r, i.View)
	}
	if refused != nil {
		d.tell(ctx, r, refused)
		return slack.Answer{}
	}
	switch i.Type {
	case slack.InteractionBlockActions:
		for _, a := range i.Actions {
			d.tell(ctx, r, d.click(ctx, r, i, a))
		}
	case slack.InteractionShortcut:
		r.id = triggered(i.TriggerID)
		d.tell(ctx, r, d.line(ctx, r, ""))
	case slack.InteractionMessageAction:
		d.tell(ctx, r, d.messageShortcut(ctx, r, i))
	}
	return slack.Answer{}
}

// click does what a button asks for, and gives what the person must hear of it: what a button
// changes, everybody sees on the board.
func (d *Door) click(ctx context.Context, r request, i slack.Interaction, a slack.InboundAction) *views.Say {
	r.id = clickID(r, i, a)
	action, _, _ := strings.Cut(a.ActionID, "/")
	if r.unconfirmed && !opensDeclaring(i, action) {
		return new(views.Plain(unconfirmed))
	}
	switch action {
	case incident.ActionDeclare:
		if a.Value == "" {
			return d.line(ctx, r, "")
		}
		r.asked = true
		return d.line(ctx, r, "declare "+a.Value)
	case views.ActionDeclareForm, views.ActionDeclareAs:
		return d.declareClick(ctx, r, a)
	case views.ActionRun:
		r.asked = true
		return d.line(ctx, r, a.Value)
	case views.ActionMore:
		return d.searchOn(ctx, r, a.Value)
	case views.ActionPick:
		n, command, err := views.ParsePick(a.Value)
		if err != nil {
			return d.failed(ctx, err)
		}
		r.asked = true
		return d.line(ctx, r, withIncident(command, incident.Key(n)))
	}
	if action, ok := isFollowUpAction(a.ActionID); ok {
		return d.followUpClick(ctx, r, i, action, a.Value)
	}
	if callback, ok := formOf[a.ActionID]; ok {
		return d.openFor(ctx, r, callback, a.Value)
	}
	g, ok := commandOf[a.ActionID]
	if !ok {
		return nil // a link, or a menu inside of a form
	}
	number, revision, err := d.pressed(ctx, r, a.Value)
	if err != nil {
		return d.failed(ctx, err)
	}
	r.id = fmt.Sprintf("slack/%s/%s/%s/%d", incident.Key(number), a.ActionID, r.by.ID, revision)
	out, err := d.hand(ctx, r, number, g.name, g.command)
	if form := d.whichPage(ctx, r, number, err); form != nil {
		return form.say
	}
	switch {
	case err == nil && out.Result.Stale:
		return new(d.behind(number, out.Result.Status, a.ActionID))
	case err == nil && out.Result.Changed && g.name != api.RaisePage:
		return nil
	}
	return d.outcome(ctx, incident.Key(number), out, err)
}

// declareClick declares as a button says, or opens the form with what it says.
func (d *Door) declareClick(ctx context.Context, r request, a slack.InboundAction) *views.Say {
	b, err := d.book()
	if err != nil {
		return d.failed(ctx, err)
	}
	if a.ActionID == views.ActionDeclareForm {
		return d.declarePrefilled(ctx, r, b, slack.Plain(a.Value, nil))
	}
	level, line, err := views.ParseDeclareAs(a.Value)
	if err != nil {
		return d.failed(ctx, err)
	}
	r.asked = true
	return d.declareLine(ctx, r, b, line, level)
}

// behind answers a button that was pressed before, on a board that has not heard of what happened
// since. Pressing it once more is the same click, so the person is told how to ask anew.
func (d *Door) behind(number int, pressed incident.Status, action string) views.Say {
	verb := map[string]string{incident.ActionAcknowledge: "ack", incident.ActionPageNow: "page now"}[action]
	return views.Plain(fmt.Sprintf("This button was pressed before, and %s is not %s any more: the board is behind. Type %s.",
		incident.Key(number), pressed, slack.Escape(d.SlashCommand+" "+cmp.Or(verb, action)+" "+incident.Key(number))))
}

// clickID is the same for every delivery of one click and for a double click, and another one
// for the same button of another message.
func clickID(r request, i slack.Interaction, a slack.InboundAction) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.by.ID, i.Channel.ID, i.Message.TS, i.View.ID, a.ActionID, a.Value}, "\n")))
	return "slack/click/" + hex.EncodeToString(sum[:16])
}

// formOf says which form a button opens.
var formOf = map[string]string{
	incident.ActionRole: views.CallbackRole, incident.ActionUpdate: views.CallbackUpdate, incident.ActionSeverity: views.CallbackSeverity,
	incident.ActionPage: views.CallbackPage, incident.ActionFollowUp: views.CallbackFollowUp, incident.ActionResolve: views.CallbackResolve,
	incident.ActionReopen: views.CallbackReopen, incident.ActionRefine: views.CallbackRefine,
}

// commandOf says which command a button gives at once.
var commandOf = map[string]given{
	incident.ActionAcknowledge: {api.Acknowledge, incident.Acknowledge{}},
	incident.ActionPageNow:     {api.RaisePage, incident.RaisePage{Required: true}},
	incident.ActionJoin:        {api.Join, incident.Join{}},
	incident.ActionMitigate:    {api.Mitigate, incident.Mitigate{}},
}

// pressed reads of which incident a button is. That Slack shows somebody the button does not mean that
// they may still see the incident.
func (d *Door) pressed(ctx context.Context, r request, value string) (number, revision int, err error) {
	if number, revision, err = incident.ParseButtonValue(value); err == nil {
		err = d.may(ctx, r, number)
	}
	return number, revision, err
}

// openFor opens the form of a button.
func (d *Door) openFor(ctx context.Context, r request, callback, value string) *views.Say {
	number, _, err := d.pressed(ctx, r, value)
	if err != nil {
		return d.failed(ctx, err)
	}
	b, err := d.book()
	if err != nil {
		return d.failed(ctx, err)
	}
	v, err := d.form(ctx, r, b, callback, views.Meta{Incident: number, Channel: r.channel})
	if err != nil {
		return d.failed(ctx, err)
	}
	return d.open(ctx, r, v, d.SlashCommand+" help to see how it is typed")
}

// messageShortcut does something with a message.
func (d *Door) messageShortcut(ctx context.Context, r request, i slack.Interaction) *views.Say {
	b, err := d.book()
	if err != nil {
		return d.failed(ctx, err)
	}
	if r.unconfirmed && !opensDeclaring(i, "") {
		return new(views.Plain(unconfirmed))
	}
	m := d.carrying(ctx, r, i.Message)
	if i.CallbackID == slack.ShortcutDeclareMessage {
		decl, _ := b.playbook.FromAlert(incident.Declaration{Title: firstLine(m.Text)})
		return d.open(ctx, r, views.Declare(b.Book, prefilled(decl), m), d.SlashCommand+" and what is wrong")
	}
	number, err := d.here(ctx, r)
	if err != nil {
		return d.failed(ctx, err)
	}
	action, known := map[string]string{
		slack.ShortcutFollowUpMessage: views.CallbackFollowUp, slack.ShortcutTimelineMessage: views.CallbackNote, slack.ShortcutNominateMessage: CallbackNominate,
	}[i.CallbackID]
	if !known {
		d.Logger.WarnContext(ctx, "shortcut not known", "callback_id", i.CallbackID)
		return nil
	}
	if number == 0 { // asks which
		return d.open(ctx, r, views.Pick(action, d.others(ctx, r), m), d.SlashCommand+" help to see how it is typed")
	}
	m.Incident = number
	r.id = triggered(i.TriggerID)
	return d.aboutMessage(ctx, r, b, action, m)
}

// CallbackNominate is no form of its own: nominating asks nothing.
const CallbackNominate = "nominate"

// aboutMessage makes a follow-up, an entry or a nomination of a message.
func (d *Door) aboutMessage(ctx context.Context, r request, b book, action string, m views.Meta) *views.Say {
	switch action {
	case views.CallbackNote:
		return d.give(ctx, r, m.Incident, api.Capture, captured(m))
	case CallbackNominate:
		return d.give(ctx, r, m.Incident, api.Nominate, incident.Nominate{Reason: firstLine(m.Text)})
	case views.CallbackFollowUp:
		m.Rest = firstLine(m.Text)
		v, err := d.form(ctx, r, b, action, m)
		if err != nil {
			return d.failed(ctx, err)
		}
		return d.open(ctx, r, v, d.SlashCommand+" follow-up and what should be done")
	}
	return d.failed(ctx, d.unwired(ctx, "the shortcut "+action))
}

func captured(m views.Meta) incident.Capture {
	return incident.Capture{Text: cmp.Or(m.Text, "(a message without text)"), Author: m.Author, Source: m.Source}
}

// carrying is what a form keeps of a message.
func (d *Door) carrying(ctx context.Context, r request, msg slack.InboundMessage) views.Meta {
	channel := cmp.Or(msg.Channel, r.channel)
	asking, cancel := d.lookingUp(ctx)
	defer cancel()
	return views.Meta{
		Channel: r.channel,
		Hidden:  hidden[r.channelName] || strings.HasPrefix(r.channelName, "mpdm-"),
		Source:  incident.MessageRef{Channel: channel, ID: msg.TS, URL: d.Slack.Permalink(asking, channel, msg.TS, threadOf(msg))},
		Author:  d.author(ctx, msg),
		Text:    d.plain(ctx, msg.Text),
	}
}

// hidden are the names that Slack gives to places which not everybody may enter.
var hidden = map[string]bool{"privategroup": true, "directmessage": true}

// threadOf is the parent of a reply; a message that has replies names itself.
func threadOf(m slack.InboundMessage) string {
	if m.ThreadTS == m.TS {
		return ""
	}
	return m.ThreadTS
}

// author names who wrote a message: people as Muster knows them, whoever has an account
// elsewhere or not; of apps it is only said that it was one.
func (d *Door) author(ctx context.Context, m slack.InboundMessage) string {
	if !m.ByPerson() {
		return ""
	}
	return d.personOf(ctx)(m.UserID)
}

// plain reads Slack's markup: mentions become names.
func (d *Door) plain(ctx context.Context, text string) string {
	return incident.CleanText(slack.Plain(text, func(userID string) string {
		m, err := d.member(ctx, userID)
		if err != nil || m.Name == "" {
			return ""
		}
		return "@" + m.Name
	}))
}

// firstLine is as much of a text as makes a title.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return slack.Clip(incident.CleanLine(line), incident.MaxTitle)
}
