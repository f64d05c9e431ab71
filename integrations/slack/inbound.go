package slack

import (
	"errors"
	"time"
)

// ErrMalformed is wrapped by the error for a request of which we cannot make out who asks for
// what. Nothing is gained by having it sent again.
var ErrMalformed = errors.New("slack: the request is malformed")

// What follows is what people do in Slack, with the fields that Muster uses and no more.
// slack-go has types for all of it and refuses a whole request over one block that it finds
// malformed, be it in a message of some other app. Here a field of an unexpected shape is empty.
//
// Texts are as Slack sends them: escaped, with mentions and links as <...>. Plain reads them.

// SlashCommand is a typed command (https://docs.slack.dev/interactivity/implementing-slash-commands).
type SlashCommand struct {
	Command, Text          string
	TeamID, EnterpriseID   string
	ChannelID, ChannelName string
	UserID, UserName       string
	TriggerID, ResponseURL string
	// Check is true when Slack only looks whether the address is there (ssl_check).
	Check bool
}

// The types of an Interaction.
const (
	InteractionBlockActions  = "block_actions"
	InteractionSubmission    = "view_submission"
	InteractionClosed        = "view_closed"
	InteractionShortcut      = "shortcut"
	InteractionMessageAction = "message_action"
)

// Interaction is a click, a submitted modal or a shortcut
// (https://docs.slack.dev/reference/interaction-payloads).
type Interaction struct {
	Type                   string
	TeamID, EnterpriseID   string
	UserID, UserTeamID     string
	TriggerID, ResponseURL string
	// CallbackID is the shortcut's or the view's.
	CallbackID string
	Channel    InboundChannel
	// Message is where the click or the message shortcut was. Of an ephemeral message only
	// Channel, TS and ThreadTS are known.
	Message   InboundMessage
	Ephemeral bool
	Actions   []InboundAction
	// View is the modal or home tab of a click, a submission or a closing.
	View InboundView
	// Cleared is true when all views of a stack were closed at once.
	Cleared bool
}

// InboundChannel is where something happened.
type InboundChannel struct{ ID, Name string }

// InboundMessage is a message as an event, an interaction or a page of history has it.
type InboundMessage struct {
	Channel, TS, ThreadTS string
	UserID, BotID, AppID  string
	// Text is what the message says; of one that says it all in attachments, as alerting
	// tools do, their fallbacks.
	Text, Subtype string
	EditedTS      string
}

// InboundAction is one click or choice.
type InboundAction struct {
	ActionID, BlockID, Type string
	// Value is that of a button, or the one option, user, conversation or date chosen.
	Value string
	// Values is what was chosen where several can be.
	Values []string
	TS     string
}

// InboundView is a modal or a home tab, with what the person entered.
type InboundView struct {
	ID, RootID, Hash, CallbackID, Meta, ExternalID string
	// Kind is "modal" or "home".
	Kind string
	// Values has what is entered in each block, by its block_id. Of a block with several
	// elements each is under block_id/action_id.
	Values map[string]InboundValue
}

// InboundValue is what a person entered in one element. An empty one is one left empty.
type InboundValue struct {
	ActionID, Type string
	// Text is what was typed, or the one thing chosen: an option's value, a user's or a
	// conversation's ID, a date (2006-01-02), a time (15:04), a moment in Unix seconds.
	Text string
	// Values is what was chosen where several can be.
	Values []string
}

// The types of an Event that is no event of the workspace.
const (
	EventVerification = "url_verification"
	EventRateLimited  = "app_rate_limited"
)

// Event is something that happened in the workspace (https://docs.slack.dev/reference/events).
type Event struct {
	// ID is the same whenever Slack sends the event again.
	ID string
	// Type is the event's own, such as "reaction_added", or one of the two above.
	Type string
	// Challenge is to be given back to EventVerification.
	Challenge            string
	TeamID, EnterpriseID string
	// UserTeamID is the workspace of the person, who may be from another one.
	UserID, UserTeamID                  string
	BotID, AppID                        string
	ChannelID, ChannelType, ChannelName string
	TS, ThreadTS, Text, Subtype         string
	// Tab is the one of app_home_opened.
	Tab string
	// Inviter is who brought the person into the channel; empty if they came by themselves.
	Inviter string
	// Reaction is an emoji's name without colons; Item... is the message that it is at.
	Reaction, ItemUser, ItemChannel, ItemTS string
	// Message and Previous are of a message that was edited or deleted.
	Message, Previous *InboundMessage
	DeletedTS         string
	// SharedChannel is true for a channel that another workspace is in too.
	SharedChannel bool
	// Retry counts how often Slack has sent the event before; over HTTP the header
	// X-Slack-Retry-Num says it, and ParseEvent leaves it zero.
	Retry int
	At    time.Time
}

// personSubtypes are those that people's own messages have; all others are notices by Slack or bots.
var personSubtypes = map[string]bool{"": true, "thread_broadcast": true, "file_share": true, "me_message": true}

// ByPerson reports whether a person wrote the message, rather than an app or Slack itself.
func (m InboundMessage) ByPerson() bool {
	return m.UserID != "" && m.BotID == "" && m.UserID != slackbot && personSubtypes[m.Subtype]
}

// slackbot is Slack's own user in every workspace.
const slackbot = "USLACKBOT"
