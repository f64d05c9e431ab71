package slacksim

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

const (
	// Sizes of chat.update and of message metadata; Slack publishes none for the latter.
	maxUpdateText = 4000
	maxPostText   = 40_000
	maxMetadata   = 8000
)

// place finds where a message goes: a channel by ID or name, or a person by ID.
func (s *Sim) place(where string) (*channel, *refusal) {
	ch := s.state.Channels[where]
	if u := s.state.Users[where]; u != nil && ch == nil {
		if u.Deleted || u.Bot {
			return nil, refuse("channel_not_found")
		}
		ch = s.conversation(u)
	}
	if ch == nil {
		ch = s.lookup(where)
	}
	bot := s.state.Bot.ID
	switch {
	case ch == nil, ch.Private && !ch.IsMember[bot]:
		return nil, refuse("channel_not_found")
	case ch.Archived:
		return nil, refuse("is_archived")
	case !ch.IsMember[bot] && s.allow("chat:write.public") != nil:
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

// content is what a message says, checked against Slack's limits.
func (s *Sim) content(c *call, maxText int) (*message, *refusal) {
	m := &message{User: s.state.Bot.ID, BotID: botID, Text: stored(c.get("text"))}
	if utf8.RuneCountInString(m.Text) > maxText {
		return nil, refuse("msg_too_long")
	}
	if raw := c.get("blocks"); raw != "" {
		var refused *refusal
		if m.Blocks, m.Buttons, refused = s.readBlocks(raw); refused != nil {
			return nil, refused
		}
	}
	if m.Text == "" && m.Blocks == nil && c.get("attachments") == "" {
		return nil, refuse("no_text")
	}
	if raw := c.get("metadata"); raw != "" {
		if len(raw) > maxMetadata {
			return nil, refuse("metadata_too_large")
		}
		m.Metadata = &metadata{}
		if json.Unmarshal([]byte(raw), m.Metadata) != nil || m.Metadata.EventType == "" || m.Metadata.EventPayload == nil {
			return nil, refuse("invalid_metadata_format")
		}
	}
	return m, nil
}

func (s *Sim) postMessage(c *call) (fields, *refusal) {
	ch, refused := s.place(c.get("channel"))
	if refused != nil {
		return nil, refused
	}
	m, refused := s.content(c, 1<<30)
	if refused != nil {
		return nil, refused
	}
	if r := []rune(m.Text); len(r) > maxPostText { // this method cuts what chat.update refuses
		m.Text = string(r[:maxPostText])
	}
	// A reply to a message that was deleted lands outside of any thread.
	if parent := ch.ByTS[c.get("thread_ts")]; parent != nil && !parent.Deleted {
		m.Thread = parent.TS
	}
	s.say(ch, m)
	return fields{"channel": ch.ID, "ts": m.TS, "message": s.messageJSON(m, true)}, nil
}

func (s *Sim) postEphemeral(c *call) (fields, *refusal) {
	ch, refused := s.place(c.get("channel"))
	if refused != nil {
		return nil, refused
	}
	if !ch.IsMember[c.get("user")] {
		return nil, refuse("user_not_in_channel")
	}
	m, refused := s.content(c, maxPostText)
	if refused != nil {
		return nil, refused
	}
	s.whisper(ch, c.get("user"), m)
	return fields{"message_ts": m.TS}, nil
}

// own finds a message of the bot.
func (s *Sim) own(c *call, refusedAs string) (*message, *refusal) {
	ch := s.state.Channels[c.get("channel")]
	if ch == nil || (ch.Private && !ch.IsMember[s.state.Bot.ID]) {
		return nil, refuse("channel_not_found")
	}
	m := ch.ByTS[c.get("ts")]
	switch {
	case m == nil || m.Deleted:
		return nil, refuse("message_not_found")
	case m.User != s.state.Bot.ID || m.Subtype != "":
		return nil, refuse(refusedAs)
	case ch.Archived:
		return nil, refuse("is_inactive")
	}
	return m, nil
}

func (s *Sim) update(c *call) (fields, *refusal) {
	m, refused := s.own(c, "cant_update_message")
	if refused != nil {
		return nil, refused
	}
	next, refused := s.content(c, maxUpdateText)
	if refused != nil {
		return nil, refused
	}
	previous := s.messageJSON(m, true)
	m.Text, m.Blocks, m.Buttons, m.Edited, m.EditedTS = next.Text, next.Blocks, next.Buttons, true, s.ts()
	if next.Metadata != nil { // what is not given stays
		m.Metadata = next.Metadata
	}
	s.changedEvent(m, previous, s.messageJSON(m, true))
	return fields{"channel": m.Channel.ID, "ts": m.TS, "text": m.Text, "message": s.messageJSON(m, true)}, nil
}

func (s *Sim) deleteMessage(c *call) (fields, *refusal) {
	m, refused := s.own(c, "cant_delete_message")
	if refused != nil {
		return nil, refused
	}
	s.erase(m)
	return fields{"channel": m.Channel.ID, "ts": m.TS}, nil
}

func (s *Sim) permalink(c *call) (fields, *refusal) {
	ch := s.state.Channels[c.get("channel")]
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	m := ch.ByTS[c.get("message_ts")]
	if m == nil || m.Deleted {
		return nil, refuse("message_not_found")
	}
	return fields{"channel": ch.ID, "permalink": permalinkOf(m)}, nil
}

func permalinkOf(m *message) string {
	link := "https://" + domain + ".slack.com/archives/" + m.Channel.ID + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.Thread != "" && m.Thread != m.TS {
		link += "?thread_ts=" + m.Thread + "&cid=" + m.Channel.ID
	}
	return link
}
