package slack

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// ParseSlashCommand reads the body of a slash command.
func ParseSlashCommand(form []byte) (SlashCommand, error) {
	f, err := url.ParseQuery(string(form))
	if err != nil {
		return SlashCommand{}, malformed("the body is no form")
	}
	return checkSlash(SlashCommand{
		Command: f.Get("command"), Text: f.Get("text"),
		TeamID: f.Get("team_id"), EnterpriseID: f.Get("enterprise_id"),
		ChannelID: f.Get("channel_id"), ChannelName: f.Get("channel_name"),
		UserID: f.Get("user_id"), UserName: f.Get("user_name"),
		TriggerID: f.Get("trigger_id"), ResponseURL: f.Get("response_url"), Check: f.Get("ssl_check") == "1",
	})
}

func checkSlash(s SlashCommand) (SlashCommand, error) {
	if !s.Check && (s.Command == "" || s.UserID == "") {
		return SlashCommand{}, malformed("a command has no name or no user")
	}
	return s, nil
}

// parseSlashJSON reads a slash command of Socket Mode.
func parseSlashJSON(payload []byte) (SlashCommand, error) {
	var p struct {
		Command     loose `json:"command"`
		Text        loose `json:"text"`
		TeamID      loose `json:"team_id"`
		Enterprise  loose `json:"enterprise_id"`
		ChannelID   loose `json:"channel_id"`
		ChannelName loose `json:"channel_name"`
		UserID      loose `json:"user_id"`
		UserName    loose `json:"user_name"`
		TriggerID   loose `json:"trigger_id"`
		ResponseURL loose `json:"response_url"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return SlashCommand{}, malformed("a command is no JSON object")
	}
	return checkSlash(SlashCommand{
		Command: string(p.Command), Text: string(p.Text), TeamID: string(p.TeamID), EnterpriseID: string(p.Enterprise),
		ChannelID: string(p.ChannelID), ChannelName: string(p.ChannelName), UserID: string(p.UserID),
		UserName: string(p.UserName), TriggerID: string(p.TriggerID), ResponseURL: string(p.ResponseURL),
	})
}

// ParseInteraction reads the body of an interaction, a form with JSON in its field payload.
func ParseInteraction(form []byte) (Interaction, error) {
	f, err := url.ParseQuery(string(form))
	if err != nil || f.Get("payload") == "" {
		return Interaction{}, malformed("the body is no form with a payload")
	}
	return ParseInteractionJSON([]byte(f.Get("payload")))
}

type wireInteraction struct {
	Type        loose                 `json:"type"`
	Team        lenient[wireNamed]    `json:"team"`
	Enterprise  lenient[wireNamed]    `json:"enterprise"`
	User        lenient[wireUser]     `json:"user"`
	TriggerID   loose                 `json:"trigger_id"`
	ResponseURL loose                 `json:"response_url"`
	CallbackID  loose                 `json:"callback_id"`
	Channel     lenient[wireNamed]    `json:"channel"`
	MessageTS   loose                 `json:"message_ts"`
	Message     lenient[wireMessage]  `json:"message"`
	Actions     listOf[wireElement]   `json:"actions"`
	View        lenient[wireView]     `json:"view"`
	IsCleared   lenient[bool]         `json:"is_cleared"`
	Container   lenient[wireLocation] `json:"container"`
}

type wireNamed struct {
	ID   loose `json:"id"`
	Name loose `json:"name"`
}

type wireUser struct {
	ID     loose `json:"id"`
	TeamID loose `json:"team_id"`
}

// wireLocation is a container: all that is known of an ephemeral message.
type wireLocation struct {
	ChannelID loose         `json:"channel_id"`
	MessageTS loose         `json:"message_ts"`
	ThreadTS  loose         `json:"thread_ts"`
	Ephemeral lenient[bool] `json:"is_ephemeral"`
}

// ParseInteractionJSON reads an interaction. Types that are not known are left to the caller.
func ParseInteractionJSON(payload []byte) (Interaction, error) {
	var p wireInteraction
	if err := json.Unmarshal(payload, &p); err != nil {
		return Interaction{}, malformed("an interaction is no JSON object")
	}
	i := Interaction{
		Type: string(p.Type), TeamID: string(p.Team.V.ID), EnterpriseID: string(p.Enterprise.V.ID),
		UserID: string(p.User.V.ID), UserTeamID: string(p.User.V.TeamID),
		TriggerID: string(p.TriggerID), ResponseURL: string(p.ResponseURL),
		CallbackID: string(first(p.CallbackID, p.View.V.CallbackID)),
		Channel:    InboundChannel{ID: string(first(p.Channel.V.ID, p.Container.V.ChannelID)), Name: string(p.Channel.V.Name)},
		Message:    p.Message.V.message(),
		Ephemeral:  p.Container.V.Ephemeral.V,
		View:       p.View.V.view(), Cleared: p.IsCleared.V,
	}
	if i.Type == "" || i.UserID == "" {
		return Interaction{}, malformed("an interaction has no type or no user")
	}
	i.Message.TS = string(first(loose(i.Message.TS), first(p.MessageTS, p.Container.V.MessageTS)))
	i.Message.ThreadTS = string(first(loose(i.Message.ThreadTS), p.Container.V.ThreadTS))
	if i.Message.TS != "" {
		i.Message.Channel = i.Channel.ID
	}
	for _, e := range p.Actions {
		v := e.value()
		i.Actions = append(i.Actions, InboundAction{
			ActionID: v.ActionID, BlockID: string(e.BlockID), Type: v.Type, Value: v.Text, Values: v.Values, TS: string(e.ActionTS),
		})
	}
	return i, nil
}

// first is the first that is not empty.
func first(a, b loose) loose {
	if a != "" {
		return a
	}
	return b
}

type wireView struct {
	ID         loose `json:"id"`
	RootID     loose `json:"root_view_id"`
	Hash       loose `json:"hash"`
	CallbackID loose `json:"callback_id"`
	Meta       loose `json:"private_metadata"`
	ExternalID loose `json:"external_id"`
	Type       loose `json:"type"`
	State      lenient[struct {
		Values lenient[map[string]lenient[map[string]lenient[wireElement]]] `json:"values"`
	}] `json:"state"`
}

func (w wireView) view() InboundView {
	v := InboundView{
		ID: string(w.ID), RootID: string(w.RootID), Hash: string(w.Hash), CallbackID: string(w.CallbackID),
		Meta: string(w.Meta), ExternalID: string(w.ExternalID), Kind: string(w.Type), Values: map[string]InboundValue{},
	}
	for block, elements := range w.State.V.Values.V {
		for action, e := range elements.V {
			value := e.V.value()
			value.ActionID = action
			if len(elements.V) > 1 {
				v.Values[block+"/"+action] = value
			} else {
				v.Values[block] = value
			}
		}
	}
	return v
}

// wireElement is what was entered or clicked, in an action or in a view's state.
type wireElement struct {
	ActionID      loose               `json:"action_id"`
	BlockID       loose               `json:"block_id"`
	ActionTS      loose               `json:"action_ts"`
	Type          loose               `json:"type"`
	Value         loose               `json:"value"`
	Option        lenient[wireOption] `json:"selected_option"`
	Options       listOf[wireOption]  `json:"selected_options"`
	User          loose               `json:"selected_user"`
	Users         listOf[loose]       `json:"selected_users"`
	Conversation  loose               `json:"selected_conversation"`
	Conversations listOf[loose]       `json:"selected_conversations"`
	Channel       loose               `json:"selected_channel"`
	Channels      listOf[loose]       `json:"selected_channels"`
	Date          loose               `json:"selected_date"`
	Time          loose               `json:"selected_time"`
	Moment        loose               `json:"selected_date_time"`
}

type wireOption struct {
	Value loose `json:"value"`
}

func (e wireElement) value() InboundValue {
	v := InboundValue{ActionID: string(e.ActionID), Type: string(e.Type)}
	for _, one := range []loose{e.Value, e.Option.V.Value, e.User, e.Conversation, e.Channel, e.Date, e.Time, e.Moment} {
		if one != "" {
			v.Text = string(one)
			break
		}
	}
	for _, o := range e.Options {
		v.Values = append(v.Values, string(o.Value))
	}
	for _, several := range []listOf[loose]{e.Users, e.Conversations, e.Channels} {
		for _, one := range several {
			v.Values = append(v.Values, string(one))
		}
	}
	return v
}

type wireMessage struct {
	Channel     loose                `json:"channel"`
	TS          loose                `json:"ts"`
	ThreadTS    loose                `json:"thread_ts"`
	User        loose                `json:"user"`
	BotID       loose                `json:"bot_id"`
	AppID       loose                `json:"app_id"`
	Text        loose                `json:"text"`
	Subtype     loose                `json:"subtype"`
	Edited      lenient[wireEdited]  `json:"edited"`
	Attachments listOf[wireAttached] `json:"attachments"`
	LatestReply loose                `json:"latest_reply"`
	ReplyCount  lenient[int]         `json:"reply_count"`
}

type wireEdited struct {
	TS loose `json:"ts"`
}

type wireAttached struct {
	Fallback loose `json:"fallback"`
	Title    loose `json:"title"`
	Text     loose `json:"text"`
}

func (w wireMessage) message() InboundMessage {
	m := InboundMessage{
		Channel: string(w.Channel), TS: string(w.TS), ThreadTS: string(w.ThreadTS), UserID: string(w.User),
		BotID: string(w.BotID), AppID: string(w.AppID), Text: string(w.Text), Subtype: string(w.Subtype),
		EditedTS: string(w.Edited.V.TS),
	}
	if strings.TrimSpace(m.Text) != "" {
		return m
	}
	var said []string
	for _, a := range w.Attachments {
		text := strings.TrimSpace(string(a.Title) + "\n" + string(a.Text))
		if text == "" {
			text = string(a.Fallback)
		}
		if text != "" {
			said = append(said, text)
		}
	}
	m.Text = strings.Join(said, "\n")
	return m
}

type wireOuter struct {
	Type       loose              `json:"type"`
	Challenge  loose              `json:"challenge"`
	TeamID     loose              `json:"team_id"`
	Enterprise loose              `json:"enterprise_id"`
	EventID    loose              `json:"event_id"`
	EventTime  lenient[int64]     `json:"event_time"`
	Shared     lenient[bool]      `json:"is_ext_shared_channel"`
	Event      lenient[wireEvent] `json:"event"`
}

type wireEvent struct {
	wireMessage
	// Channel is an ID, or an object in channel_rename; it hides the message's.
	Channel     channelOrID           `json:"channel"`
	Type        loose                 `json:"type"`
	ChannelType loose                 `json:"channel_type"`
	Team        loose                 `json:"team"`
	UserTeam    loose                 `json:"user_team"`
	SourceTeam  loose                 `json:"source_team"`
	Tab         loose                 `json:"tab"`
	Inviter     loose                 `json:"inviter"`
	Reaction    loose                 `json:"reaction"`
	ItemUser    loose                 `json:"item_user"`
	Item        lenient[wireItem]     `json:"item"`
	EventTS     loose                 `json:"event_ts"`
	DeletedTS   loose                 `json:"deleted_ts"`
	Message     *lenient[wireMessage] `json:"message"`
	Previous    *lenient[wireMessage] `json:"previous_message"`
}

type wireItem struct {
	Channel loose `json:"channel"`
	TS      loose `json:"ts"`
}

// ParseEvent reads the body of an event. Events that are not known are left to the caller.
func ParseEvent(body []byte) (Event, error) {
	var p wireOuter
	if err := json.Unmarshal(body, &p); err != nil {
		return Event{}, malformed("an event is no JSON object")
	}
	e := Event{
		ID: string(p.EventID), Type: string(p.Type), Challenge: string(p.Challenge),
		TeamID: string(p.TeamID), EnterpriseID: string(p.Enterprise), SharedChannel: p.Shared.V,
	}
	if p.EventTime.V > 0 {
		e.At = time.Unix(p.EventTime.V, 0).UTC()
	}
	switch {
	case e.Type == EventVerification, e.Type == EventRateLimited:
		return e, nil
	case e.Type != "event_callback":
		return Event{}, malformed("an event has the unknown type %s", strconv.Quote(clip(e.Type, 40)))
	case e.ID == "" || p.Event.V.Type == "":
		return Event{}, malformed("an event has no ID or no type")
	}
	p.Event.V.into(&e)
	return e, nil
}

func (w wireEvent) into(e *Event) {
	m := w.message()
	e.Type, e.UserID, e.BotID, e.AppID = string(w.Type), m.UserID, m.BotID, m.AppID
	e.UserTeamID = string(first(w.UserTeam, first(w.SourceTeam, w.Team)))
	e.ChannelID, e.ChannelName, e.ChannelType = string(w.Channel.ID), string(w.Channel.Name), string(w.ChannelType)
	e.TS, e.ThreadTS, e.Text, e.Subtype = string(first(w.TS, w.EventTS)), m.ThreadTS, m.Text, m.Subtype
	e.Tab, e.Inviter, e.DeletedTS = string(w.Tab), string(w.Inviter), string(w.DeletedTS)
	e.Reaction, e.ItemUser = string(w.Reaction), string(w.ItemUser)
	e.ItemChannel, e.ItemTS = string(w.Item.V.Channel), string(w.Item.V.TS)
	e.Message, e.Previous = inner(w.Message, e.ChannelID), inner(w.Previous, e.ChannelID)
	if e.ChannelID == "" {
		e.ChannelID = e.ItemChannel
	}
	// A message that others have replied to is not deleted but edited to a tombstone.
	if e.Subtype == "message_changed" && e.Message != nil && e.Message.Subtype == "tombstone" {
		e.Subtype, e.DeletedTS, e.Message = "message_deleted", e.Message.TS, nil
	}
}

// inner is a message within an event, which has the channel beside it.
func inner(w *lenient[wireMessage], channel string) *InboundMessage {
	if w == nil || w.V.TS == "" {
		return nil
	}
	m := w.V.message()
	if m.Channel == "" {
		m.Channel = channel
	}
	return &m
}
