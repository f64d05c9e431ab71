package activities

import (
	"context"
	"time"

	"muster/incident"
)

// Messenger is a chat as the activities need it. Where look is true the method finds what an
// earlier call with the same key made instead of making it again.
type Messenger interface {
	OpenChannel(ctx context.Context, spec incident.ChannelSpec, look bool) (incident.ChannelRef, error)
	FurnishChannel(ctx context.Context, channelID string, f incident.Furnishing) (incident.Furnished, error)
	PostMessage(ctx context.Context, channel string, m incident.Message, look bool) (incident.MessageRef, error)
	PostReply(ctx context.Context, parent incident.MessageRef, m incident.Message, look bool) (incident.MessageRef, error)
	EditMessage(ctx context.Context, ref incident.MessageRef, m incident.Message) error
	SendDirectOnce(ctx context.Context, person string, m incident.Message, look bool) error
	// TellSubscriber tells a person or a channel; GroupMembers lists the people of a group.
	TellSubscriber(ctx context.Context, s incident.Subscriber, m incident.Message, look bool) (incident.MessageRef, error)
	GroupMembers(ctx context.Context, group string) ([]string, error)
	// ArchiveQuiet archives a channel unless a person has written in it since a time.
	ArchiveQuiet(ctx context.Context, channelID string, quietSince time.Time) (incident.Quiet, error)
}

// Chat holds the activities that speak in chat.
type Chat struct {
	// Messenger is nil where no chat is set up.
	Messenger Messenger
}

const chatMend = "set SLACK_BOT_TOKEN and start the worker again"

// OpenChannelInput asks for an incident's channel.
type OpenChannelInput struct {
	Spec  incident.ChannelSpec `json:"spec"`
	Tried bool                 `json:"tried,omitempty"`
}

// OpenChannel makes the incident's channel, once.
func (c *Chat) OpenChannel(ctx context.Context, in OpenChannelInput) (incident.ChannelRef, error) {
	if c.Messenger == nil {
		return incident.ChannelRef{}, off(ctx, "slack", chatMend)
	}
	ref, err := c.Messenger.OpenChannel(ctx, in.Spec, look(ctx, in.Tried))
	return ref, applicationError(ctx, err)
}

// FurnishChannelInput says what a channel should have.
type FurnishChannelInput struct {
	Channel    string              `json:"channel"`
	Furnishing incident.Furnishing `json:"furnishing"`
}

// FurnishChannel sets topic and bookmarks and invites people.
func (c *Chat) FurnishChannel(ctx context.Context, in FurnishChannelInput) (incident.Furnished, error) {
	if c.Messenger == nil {
		return incident.Furnished{}, off(ctx, "slack", chatMend)
	}
	done, err := c.Messenger.FurnishChannel(ctx, in.Channel, in.Furnishing)
	return done, applicationError(ctx, err)
}

// PostMessageInput asks for a message, in a channel or in the thread of Parent.
type PostMessageInput struct {
	Channel string              `json:"channel,omitempty"`
	Parent  incident.MessageRef `json:"parent,omitzero"`
	Message incident.Message    `json:"message"`
	Tried   bool                `json:"tried,omitempty"`
}

// PostMessage posts, once.
func (c *Chat) PostMessage(ctx context.Context, in PostMessageInput) (incident.MessageRef, error) {
	if c.Messenger == nil {
		return incident.MessageRef{}, off(ctx, "slack", chatMend)
	}
	if in.Parent.ID != "" {
		ref, err := c.Messenger.PostReply(ctx, in.Parent, in.Message, look(ctx, in.Tried))
		return ref, applicationError(ctx, err)
	}
	ref, err := c.Messenger.PostMessage(ctx, in.Channel, in.Message, look(ctx, in.Tried))
	return ref, applicationError(ctx, err)
}

// EditMessageInput replaces a message.
type EditMessageInput struct {
	Ref     incident.MessageRef `json:"ref"`
	Message incident.Message    `json:"message"`
}

// EditMessage replaces what a message says.
func (c *Chat) EditMessage(ctx context.Context, in EditMessageInput) error {
	if c.Messenger == nil {
		return off(ctx, "slack", chatMend)
	}
	return applicationError(ctx, c.Messenger.EditMessage(ctx, in.Ref, in.Message))
}

// SendDirectInput is a direct message to a person.
type SendDirectInput struct {
	Person  string           `json:"person"`
	Message incident.Message `json:"message"`
	Tried   bool             `json:"tried,omitempty"`
}

// SendDirect tells one person something, once.
func (c *Chat) SendDirect(ctx context.Context, in SendDirectInput) error {
	if c.Messenger == nil {
		return off(ctx, "slack", chatMend)
	}
	return applicationError(ctx, c.Messenger.SendDirectOnce(ctx, in.Person, in.Message, look(ctx, in.Tried)))
}

// TellSubscriberInput is news for a person or a channel who has subscribed to it.
type TellSubscriberInput struct {
	Subscriber incident.Subscriber `json:"subscriber"`
	Message    incident.Message    `json:"message"`
	Tried      bool                `json:"tried,omitempty"`
}

// TellSubscriber tells one subscriber, once.
func (c *Chat) TellSubscriber(ctx context.Context, in TellSubscriberInput) error {
	if c.Messenger == nil {
		return off(ctx, "slack", chatMend)
	}
	_, err := c.Messenger.TellSubscriber(ctx, in.Subscriber, in.Message, look(ctx, in.Tried))
	return applicationError(ctx, err)
}

// GroupMembers lists the people of a user group.
func (c *Chat) GroupMembers(ctx context.Context, group string) ([]string, error) {
	if c.Messenger == nil {
		return nil, off(ctx, "slack", chatMend)
	}
	people, err := c.Messenger.GroupMembers(ctx, group)
	return people, applicationError(ctx, err)
}

// ArchiveChannelInput asks for the end of a channel in which nobody has written since a time.
type ArchiveChannelInput struct {
	Channel    string    `json:"channel"`
	QuietSince time.Time `json:"quiet_since"`
}

// ArchiveChannel archives a channel that is quiet, or says when somebody last wrote in it.
func (c *Chat) ArchiveChannel(ctx context.Context, in ArchiveChannelInput) (incident.Quiet, error) {
	if c.Messenger == nil {
		return incident.Quiet{}, off(ctx, "slack", chatMend)
	}
	q, err := c.Messenger.ArchiveQuiet(ctx, in.Channel, in.QuietSince)
	return q, applicationError(ctx, err)
}
