package slackdoor

import (
	"cmp"
	"context"
	"regexp"
	"strings"
	"time"

	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/workflows/api"
)

// Event takes something that happened in the workspace. What Temporal could not be told of is
// refused, so that Slack sends it again; what needs nothing is taken silently.
func (d *Door) Event(ctx context.Context, e slack.Event) (answer slack.Answer) {
	ctx, cancel := context.WithTimeout(ctx, d.Budget)
	defer cancel()
	defer d.caught(ctx, e.Type, func() { answer = slack.Answer{Refused: true} })
	var err error
	switch e.Type {
	case "app_home_opened":
		d.homeOpened(ctx, e)
	case "app_mention":
		if d.mentioned(ctx, e) {
			return slack.Answer{Refused: true}
		}
	case "message":
		err = d.message(ctx, e)
	case "member_joined_channel":
		err = d.memberJoined(ctx, e)
	case "reaction_added":
		err = d.reacted(ctx, e)
	case "channel_archive", "channel_unarchive", "channel_deleted", "channel_rename", "group_archive", "group_unarchive", "group_deleted", "group_rename":
		err = d.channelChanged(ctx, e)
	case slack.EventRateLimited:
		d.Logger.ErrorContext(ctx, "Slack holds events back: there are more than 30,000 an hour")
	}
	if err == nil {
		return slack.Answer{}
	}
	if p, ok := incident.AsProblem(err); ok {
		// It would be refused again however often it came: the incident is over, or merged.
		d.Logger.InfoContext(ctx, "event refused", "event_id", e.ID, "type", e.Type, "code", p.Code, "field", p.Field)
		return slack.Answer{}
	}
	if fault.IsClass(err, fault.Gone) || fault.IsClass(err, fault.Permanent) {
		// The message is deleted, or we may not read it: it stays so.
		d.Logger.WarnContext(ctx, "event of no use", "event_id", e.ID, "type", e.Type, "error", err)
		return slack.Answer{}
	}
	d.Logger.WarnContext(ctx, "event not recorded", "event_id", e.ID, "type", e.Type, "error", err)
	return slack.Answer{Refused: true}
}

// insider finds the incident of an event's channel and the person who acts, if both are ours.
func (d *Door) insider(ctx context.Context, channel, userID string) (number int, r request, err error) {
	number, err = d.byChannel(ctx, channel, "")
	if err != nil || number == 0 {
		return 0, r, err
	}
	m, err := d.member(ctx, userID)
	if err != nil {
		return 0, r, err // Slack sends the event again, and it is better to know who it was
	}
	if m.Bot || m.Stranger || m.Deleted {
		return 0, r, nil
	}
	return number, request{by: m, channel: channel}, nil
}

// message takes what is written in an incident's channel: a person's first message there says
// that they are here, and the timeline follows what became of messages that it captured.
func (d *Door) message(ctx context.Context, e slack.Event) error {
	switch e.Subtype {
	case "message_changed":
		if e.Message == nil || !e.Message.ByPerson() || (e.Previous != nil && e.Previous.Text == e.Message.Text) {
			return nil // links that unfold are no edit
		}
		return d.messageChanged(ctx, e, incident.MessageChange{
			Message: incident.MessageRef{Channel: e.ChannelID, ID: e.Message.TS}, Text: d.plain(ctx, e.Message.Text), Author: d.author(ctx, *e.Message),
		})
	case "message_deleted":
		if e.Previous != nil && !e.Previous.ByPerson() {
			return nil
		}
		return d.messageChanged(ctx, e, incident.MessageChange{Message: incident.MessageRef{Channel: e.ChannelID, ID: e.DeletedTS}, Deleted: true})
	}
	said := slack.InboundMessage{UserID: e.UserID, BotID: e.BotID, Subtype: e.Subtype}
	if !said.ByPerson() {
		return nil
	}
	return d.arrived(ctx, e.ChannelID, e.UserID, "slack/event/"+e.ID)
}

func (d *Door) messageChanged(ctx context.Context, e slack.Event, c incident.MessageChange) error {
	number, err := d.byChannel(ctx, e.ChannelID, "")
	if err != nil || number == 0 {
		return err
	}
	return d.Incidents.Deliver(ctx, api.IncidentID(number), api.MessageChanged, c)
}

// joinedFor is how long it is believed that a person has joined. They may have been told so
// anew after a restart, which changes nothing.
const joinedFor = 6 * time.Hour

// arrived says that a person came to an incident by an act of their own.
func (d *Door) arrived(ctx context.Context, channel, userID, id string) error {
	number, err := d.byChannel(ctx, channel, "")
	if err != nil || number == 0 {
		return err
	}
	known := incident.Key(number) + "/" + userID
	if _, ok := d.joined.get(known); ok {
		return nil
	}
	_, r, err := d.insider(ctx, channel, userID)
	if err != nil || r.by.ID == "" {
		return err
	}
	r.id = id
	if _, err := d.hand(ctx, r, number, api.Join, incident.Join{Channel: channel}); err != nil {
		return err
	}
	d.joined.put(known, true, joinedFor)
	return nil
}

// memberJoined tells the incident who came into its channel. Our own invitation is no act of
// theirs; a colleague's makes them invited, and coming by oneself is joining.
func (d *Door) memberJoined(ctx context.Context, e slack.Event) error {
	self, err := d.Slack.Self(ctx)
	if err != nil {
		return err
	}
	switch e.Inviter {
	case self:
		return nil
	case "", e.UserID:
		return d.arrived(ctx, e.ChannelID, e.UserID, "slack/event/"+e.ID)
	}
	number, r, err := d.insider(ctx, e.ChannelID, e.Inviter)
	if err != nil || number == 0 {
		return err
	}
	guest, err := d.member(ctx, e.UserID)
	if err != nil || guest.Bot || guest.Stranger {
		return err
	}
	r.id = "slack/event/" + e.ID
	_, err = d.hand(ctx, r, number, api.Invite, incident.Invite{Person: guest.Person()})
	return err
}

// reacted takes the emoji of the playbook as commands. Of one message one follow-up and one entry
// are made, however many people point at it.
func (d *Door) reacted(ctx context.Context, e slack.Event) error {
	p, err := d.Playbook.Current()
	if err != nil {
		return err
	}
	wanted := p.Chat().Reactions
	name, _, _ := strings.Cut(e.Reaction, "::") // skin tones
	if name == "" || (name != wanted.FollowUp && name != wanted.Timeline && name != wanted.Nominate) {
		return nil
	}
	number, r, err := d.insider(ctx, e.ItemChannel, e.UserID)
	if err != nil || number == 0 {
		return err
	}
	msg, err := d.Slack.Message(ctx, e.ItemChannel, e.ItemTS, "")
	if err != nil {
		return err
	}
	msg.Channel = e.ItemChannel
	m := d.carrying(ctx, r, msg)
	about := "slack/reaction/" + e.ItemChannel + "/" + e.ItemTS
	switch name {
	case wanted.FollowUp:
		r.id = about + "/follow-up"
		_, err = d.hand(ctx, r, number, api.AddFollowUp, incident.AddFollowUp{Title: cmp.Or(firstLine(m.Text), "See the message "+m.Source.URL)})
	case wanted.Timeline:
		r.id = about + "/timeline"
		_, err = d.hand(ctx, r, number, api.Capture, captured(m))
	case wanted.Nominate:
		r.id = about + "/nominate/" + r.by.ID
		_, err = d.hand(ctx, r, number, api.Nominate, incident.Nominate{Reason: firstLine(m.Text)})
	}
	return err
}

// channelChanged tells an incident what people did to its channel.
func (d *Door) channelChanged(ctx context.Context, e slack.Event) error {
	self, err := d.Slack.Self(ctx)
	if err != nil {
		return err
	}
	if e.UserID == self {
		return nil // our own doing
	}
	number, err := d.byChannel(ctx, e.ChannelID, "")
	if err != nil || number == 0 {
		return err
	}
	in := api.ChannelChangedInput{DeliveryID: e.ID, Channel: e.ChannelID, Actor: incident.Actor{Way: incident.WaySlack}}
	_, what, _ := strings.Cut(e.Type, "_")
	switch what {
	case "archive":
		in.Archived = true
	case "unarchive":
		in.Unarchived = true
	case "deleted":
		in.Deleted = true
	case "rename":
		in.Name = e.ChannelName
	}
	if m, err := d.member(ctx, e.UserID); err == nil && e.UserID != "" {
		in.Actor.Person = m.Person()
	}
	return d.Incidents.Deliver(ctx, api.IncidentID(number), api.ChannelChanged, in)
}

// mentioned takes a mention of the bot much as if its text had been typed after the slash command,
// but that it declares only in so many words: people chat with whom they can mention. A mention
// opens no form, so what needs one answers how to type it. It reports whether nothing
// was recorded: then Slack sends it again, under the same ID.
func (d *Door) mentioned(ctx context.Context, e slack.Event) (lost bool) {
	r := request{channel: e.ChannelID, id: "slack/event/" + e.ID, lost: &lost}
	answer := d.from(ctx, &r, e.UserID, slack.Origin{TeamID: e.UserTeamID, EnterpriseID: e.EnterpriseID})
	if answer == nil {
		self, err := d.self(ctx)
		if err != nil {
			d.Logger.WarnContext(ctx, "our own name is not known", "error", err)
		}
		text := withoutMention(e.Text, self)
		if text == "" {
			answer = new(views.Help(d.SlashCommand))
		} else {
			answer = d.read(ctx, r, text, grammar.ReadMention)
		}
	}
	if lost && e.Retry > 0 {
		return lost // they have been told, and Slack goes on bringing it
	}
	d.tell(ctx, r, answer)
	return lost
}

func (d *Door) self(ctx context.Context) (string, error) {
	ctx, cancel := d.lookingUp(ctx)
	defer cancel()
	return d.Slack.Self(ctx)
}

var mention = regexp.MustCompile(`<@([A-Z0-9]+)(?:\|[^<>]*)?>`)

// withoutMention takes the first mention of us out of a text. While our own name is not known, a
// mention at the start is taken for ours.
func withoutMention(text, self string) string {
	for _, at := range mention.FindAllStringSubmatchIndex(text, -1) {
		if id := text[at[2]:at[3]]; id == self || self == "" && strings.TrimSpace(text[:at[0]]) == "" {
			return strings.TrimSpace(text[:at[0]] + text[at[1]:])
		}
	}
	return strings.TrimSpace(text)
}
