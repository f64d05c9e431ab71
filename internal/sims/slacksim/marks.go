package slacksim

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const maxMarks = 100 // pins and bookmarks of one channel

// target finds a message by the arguments channel and timestamp.
func (s *Sim) target(c *call) (*message, *refusal) {
	ch := s.state.channels[c.get("channel")]
	switch {
	case ch == nil, ch.private && !ch.isMember[s.state.bot.id]:
		return nil, refuse("channel_not_found")
	case ch.archived:
		return nil, refuse("is_archived")
	case !ch.isMember[s.state.bot.id]:
		return nil, refuse("not_in_channel")
	}
	m := ch.byTS[c.get("timestamp")]
	switch {
	case c.get("timestamp") == "":
		return nil, refuse("no_item_specified")
	case m == nil || m.deleted:
		return nil, refuse("message_not_found")
	}
	return m, nil
}

func (s *Sim) pinsAdd(c *call) (fields, *refusal) {
	m, refused := s.target(c)
	switch {
	case refused != nil:
		return nil, refused
	case m.subtype != "":
		return nil, refuse("not_pinnable")
	case slices.Contains(m.channel.pins, m):
		return nil, refuse("already_pinned")
	case len(m.channel.pins) >= maxMarks:
		return nil, refuse("too_many_pins")
	}
	m.channel.pins = append(m.channel.pins, m)
	s.note(m.channel, "pinned_item", s.state.bot.id, "pinned a message to this channel")
	return nil, nil
}

func (s *Sim) pinsList(c *call) (fields, *refusal) {
	ch := s.state.channels[c.get("channel")]
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	items := []fields{}
	for _, m := range ch.pins {
		items = append(items, fields{"type": "message", "channel": ch.id, "created_by": s.state.bot.id, "message": s.messageJSON(m, false)})
	}
	return fields{"items": items}, nil
}

// bookmarked finds the channel of a bookmark call.
func (s *Sim) bookmarked(c *call) (*channel, *refusal) {
	ch := s.state.channels[c.get("channel_id")]
	if ch == nil || ch.direct != "" || (ch.private && !ch.isMember[s.state.bot.id]) {
		return nil, refuse("channel_not_found")
	}
	return ch, nil
}

func checkBookmark(title, link string) *refusal {
	switch {
	case utf8.RuneCountInString(title) > 256:
		return invalid("[ERROR] must be less than 257 characters [json-pointer:/title]")
	case len(link) > 2048:
		return invalid("[ERROR] must be less than 2049 characters [json-pointer:/link]")
	case !strings.HasPrefix(link, "http://") && !strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "mailto:"):
		return refuse("invalid_link")
	}
	return nil
}

// bookmarksAdd knows no duplicates: the same again is a second bookmark.
func (s *Sim) bookmarksAdd(c *call) (fields, *refusal) {
	ch, refused := s.bookmarked(c)
	if refused != nil {
		return nil, refused
	}
	if refused := checkBookmark(c.get("title"), c.get("link")); refused != nil {
		return nil, refused
	}
	switch {
	case c.get("type") != "link":
		return nil, refuse("invalid_bookmark_type")
	case len(ch.bookmarks) >= maxMarks:
		return nil, refuse("too_many_bookmarks")
	case !ch.isMember[s.state.bot.id]:
		return nil, refuse("permission_denied")
	}
	b := &bookmark{id: s.id("Bk"), title: stored(c.get("title")), link: c.get("link"), emoji: c.get("emoji"), created: s.clock.Now().Unix()}
	ch.bookmarks = append(ch.bookmarks, b)
	return fields{"bookmark": bookmarkJSON(ch, b)}, nil
}

func (s *Sim) bookmarksEdit(c *call) (fields, *refusal) {
	ch, refused := s.bookmarked(c)
	if refused != nil {
		return nil, refused
	}
	i := slices.IndexFunc(ch.bookmarks, func(b *bookmark) bool { return b.id == c.get("bookmark_id") })
	if i < 0 {
		return nil, refuse("not_found")
	}
	b := ch.bookmarks[i]
	title, link := b.title, b.link
	if v := c.get("title"); v != "" {
		title = stored(v)
	}
	if v := c.get("link"); v != "" {
		link = v
	}
	if refused := checkBookmark(title, link); refused != nil {
		return nil, refused
	}
	b.title, b.link, b.updated = title, link, s.clock.Now().Unix()
	return fields{"bookmark": bookmarkJSON(ch, b)}, nil
}

func (s *Sim) bookmarksList(c *call) (fields, *refusal) {
	ch, refused := s.bookmarked(c)
	if refused != nil {
		return nil, refused
	}
	out := []fields{}
	for _, b := range ch.bookmarks {
		out = append(out, bookmarkJSON(ch, b))
	}
	return fields{"bookmarks": out}, nil
}

func bookmarkJSON(ch *channel, b *bookmark) fields {
	return fields{
		"id": b.id, "channel_id": ch.id, "title": b.title, "link": b.link, "emoji": b.emoji, "type": "link",
		"date_created": b.created, "date_updated": b.updated, "entity_id": nil, "shortcut_id": nil, "app_id": appID,
	}
}

func (s *Sim) reactionsAdd(c *call) (fields, *refusal) {
	m, refused := s.target(c)
	if refused != nil {
		return nil, refused
	}
	if !s.react(m, c.get("name"), s.state.bot.id) {
		return nil, refuse("already_reacted")
	}
	return nil, nil
}

// react adds a reaction and tells the product; it reports false if it was there.
func (s *Sim) react(m *message, name, userID string) bool {
	i := slices.IndexFunc(m.reactions, func(r *reaction) bool { return r.name == name })
	if i < 0 {
		m.reactions = append(m.reactions, &reaction{name: name})
		i = len(m.reactions) - 1
	}
	r := m.reactions[i]
	if slices.Contains(r.users, userID) {
		return false
	}
	r.users = append(r.users, userID)
	s.reactionEvent("reaction_added", m, name, userID)
	return true
}

// unreact takes a reaction back and tells the product; it reports false if it was not there.
func (s *Sim) unreact(m *message, name, userID string) bool {
	i := slices.IndexFunc(m.reactions, func(r *reaction) bool { return r.name == name && slices.Contains(r.users, userID) })
	if i < 0 {
		return false
	}
	r := m.reactions[i]
	r.users = slices.DeleteFunc(r.users, func(id string) bool { return id == userID })
	if len(r.users) == 0 {
		m.reactions = slices.Delete(m.reactions, i, i+1)
	}
	s.reactionEvent("reaction_removed", m, name, userID)
	return true
}

// reactionEvent tells of reactions in the channels that the bot is in.
func (s *Sim) reactionEvent(kind string, m *message, name, userID string) {
	if !m.channel.isMember[s.state.bot.id] {
		return
	}
	s.event(kind, m.channel, fields{
		"user": userID, "reaction": name, "item_user": m.user,
		"item": fields{"type": "message", "channel": m.channel.id, "ts": m.ts},
	})
}

func (s *Sim) reactionsGet(c *call) (fields, *refusal) {
	m, refused := s.target(c)
	if refused != nil {
		return nil, refused
	}
	return fields{"type": "message", "channel": m.channel.id, "message": s.messageJSON(m, false)}, nil
}

func reactionsJSON(m *message) []fields {
	out := make([]fields, len(m.reactions))
	for i, r := range m.reactions {
		out[i] = fields{"name": r.name, "users": r.users, "count": len(r.users)}
	}
	return out
}
