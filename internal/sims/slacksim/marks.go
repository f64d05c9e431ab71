package slacksim

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const maxMarks = 100 // pins and bookmarks of one channel

// target finds a message by the arguments channel and timestamp.
func (s *Sim) target(c *call) (*message, *refusal) {
	ch := s.state.Channels[c.get("channel")]
	switch {
	case ch == nil, ch.Private && !ch.IsMember[s.state.Bot.ID]:
		return nil, refuse("channel_not_found")
	case ch.Archived:
		return nil, refuse("is_archived")
	case !ch.IsMember[s.state.Bot.ID]:
		return nil, refuse("not_in_channel")
	}
	m := ch.ByTS[c.get("timestamp")]
	switch {
	case c.get("timestamp") == "":
		return nil, refuse("no_item_specified")
	case m == nil || m.Deleted:
		return nil, refuse("message_not_found")
	}
	return m, nil
}

func (s *Sim) pinsAdd(c *call) (fields, *refusal) {
	m, refused := s.target(c)
	switch {
	case refused != nil:
		return nil, refused
	case m.Subtype != "":
		return nil, refuse("not_pinnable")
	case slices.Contains(m.Channel.Pins, m):
		return nil, refuse("already_pinned")
	case len(m.Channel.Pins) >= maxMarks:
		return nil, refuse("too_many_pins")
	}
	m.Channel.Pins = append(m.Channel.Pins, m)
	s.note(m.Channel, "pinned_item", s.state.Bot.ID, "pinned a message to this channel")
	return nil, nil
}

func (s *Sim) pinsList(c *call) (fields, *refusal) {
	ch := s.state.Channels[c.get("channel")]
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	items := []fields{}
	for _, m := range ch.Pins {
		items = append(items, fields{"type": "message", "channel": ch.ID, "created_by": s.state.Bot.ID, "message": s.messageJSON(m, false)})
	}
	return fields{"items": items}, nil
}

// bookmarked finds the channel of a bookmark call.
func (s *Sim) bookmarked(c *call) (*channel, *refusal) {
	ch := s.state.Channels[c.get("channel_id")]
	if ch == nil || ch.Direct != "" || (ch.Private && !ch.IsMember[s.state.Bot.ID]) {
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
	case len(ch.Bookmarks) >= maxMarks:
		return nil, refuse("too_many_bookmarks")
	case !ch.IsMember[s.state.Bot.ID]:
		return nil, refuse("permission_denied")
	}
	b := &bookmark{ID: s.id("Bk"), Title: stored(c.get("title")), Link: c.get("link"), Emoji: c.get("emoji"), Created: s.clock.Now().Unix()}
	ch.Bookmarks = append(ch.Bookmarks, b)
	return fields{"bookmark": bookmarkJSON(ch, b)}, nil
}

func (s *Sim) bookmarksEdit(c *call) (fields, *refusal) {
	ch, refused := s.bookmarked(c)
	if refused != nil {
		return nil, refused
	}
	i := slices.IndexFunc(ch.Bookmarks, func(b *bookmark) bool { return b.ID == c.get("bookmark_id") })
	if i < 0 {
		return nil, refuse("not_found")
	}
	b := ch.Bookmarks[i]
	title, link := b.Title, b.Link
	if v := c.get("title"); v != "" {
		title = stored(v)
	}
	if v := c.get("link"); v != "" {
		link = v
	}
	if refused := checkBookmark(title, link); refused != nil {
		return nil, refused
	}
	b.Title, b.Link, b.Updated = title, link, s.clock.Now().Unix()
	return fields{"bookmark": bookmarkJSON(ch, b)}, nil
}

func (s *Sim) bookmarksList(c *call) (fields, *refusal) {
	ch, refused := s.bookmarked(c)
	if refused != nil {
		return nil, refused
	}
	out := []fields{}
	for _, b := range ch.Bookmarks {
		out = append(out, bookmarkJSON(ch, b))
	}
	return fields{"bookmarks": out}, nil
}

func bookmarkJSON(ch *channel, b *bookmark) fields {
	return fields{
		"id": b.ID, "channel_id": ch.ID, "title": b.Title, "link": b.Link, "emoji": b.Emoji, "type": "link",
		"date_created": b.Created, "date_updated": b.Updated, "entity_id": nil, "shortcut_id": nil, "app_id": appID,
	}
}

func (s *Sim) reactionsAdd(c *call) (fields, *refusal) {
	m, refused := s.target(c)
	if refused != nil {
		return nil, refused
	}
	if !s.react(m, c.get("name"), s.state.Bot.ID) {
		return nil, refuse("already_reacted")
	}
	return nil, nil
}

// react adds a reaction and tells the product; it reports false if it was there.
func (s *Sim) react(m *message, name, userID string) bool {
	i := slices.IndexFunc(m.Reactions, func(r *reaction) bool { return r.Name == name })
	if i < 0 {
		m.Reactions = append(m.Reactions, &reaction{Name: name})
		i = len(m.Reactions) - 1
	}
	r := m.Reactions[i]
	if slices.Contains(r.Users, userID) {
		return false
	}
	r.Users = append(r.Users, userID)
	s.reactionEvent("reaction_added", m, name, userID)
	return true
}

// unreact takes a reaction back and tells the product; it reports false if it was not there.
func (s *Sim) unreact(m *message, name, userID string) bool {
	i := slices.IndexFunc(m.Reactions, func(r *reaction) bool { return r.Name == name && slices.Contains(r.Users, userID) })
	if i < 0 {
		return false
	}
	r := m.Reactions[i]
	r.Users = slices.DeleteFunc(r.Users, func(id string) bool { return id == userID })
	if len(r.Users) == 0 {
		m.Reactions = slices.Delete(m.Reactions, i, i+1)
	}
	s.reactionEvent("reaction_removed", m, name, userID)
	return true
}

// reactionEvent tells of reactions in the channels that the bot is in.
func (s *Sim) reactionEvent(kind string, m *message, name, userID string) {
	if !m.Channel.IsMember[s.state.Bot.ID] {
		return
	}
	s.event(kind, m.Channel, fields{
		"user": userID, "reaction": name, "item_user": m.User,
		"item": fields{"type": "message", "channel": m.Channel.ID, "ts": m.TS},
	})
}

func (s *Sim) reactionsGet(c *call) (fields, *refusal) {
	m, refused := s.target(c)
	if refused != nil {
		return nil, refused
	}
	return fields{"type": "message", "channel": m.Channel.ID, "message": s.messageJSON(m, false)}, nil
}

func reactionsJSON(m *message) []fields {
	out := make([]fields, len(m.Reactions))
	for i, r := range m.Reactions {
		out[i] = fields{"name": r.Name, "users": r.Users, "count": len(r.Users)}
	}
	return out
}
