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
	case ch.Direct != "":
		return 2
	case ch.Private:
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
	if u := s.state.Users[userID]; u != nil && shared {
		event["user_team"], event["source_team"] = u.team(), u.team()
	}
	id := s.id("Ev")
	body, err := json.Marshal(fields{
		"type": "event_callback", "token": "deprecated", "team_id": teamID, "context_team_id": teamID, "api_app_id": appID,
		"event": event, "event_id": id, "event_time": s.clock.Now().Unix(), "is_ext_shared_channel": shared,
		"authorizations": []fields{{"team_id": teamID, "user_id": s.state.Bot.ID, "is_bot": true, "is_enterprise_install": false}},
	})
	if err != nil {
		return // nothing in an event fails to encode
	}
	s.events.Send(id, subscription(kind, ch), http.Header{"Content-Type": {"application/json"}}, body)
}

// shared says whether people of another workspace are in the channel.
func (s *Sim) shared(ch *channel) bool {
	return slices.ContainsFunc(ch.Members, func(id string) bool {
		u := s.state.Users[id]
		return u != nil && u.Stranger
	})
}

// messageEvent tells of a new message in a channel that the bot is in.
func (s *Sim) messageEvent(m *message) {
	if !m.Channel.IsMember[s.state.Bot.ID] {
		return
	}
	event := s.messageJSON(m, true)
	event["channel"], event["channel_type"], event["event_ts"] = m.Channel.ID, typeName(m.Channel), m.TS
	s.event("message", m.Channel, event)
	if m.BotID != "" || m.Subtype != "" || m.Channel.Direct != "" || !strings.Contains(m.Text, "<@"+s.state.Bot.ID+">") {
		return
	}
	mention := s.messageJSON(m, false)
	mention["channel"], mention["event_ts"] = m.Channel.ID, m.TS
	s.event("app_mention", m.Channel, mention)
}

// changedEvent tells that a message is another one now; previous is what it was.
func (s *Sim) changedEvent(m *message, previous, now fields) {
	if !m.Channel.IsMember[s.state.Bot.ID] {
		return
	}
	s.event("message", m.Channel, fields{
		"subtype": "message_changed", "hidden": true, "channel": m.Channel.ID, "channel_type": typeName(m.Channel), "ts": s.ts(),
		"message": now, "previous_message": previous,
	})
}

// erase deletes a message. One that has replies leaves a tombstone, which Slack tells as a
// change.
func (s *Sim) erase(m *message) {
	previous := s.messageJSON(m, true)
	m.Deleted = true
	m.Channel.Pins = slices.DeleteFunc(m.Channel.Pins, func(other *message) bool { return other == m })
	answered := slices.ContainsFunc(m.Replies, func(r *message) bool { return !r.Deleted })
	switch {
	case !m.Channel.IsMember[s.state.Bot.ID]:
	case answered:
		s.changedEvent(m, previous, fields{
			"type": "message", "subtype": "tombstone", "hidden": true, "user": "USLACKBOT", "text": "This message was deleted.",
			"ts": m.TS, "thread_ts": m.TS, "reply_count": len(m.Replies),
		})
	default:
		s.event("message", m.Channel, fields{
			"subtype": "message_deleted", "hidden": true, "channel": m.Channel.ID, "channel_type": typeName(m.Channel), "ts": s.ts(),
			"deleted_ts": m.TS, "previous_message": previous,
		})
	}
}

func typeName(ch *channel) string { return []string{"channel", "group", "im"}[rank(ch)] }

func typeLetter(ch *channel) string { return []string{"C", "G", "D"}[rank(ch)] }
