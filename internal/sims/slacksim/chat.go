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
	ch := s.state.channels[where]
	if u := s.state.users[where]; u != nil && ch == nil {
		if u.deleted || u.bot {
			return nil, refuse("channel_not_found")
		}
		ch = s.conversation(u)
	}
	if ch == nil {
		ch = s.lookup(where)
	}
	bot := s.state.bot.id
	switch {
	case ch == nil, ch.private && !ch.isMember[bot]:
		return nil, refuse("channel_not_found")
	case ch.archived:
		return nil, refuse("is_archived")
	case !ch.isMember[bot] && s.allow("chat:write.public") != nil:
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

// content is what a message says, checked against Slack's limits.
func (s *Sim) content(c *call, maxText int) (*message, *refusal) {
	m := &message{user: s.state.bot.id, botID: botID, text: stored(c.get("text"))}
	if utf8.RuneCountInString(m.text) > maxText {
		return nil, refuse("msg_too_long")
	}
	if raw := c.get("blocks"); raw != "" {
		var refused *refusal
		if m.blocks, m.buttons, refused = s.readBlocks(raw); refused != nil {
			return nil, refused
		}
	}
	if m.text == "" && m.blocks == nil && c.get("attachments") == "" {
		return nil, refuse("no_text")
	}
	if raw := c.get("metadata"); raw != "" {
		if len(raw) > maxMetadata {
			return nil, refuse("metadata_too_large")
		}
		m.metadata = &metadata{}
		if json.Unmarshal([]byte(raw), m.metadata) != nil || m.metadata.EventType == "" || m.metadata.EventPayload == nil {
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
	if r := []rune(m.text); len(r) > maxPostText { // this method cuts what chat.update refuses
		m.text = string(r[:maxPostText])
	}
	// A reply to a message that was deleted lands outside of any thread.
	if parent := ch.byTS[c.get("thread_ts")]; parent != nil && !parent.deleted {
		m.thread = parent.ts
	}
	s.say(ch, m)
	return fields{"channel": ch.id, "ts": m.ts, "message": s.messageJSON(m, true)}, nil
}

func (s *Sim) postEphemeral(c *call) (fields, *refusal) {
	ch, refused := s.place(c.get("channel"))
	if refused != nil {
		return nil, refused
	}
	if !ch.isMember[c.get("user")] {
		return nil, refuse("user_not_in_channel")
	}
	m, refused := s.content(c, maxPostText)
	if refused != nil {
		return nil, refused
	}
	s.whisper(ch, c.get("user"), m)
	return fields{"message_ts": m.ts}, nil
}

// own finds a message of the bot.
func (s *Sim) own(c *call, refusedAs string) (*message, *refusal) {
	ch := s.state.channels[c.get("channel")]
	if ch == nil || (ch.private && !ch.isMember[s.state.bot.id]) {
		return nil, refuse("channel_not_found")
	}
	m := ch.byTS[c.get("ts")]
	switch {
	case m == nil || m.deleted:
		return nil, refuse("message_not_found")
	case m.user != s.state.bot.id || m.subtype != "":
		return nil, refuse(refusedAs)
	case ch.archived:
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
	m.text, m.blocks, m.buttons, m.edited, m.editedTS = next.text, next.blocks, next.buttons, true, s.ts()
	if next.metadata != nil { // what is not given stays
		m.metadata = next.metadata
	}
	s.changedEvent(m, previous, s.messageJSON(m, true))
	return fields{"channel": m.channel.id, "ts": m.ts, "text": m.text, "message": s.messageJSON(m, true)}, nil
}

func (s *Sim) deleteMessage(c *call) (fields, *refusal) {
	m, refused := s.own(c, "cant_delete_message")
	if refused != nil {
		return nil, refused
	}
	s.erase(m)
	return fields{"channel": m.channel.id, "ts": m.ts}, nil
}

func (s *Sim) permalink(c *call) (fields, *refusal) {
	ch := s.state.channels[c.get("channel")]
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	m := ch.byTS[c.get("message_ts")]
	if m == nil || m.deleted {
		return nil, refuse("message_not_found")
	}
	return fields{"channel": ch.id, "permalink": permalinkOf(m)}, nil
}

func permalinkOf(m *message) string {
	link := "https://" + domain + ".slack.com/archives/" + m.channel.id + "/p" + strings.ReplaceAll(m.ts, ".", "")
	if m.thread != "" && m.thread != m.ts {
		link += "?thread_ts=" + m.thread + "&cid=" + m.channel.id
	}
	return link
}
