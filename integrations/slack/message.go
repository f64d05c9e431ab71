package slack

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	slackapi "github.com/slack-go/slack"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	// eventType marks our messages; the key is in the payload
	// (https://docs.slack.dev/messaging/message-metadata).
	eventType  = "muster_message"
	payloadKey = "key"
	// maxKey keeps the metadata far below its limit, of which Slack says only that it exists.
	maxKey = 255

	// A look-up reads this many pages of this many messages, newest first, since a retry
	// follows the first attempt within minutes; in a thread, where the oldest come first,
	// it reads more.
	messagesPerPage = 200
	historyPages    = 3
	threadPages     = 10
)

// conversationID matches the IDs of channels, private channels, direct messages and users.
var conversationID = regexp.MustCompile(`^[CGDUW][A-Z0-9]{6,}$`)

// PostMessage posts to a channel, given by ID or by #name, and pins the message if it asks
// for that. With look it first looks for a message with the same key among the channel's last
// 600 messages, and returns that one. The ref always names the channel by its ID.
//
// A pin that Slack refuses for good (no scope, too many pins) is logged and not returned:
// otherwise the message it belongs to would be posted and never known.
//
// The remaining holes are a post that lands after the look, and a message that a person has
// deleted meanwhile, which is posted again. A message without a key is posted each time.
func (c *Client) PostMessage(ctx context.Context, channel string, m incident.Message, look bool) (incident.MessageRef, error) {
	if channel == "" {
		return incident.MessageRef{}, refuse("chat.postMessage", "there is no channel to post to")
	}
	if !conversationID.MatchString(channel) && !strings.HasPrefix(channel, "#") {
		channel = "#" + channel
	}
	msg, err := c.prepare(ctx, m)
	if err != nil {
		return incident.MessageRef{}, err
	}
	var ref incident.MessageRef
	if look && m.Key != "" {
		if ref, err = c.FindMessage(ctx, channel, m.Key); err != nil {
			return incident.MessageRef{}, err
		}
	}
	if ref.ID == "" {
		if ref, err = c.post(ctx, channel, "", msg); err != nil {
			return incident.MessageRef{}, err
		}
	}
	if m.Pin {
		if err := c.pin(ctx, ref); err != nil {
			return incident.MessageRef{}, err
		}
	}
	return ref, nil
}

// PostReply posts into the thread of a message. With look it first looks for a reply with the
// same key. A parent that was deleted is noticed only by a look (class fault.Gone); without
// one Slack posts the reply outside of any thread.
func (c *Client) PostReply(ctx context.Context, parent incident.MessageRef, m incident.Message, look bool) (incident.MessageRef, error) {
	if parent.Channel == "" || parent.ID == "" {
		return incident.MessageRef{}, refuse("chat.postMessage", "there is no message to reply to")
	}
	msg, err := c.prepare(ctx, m)
	if err != nil {
		return incident.MessageRef{}, err
	}
	if look && m.Key != "" {
		ts, err := c.find(ctx, "conversations.replies", parent.Channel, parent.ID, m.Key, threadPages)
		if err != nil {
			return incident.MessageRef{}, err
		}
		if ts != "" {
			return c.refTo(ctx, parent.Channel, ts, parent.ID), nil
		}
	}
	return c.post(ctx, parent.Channel, parent.ID, msg)
}

// EditMessage replaces what a message says. A message that was deleted has the class
// fault.Gone.
func (c *Client) EditMessage(ctx context.Context, ref incident.MessageRef, m incident.Message) error {
	const operation = "chat.update"
	if ref.Channel == "" || ref.ID == "" {
		return refuse(operation, "there is no message to edit")
	}
	msg, err := c.prepare(ctx, m)
	if err != nil {
		return err
	}
	return c.inside(ctx, ref.Channel, func() error {
		_, ts, _, err := c.api.UpdateMessageContext(ctx, ref.Channel, ref.ID, msg.options()...)
		if err == nil && ts == "" {
			return emptyAnswer(operation)
		}
		return c.fail(operation, err)
	})
}

// prepare renders a message with the people in it as Slack knows them.
func (c *Client) prepare(ctx context.Context, m incident.Message) (rendering, error) {
	people := append([]string(nil), m.Mention...)
	for _, f := range slices.Concat(m.Fields, m.Credits) {
		people = append(people, f.People...)
	}
	shown, err := c.mentions(ctx, people)
	if err != nil {
		return rendering{}, err
	}
	return render(m, shown)
}

// options are what posting and editing have in common.
func (r rendering) options() []slackapi.MsgOption {
	options := []slackapi.MsgOption{
		slackapi.MsgOptionText(r.text, false), // escaped by render
		slackapi.MsgOptionBlocks(r.blocks...),
	}
	if r.key != "" {
		options = append(options, slackapi.MsgOptionMetadata(slackapi.SlackMetadata{
			EventType: eventType, EventPayload: map[string]any{payloadKey: r.key},
		}))
	}
	return options
}

// fresh are the options of a message that is not there yet.
func (r rendering) fresh(thread string) []slackapi.MsgOption {
	options := append(r.options(), slackapi.MsgOptionDisableLinkUnfurl(), slackapi.MsgOptionDisableMediaUnfurl())
	if thread != "" {
		options = append(options, slackapi.MsgOptionTS(thread))
	}
	return options
}

func (c *Client) post(ctx context.Context, channel, thread string, msg rendering) (incident.MessageRef, error) {
	const operation = "chat.postMessage"
	var id, ts string
	run := func() error {
		var err error
		id, ts, err = c.api.PostMessageContext(ctx, channel, msg.fresh(thread)...)
		if err == nil && (id == "" || ts == "") {
			return emptyAnswer(operation)
		}
		return c.fail(operation, err)
	}
	err := error(nil)
	if conversationID.MatchString(channel) {
		err = c.inside(ctx, channel, run)
	} else {
		err = run() // joining takes an ID, which a name does not give
	}
	if err != nil {
		return incident.MessageRef{}, err
	}
	return c.refTo(ctx, id, ts, thread), nil
}

func (c *Client) refTo(ctx context.Context, channel, ts, thread string) incident.MessageRef {
	return incident.MessageRef{Channel: channel, ID: ts, URL: c.address(ctx, channel, ts, thread)}
}

func (c *Client) pin(ctx context.Context, ref incident.MessageRef) error {
	err := c.inside(ctx, ref.Channel, func() error {
		return c.fail("pins.add", c.api.AddPinContext(ctx, ref.Channel, slackapi.NewRefToMessage(ref.Channel, ref.ID)))
	})
	switch {
	case hasReason(err, "already_pinned"):
		return nil
	case fault.IsClass(err, fault.Permanent):
		c.log.WarnContext(ctx, "message is not pinned", "channel", ref.Channel, "failure", err)
		return nil
	}
	return err
}

// FindMessage looks for a message of ours in a channel by its key; the ref is empty if there is none.
func (c *Client) FindMessage(ctx context.Context, channel, key string) (incident.MessageRef, error) {
	id := channel
	if name, named := strings.CutPrefix(channel, "#"); named {
		var err error
		if id, err = c.channelNamed(ctx, name); err != nil || id == "" {
			// A channel that the bot is not in has no message of ours, unless the app may
			// post without joining, which Muster does not ask for.
			return incident.MessageRef{}, err
		}
	}
	ts, err := c.find(ctx, "conversations.history", id, "", key, historyPages)
	if err != nil || ts == "" {
		return incident.MessageRef{}, err
	}
	return c.refTo(ctx, id, ts, ""), nil
}

// channelNamed finds an open channel that the bot is in by its name, public ones first.
func (c *Client) channelNamed(ctx context.Context, name string) (string, error) {
	id := ""
	for _, private := range []bool{false, true} {
		err := c.eachOwnChannel(ctx, channelType(private), func(ch *slackapi.Channel) bool {
			if ch.Name == name {
				id = ch.ID
			}
			return id == ""
		})
		if private && fault.IsClass(err, fault.Permanent) {
			return id, nil // without groups:read there is no private channel to find
		}
		if err != nil || id != "" {
			return id, err
		}
	}
	return id, nil
}

// page is what a look-up needs of conversations.history and conversations.replies.
type page struct {
	Messages []struct {
		TS       string `json:"ts"`
		User     string `json:"user"`
		BotID    string `json:"bot_id"`
		Metadata struct {
			EventType    string         `json:"event_type"`
			EventPayload map[string]any `json:"event_payload"`
		} `json:"metadata"`
	} `json:"messages"`
	ResponseMetadata struct {
		NextCursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// find looks for our message with a key and returns its timestamp, or nothing. Other apps can
// write what metadata they like, so the author counts too. If an earlier race posted it
// twice, the oldest on the pages read is chosen.
func (c *Client) find(ctx context.Context, method, channel, thread, key string, pages int) (string, error) {
	me, err := c.account(ctx)
	if err != nil {
		return "", err
	}
	args := url.Values{"channel": {channel}, "limit": {strconv.Itoa(messagesPerPage)}, "include_all_metadata": {"true"}}
	if thread != "" {
		args.Set("ts", thread)
	}
	found := ""
	for range pages {
		var p page
		err := c.inside(ctx, channel, func() error { return c.wire.call(ctx, method, args, &p) })
		if err != nil {
			return "", err
		}
		for _, m := range p.Messages {
			own := m.User == me.BotUserID || (m.BotID != "" && m.BotID == me.BotID)
			if own && m.Metadata.EventType == eventType && m.Metadata.EventPayload[payloadKey] == key && (found == "" || m.TS < found) {
				found = m.TS
			}
		}
		if p.ResponseMetadata.NextCursor == "" {
			break
		}
		args.Set("cursor", p.ResponseMetadata.NextCursor)
	}
	return found, nil
}
