package slacksim

import (
	"sort"
	"strings"
)

func (s *Sim) info(c *call) (fields, *refusal) {
	ch, refused := s.channel(c, read)
	if refused != nil {
		return nil, refused
	}
	return fields{"channel": s.channelJSON(ch)}, nil
}

// kinds reads the argument types and checks a scope for each of them.
func (s *Sim) kinds(c *call) (map[string]bool, *refusal) {
	text := c.get("types")
	if text == "" {
		text = "public_channel"
	}
	kinds := map[string]bool{}
	for kind := range strings.SplitSeq(text, ",") {
		kind = strings.TrimSpace(kind)
		scope, known := map[string]string{
			"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read",
		}[kind]
		if !known {
			return nil, refuse("invalid_types")
		}
		if refused := s.allow(scope); refused != nil {
			return nil, refused
		}
		kinds[kind] = true
	}
	return kinds, nil
}

func kindOf(ch *channel) string {
	switch {
	case ch.Direct != "":
		return "im"
	case ch.Private:
		return "private_channel"
	}
	return "public_channel"
}

func (s *Sim) list(c *call) (fields, *refusal) {
	return s.channelList(c, 1000, s.state.Order)
}

func (s *Sim) usersConversations(c *call) (fields, *refusal) {
	id := c.get("user")
	if id == "" {
		id = s.state.Bot.ID
	}
	if s.state.Users[id] == nil {
		return nil, refuse("user_not_found")
	}
	return s.channelList(c, 999, s.state.Of[id])
}

func (s *Sim) channelList(c *call, most int, from []*channel) (fields, *refusal) {
	kinds, refused := s.kinds(c)
	if refused != nil {
		return nil, refused
	}
	openOnly := c.yes("exclude_archived")
	page, metadata, refused := paged(s, c, most, from, func(ch *channel) bool {
		return kinds[kindOf(ch)] && !(openOnly && ch.Archived) && (!ch.Private || ch.IsMember[s.state.Bot.ID])
	})
	if refused != nil {
		return nil, refused
	}
	out := make([]fields, len(page))
	for i, ch := range page {
		out[i] = s.channelJSON(ch)
	}
	return fields{"channels": out, "response_metadata": metadata}, nil
}

func (s *Sim) members(c *call) (fields, *refusal) {
	ch, refused := s.channel(c, read)
	if refused != nil {
		return nil, refused
	}
	page, metadata, refused := paged(s, c, 1000, ch.Members, nil)
	if refused != nil {
		return nil, refused
	}
	return fields{"members": page, "response_metadata": metadata}, nil
}

// history gives the newest messages first. Its cursor is a timestamp, so that new messages do
// not shift the pages.
func (s *Sim) history(c *call) (fields, *refusal) {
	ch, refused := s.channel(c, readMessages)
	if refused != nil {
		return nil, refused
	}
	if !ch.IsMember[s.state.Bot.ID] {
		return nil, refuse("not_in_channel")
	}
	limit, refused := s.limit(c, 999)
	if refused != nil {
		return nil, refused
	}
	end := len(ch.Messages)
	if before := c.get("cursor"); before != "" {
		before, isTS := strings.CutPrefix(before, "before-")
		if !isTS {
			return nil, refuse("invalid_cursor")
		}
		end = sort.Search(len(ch.Messages), func(i int) bool { return ch.Messages[i].TS >= before })
	}
	inclusive := c.yes("inclusive")
	page, next := []fields{}, ""
	for i := end - 1; i >= 0; i-- {
		m := ch.Messages[i]
		if m.TS < c.get("oldest") {
			break
		}
		if m.Deleted || !within(m.TS, c.get("oldest"), c.get("latest"), inclusive) {
			continue
		}
		if len(page) == limit {
			next = "before-" + ch.Messages[i+1].TS
			break
		}
		page = append(page, s.messageJSON(m, c.yes("include_all_metadata")))
	}
	return fields{"messages": page, "has_more": next != "", "pin_count": len(ch.Pins), "response_metadata": fields{"next_cursor": next}}, nil
}

func within(ts, oldest, latest string, inclusive bool) bool {
	if oldest != "" && (ts < oldest || (ts == oldest && !inclusive)) {
		return false
	}
	return latest == "" || ts < latest || (ts == latest && inclusive)
}

// replies gives a thread, the parent first, the oldest reply next.
func (s *Sim) replies(c *call) (fields, *refusal) {
	ch, refused := s.channel(c, readMessages)
	if refused != nil {
		return nil, refused
	}
	parent := ch.ByTS[c.get("ts")]
	if parent == nil || parent.Deleted {
		return nil, refuse("thread_not_found")
	}
	thread := append([]*message{parent}, parent.Replies...)
	page, metadata, refused := paged(s, c, 1000, thread, func(m *message) bool {
		return !m.Deleted && (m == parent || within(m.TS, c.get("oldest"), c.get("latest"), c.yes("inclusive")))
	})
	if refused != nil {
		return nil, refused
	}
	out := make([]fields, len(page))
	for i, m := range page {
		out[i] = s.messageJSON(m, c.yes("include_all_metadata"))
	}
	return fields{"messages": out, "has_more": metadata["next_cursor"] != "", "response_metadata": metadata}, nil
}

func (s *Sim) lookupByEmail(c *call) (fields, *refusal) {
	u := s.state.ByEmail[strings.ToLower(c.get("email"))]
	if u == nil || u.Deleted || !s.knowsAddress(u) {
		return nil, refuse("users_not_found")
	}
	return fields{"user": s.userJSON(u)}, nil
}

func (s *Sim) usersInfo(c *call) (fields, *refusal) {
	u := s.state.Users[c.get("user")]
	if u == nil {
		return nil, refuse("user_not_found")
	}
	return fields{"user": s.userJSON(u)}, nil
}

func (s *Sim) usersList(c *call) (fields, *refusal) {
	page, metadata, refused := paged(s, c, 1000, s.state.Roster, nil)
	if refused != nil {
		return nil, refused
	}
	out := make([]fields, len(page))
	for i, u := range page {
		out[i] = s.userJSON(u)
	}
	return fields{"members": out, "cache_ts": s.clock.Now().Unix(), "response_metadata": metadata}, nil
}

func (s *Sim) groupsList(c *call) (fields, *refusal) {
	out := []fields{}
	for _, g := range s.state.Groups {
		one := fields{"id": g.ID, "team_id": teamID, "is_usergroup": true, "name": g.Handle, "handle": g.Handle, "user_count": len(g.Users)}
		if c.yes("include_users") {
			one["users"] = g.Users
		}
		out = append(out, one)
	}
	return fields{"usergroups": out}, nil
}

func (s *Sim) groupUsers(c *call) (fields, *refusal) {
	for _, g := range s.state.Groups {
		if g.ID == c.get("usergroup") {
			return fields{"users": g.Users}, nil
		}
	}
	return nil, refuse("no_such_subteam")
}
