package slacksim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// eventScopes are the scopes of which one is needed to hear of something, for each kind of
// channel (https://docs.slack.dev/reference/events). What is not listed needs none.
var eventScopes = map[string][3]string{
	"message":               {"channels:history", "groups:history", "im:history"},
	"app_mention":           {"app_mentions:read", "app_mentions:read", "app_mentions:read"},
	"reaction_added":        {"reactions:read", "reactions:read", "reactions:read"},
	"reaction_removed":      {"reactions:read", "reactions:read", "reactions:read"},
	"member_joined_channel": {"channels:read", "groups:read", "im:read"},
	"member_left_channel":   {"channels:read", "groups:read", "im:read"},
	"channel_archive":       {"channels:read", "groups:read", "im:read"},
	"channel_unarchive":     {"channels:read", "groups:read", "im:read"},
	"channel_deleted":       {"channels:read", "groups:read", "im:read"},
	"channel_rename":        {"channels:read", "groups:read", "im:read"},
	"channel_created":       {"channels:read", "groups:read", "im:read"},
}

// hears says whether the product is told of a kind of event in a channel: it listens, is
// granted the scope, and its configuration names the event.
func (s *Sim) hears(kind string, ch *channel) bool {
	if s.events.Target() == "" {
		return false
	}
	if scopes, limited := eventScopes[kind]; limited && s.allow(scopes[rank(ch)]) != nil {
		return false
	}
	return s.opts.Subscribed == nil || slices.Contains(s.opts.Subscribed, subscription(kind, ch))
}

// rank is 0 for a public channel, 1 for a private one and 2 for a direct conversation.
func rank(ch *channel) int {
	switch {
	case ch == nil:
		return 0
	case ch.direct != "":
		return 2
	case ch.private:
		return 1
	}
	return 0
}

// subscription is what a manifest calls an event, such as message.groups or group_archive.
func subscription(kind string, ch *channel) string {
	if kind == "message" {
		return kind + []string{".channels", ".groups", ".im"}[rank(ch)]
	}
	return eventName(kind, ch)
}

// eventName is what Slack calls an event: those about a private channel itself have a name of
// their own.
func eventName(kind string, ch *channel) string {
	if what, own := strings.CutPrefix(kind, "channel_"); own && rank(ch) == 1 {
		return "group_" + what
	}
	return kind
}

// event tells the product what happened, if it listens. The channel is nil for what happened
// in none.
func (s *Sim) event(kind string, ch *channel, event fields) {
	if !s.hears(kind, ch) {
		return
	}
	event["type"] = eventName(kind, ch)
	if event["event_ts"] == nil {
		event["event_ts"] = s.ts()
	}
	shared := ch != nil && s.shared(ch)
	userID, _ := event["user"].(string)
	if u := s.state.users[userID]; u != nil && shared {
		event["user_team"], event["source_team"] = u.team(), u.team()
	}
	id := s.id("Ev")
	body, err := json.Marshal(fields{
		"type": "event_callback", "token": "deprecated", "team_id": teamID, "context_team_id": teamID, "api_app_id": appID,
		"event": event, "event_id": id, "event_time": s.clock.Now().Unix(), "is_ext_shared_channel": shared,
		"authorizations": []fields{{"team_id": teamID, "user_id": s.state.bot.id, "is_bot": true, "is_enterprise_install": false}},
	})
	if err != nil {
		return // nothing in an event fails to encode
	}
	s.events.Send(id, subscription(kind, ch), http.Header{"Content-Type": {"application/json"}}, body)
}

// shared says whether people of another workspace are in the channel.
func (s *Sim) shared(ch *channel) bool {
	return slices.ContainsFunc(ch.members, func(id string) bool {
		u := s.state.users[id]
		return u != nil && u.stranger
	})
}

// messageEvent tells of a new message in a channel that the bot is in.
func (s *Sim) messageEvent(m *message) {
	if !m.channel.isMember[s.state.bot.id] {
		return
	}
	event := s.messageJSON(m, true)
	event["channel"], event["channel_type"], event["event_ts"] = m.channel.id, typeName(m.channel), m.ts
	s.event("message", m.channel, event)
	if m.botID != "" || m.subtype != "" || m.channel.direct != "" || !strings.Contains(m.text, "<@"+s.state.bot.id+">") {
		return
	}
	mention := s.messageJSON(m, false)
	mention["channel"], mention["event_ts"] = m.channel.id, m.ts
	s.event("app_mention", m.channel, mention)
}

// changedEvent tells that a message is another one now; previous is what it was.
func (s *Sim) changedEvent(m *message, previous, now fields) {
	if !m.channel.isMember[s.state.bot.id] {
		return
	}
	s.event("message", m.channel, fields{
		"subtype": "message_changed", "hidden": true, "channel": m.channel.id, "channel_type": typeName(m.channel), "ts": s.ts(),
		"message": now, "previous_message": previous,
	})
}

// erase deletes a message. One that has replies leaves a tombstone, which Slack tells as a
// change.
func (s *Sim) erase(m *message) {
	previous := s.messageJSON(m, true)
	m.deleted = true
	m.channel.pins = slices.DeleteFunc(m.channel.pins, func(other *message) bool { return other == m })
	answered := slices.ContainsFunc(m.replies, func(r *message) bool { return !r.deleted })
	switch {
	case !m.channel.isMember[s.state.bot.id]:
	case answered:
		s.changedEvent(m, previous, fields{
			"type": "message", "subtype": "tombstone", "hidden": true, "user": "USLACKBOT", "text": "This message was deleted.",
			"ts": m.ts, "thread_ts": m.ts, "reply_count": len(m.replies),
		})
	default:
		s.event("message", m.channel, fields{
			"subtype": "message_deleted", "hidden": true, "channel": m.channel.id, "channel_type": typeName(m.channel), "ts": s.ts(),
			"deleted_ts": m.ts, "previous_message": previous,
		})
	}
}

func typeName(ch *channel) string { return []string{"channel", "group", "im"}[rank(ch)] }

func typeLetter(ch *channel) string { return []string{"C", "G", "D"}[rank(ch)] }
