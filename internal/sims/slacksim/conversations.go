package slacksim

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

func (s *Sim) authTest(*call) (fields, *refusal) {
	return fields{
		"url": "https://" + domain + ".slack.com/", "team": team, "user": s.state.Bot.Name,
		"team_id": teamID, "user_id": s.state.Bot.ID, "bot_id": botID, "is_enterprise_install": false,
	}, nil
}

// verb is what one does with a channel; the scope for it depends on the kind of channel.
type verb int

const (
	manage verb = iota
	read
	topic
	invite
	readMessages
)

func scopesFor(v verb, ch *channel) []string {
	kind := 0
	switch {
	case ch.Direct != "":
		kind = 2
	case ch.Private:
		kind = 1
	}
	return [][3][]string{
		manage:       {{"channels:manage", "channels:write"}, {"groups:write"}, {"im:write"}},
		read:         {{"channels:read"}, {"groups:read"}, {"im:read"}},
		topic:        {{"channels:manage", "channels:write.topic"}, {"groups:write", "groups:write.topic"}, {"im:write"}},
		invite:       {{"channels:manage", "channels:write.invites"}, {"groups:write", "groups:write.invites"}, {"im:write"}},
		readMessages: {{"channels:history"}, {"groups:history"}, {"im:history"}},
	}[v][kind]
}

// channel finds the channel of a call, if the bot may see it and do this with it.
func (s *Sim) channel(c *call, v verb) (*channel, *refusal) {
	ch := s.state.Channels[c.get("channel")]
	if ch == nil || (ch.Private && !ch.IsMember[s.state.Bot.ID]) {
		return nil, refuse("channel_not_found")
	}
	return ch, s.allow(scopesFor(v, ch)...)
}

// writable is channel for what needs the bot in an open channel.
func (s *Sim) writable(c *call, v verb) (*channel, *refusal) {
	ch, refused := s.channel(c, v)
	switch {
	case refused != nil:
		return nil, refused
	case ch.Direct != "":
		return nil, refuse("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, refuse("is_archived")
	case !ch.IsMember[s.state.Bot.ID]:
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

var (
	legalName   = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{Nd}_-]+$`)
	punctuation = regexp.MustCompile(`^[_-]+$`)
)

func checkName(name string) *refusal {
	switch {
	case name == "":
		return refuse("invalid_name_required")
	case utf8.RuneCountInString(name) > 80:
		return refuse("invalid_name_maxlength")
	case punctuation.MatchString(name):
		return refuse("invalid_name_punctuation")
	case !legalName.MatchString(name):
		return refuse("invalid_name_specials")
	}
	return nil
}

// taken says whether a create meets a name that is in use. Names are no lock at Slack: a
// channel that came to be after this call had arrived is not noticed.
func (s *Sim) taken(name string, arrived int64) bool {
	return slices.ContainsFunc(s.state.Names[name], func(ch *channel) bool {
		return s.state.NoTwins || ch.Step < arrived
	})
}

func (s *Sim) create(c *call) (fields, *refusal) {
	private := c.yes("is_private")
	if refused := s.allow(scopesFor(manage, &channel{Private: private})...); refused != nil {
		return nil, refused
	}
	name := c.get("name")
	if refused := checkName(name); refused != nil {
		return nil, refused
	}
	if s.taken(name, c.arrived) {
		return nil, refuse("name_taken")
	}
	ch := s.newChannel(name, s.state.Bot.ID, private)
	s.note(ch, "channel_join", s.state.Bot.ID, "<@"+s.state.Bot.ID+"> has joined the channel")
	s.event("channel_created", ch, fields{"channel": fields{"id": ch.ID, "name": ch.Name, "created": ch.Created.Unix(), "creator": ch.Creator}})
	return fields{"channel": s.channelJSON(ch)}, nil
}

func (s *Sim) archive(c *call) (fields, *refusal) {
	ch, refused := s.channel(c, manage)
	switch {
	case refused != nil:
		return nil, refused
	case ch.Direct != "":
		return nil, refuse("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, refuse("already_archived")
	case !ch.IsMember[s.state.Bot.ID]:
		return nil, refuse("not_in_channel")
	}
	s.close(ch, s.state.Bot.ID)
	return nil, nil
}

func (s *Sim) close(ch *channel, by string) {
	s.note(ch, "channel_archive", by, "archived the channel")
	ch.Archived = true
	s.event("channel_archive", ch, fields{"channel": ch.ID, "user": by})
}

// unarchive is what a bot cannot do: it left the channel when that was archived.
func (s *Sim) unarchive(c *call) (fields, *refusal) {
	ch, refused := s.channel(c, manage)
	switch {
	case refused != nil:
		return nil, refused
	case !ch.Archived:
		return nil, refuse("not_archived")
	}
	return nil, refuse("not_in_channel")
}

func (s *Sim) rename(c *call) (fields, *refusal) {
	ch, refused := s.writable(c, manage)
	if refused != nil {
		return nil, refused
	}
	name := c.get("name")
	if refused := checkName(name); refused != nil {
		return nil, refused
	}
	if s.taken(name, c.arrived) {
		return nil, refuse("name_taken")
	}
	s.renamed(ch, name, s.state.Bot.ID)
	return fields{"channel": s.channelJSON(ch)}, nil
}

// renamed gives a channel another name and tells everybody.
func (s *Sim) renamed(ch *channel, name, by string) {
	s.state.Names[ch.Name] = slices.DeleteFunc(s.state.Names[ch.Name], func(other *channel) bool { return other == ch })
	ch.Previous = append(ch.Previous, ch.Name)
	ch.Name = name
	s.state.Names[name] = append(s.state.Names[name], ch)
	s.note(ch, "channel_name", by, "renamed the channel to "+name)
	s.event("channel_rename", ch, fields{"channel": fields{"id": ch.ID, "name": name, "created": ch.Created.Unix()}})
}

func (s *Sim) setTopic(c *call) (fields, *refusal) {
	ch, refused := s.writable(c, topic)
	if refused != nil {
		return nil, refused
	}
	text := stored(c.get("topic"))
	if utf8.RuneCountInString(text) > 250 {
		return nil, refuse("too_long")
	}
	ch.Topic = text
	s.note(ch, "channel_topic", s.state.Bot.ID, "set the channel topic: "+text)
	return fields{"channel": s.channelJSON(ch)}, nil
}

func (s *Sim) setPurpose(c *call) (fields, *refusal) {
	ch, refused := s.writable(c, topic)
	if refused != nil {
		return nil, refused
	}
	text := stored(c.get("purpose"))
	if utf8.RuneCountInString(text) > 250 {
		return nil, refuse("too_long")
	}
	ch.Purpose = text
	s.note(ch, "channel_purpose", s.state.Bot.ID, "set the channel description: "+text)
	return fields{"channel": s.channelJSON(ch)}, nil
}

var entity = regexp.MustCompile(`&(amp|lt|gt);|<[@#!][^<>]+>|<(https?|mailto):[^<>]+>|[&<>]`)

// stored is a text as Slack keeps it: control characters that control nothing are escaped.
func stored(text string) string {
	return entity.ReplaceAllStringFunc(text, func(found string) string {
		switch found {
		case "&":
			return "&amp;"
		case "<":
			return "&lt;"
		case ">":
			return "&gt;"
		}
		return found
	})
}

// invite admits everybody or, with force, everybody it can; people whom it does not admit are
// listed, and the first of them gives the error if nobody was admitted.
func (s *Sim) invite(c *call) (fields, *refusal) {
	ch, refused := s.writable(c, invite)
	if refused != nil {
		return nil, refused
	}
	ids := strings.Split(c.get("users"), ",")
	if len(ids) > 100 {
		return nil, invalid("[ERROR] must provide no more than 100 users")
	}
	var errors []fields
	var admitted []string
	for _, id := range ids {
		if code := s.admits(ch, id); code != "" {
			errors = append(errors, fields{"user": id, "ok": false, "error": code})
			continue
		}
		admitted = append(admitted, id)
	}
	if len(errors) > 0 && (len(admitted) == 0 || !c.yes("force")) {
		code, _ := errors[0]["error"].(string)
		return nil, &refusal{code: code, extra: fields{"errors": errors}}
	}
	for _, id := range admitted {
		s.arrive(ch, id, s.state.Bot.ID)
	}
	out := fields{"channel": s.channelJSON(ch)}
	if len(errors) > 0 {
		out["errors"] = errors
	}
	return out, nil
}

// kick takes a person out of a channel. The errors are those of
// https://docs.slack.dev/reference/methods/conversations.kick; a workspace that lets only its admins remove
// people answers restricted_action, which a fault can say here.
func (s *Sim) kick(c *call) (fields, *refusal) {
	ch, refused := s.writable(c, manage)
	if refused != nil {
		return nil, refused
	}
	id := c.get("user")
	switch u := s.state.Users[id]; {
	case id == s.state.Bot.ID:
		return nil, refuse("cant_kick_self")
	case u == nil:
		return nil, refuse("user_not_found")
	case ch.Name == "general":
		return nil, refuse("cant_kick_from_general")
	case !ch.IsMember[id]:
		return nil, refuse("not_in_channel")
	}
	s.leave(ch, id)
	s.note(ch, "channel_leave", id, "<@"+id+"> was removed from the channel")
	s.event("member_left_channel", ch, fields{"user": id, "channel": ch.ID, "channel_type": typeLetter(ch), "team": teamID})
	return fields{"errors": fields{}}, nil
}

func (s *Sim) admits(ch *channel, id string) string {
	u := s.state.Users[id]
	switch {
	case u == nil:
		return "user_not_found"
	case id == s.state.Bot.ID:
		return "cant_invite_self"
	case u.Deleted:
		return "cant_invite"
	case ch.IsMember[id]:
		return "already_in_channel"
	}
	return ""
}

// arrive is a person becoming a member; inviter is empty for one who joins of their own.
func (s *Sim) arrive(ch *channel, id, inviter string) {
	if !s.enter(ch, id) {
		return
	}
	s.note(ch, "channel_join", id, "<@"+id+"> has joined the channel")
	event := fields{"user": id, "channel": ch.ID, "channel_type": typeLetter(ch), "team": teamID}
	if u := s.state.Users[id]; u != nil {
		event["team"] = u.team()
	}
	if inviter != "" {
		event["inviter"] = inviter
	}
	s.event("member_joined_channel", ch, event)
}

func (s *Sim) join(c *call) (fields, *refusal) {
	ch := s.state.Channels[c.get("channel")]
	switch {
	case ch == nil, ch.Private && !ch.IsMember[s.state.Bot.ID]:
		return nil, refuse("channel_not_found")
	case ch.Direct != "" || ch.Private:
		return nil, refuse("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, refuse("is_archived")
	case ch.IsMember[s.state.Bot.ID]:
		return fields{"channel": s.channelJSON(ch), "warning": "already_in_channel"}, nil
	}
	s.arrive(ch, s.state.Bot.ID, "")
	return fields{"channel": s.channelJSON(ch)}, nil
}

func (s *Sim) open(c *call) (fields, *refusal) {
	if id := c.get("channel"); id != "" {
		ch := s.state.Channels[id]
		if ch == nil || ch.Direct == "" {
			return nil, refuse("channel_not_found")
		}
		return fields{"channel": fields{"id": ch.ID}, "no_op": true, "already_open": true}, nil
	}
	ids := strings.Split(c.get("users"), ",")
	if c.get("users") == "" {
		return nil, refuse("users_list_not_supplied")
	}
	if len(ids) > 1 {
		return nil, refuse("not_implemented") // conversations of several are not simulated
	}
	u := s.state.Users[ids[0]]
	switch {
	case u == nil:
		return nil, refuse("user_not_found")
	case u.Deleted:
		return nil, refuse("user_disabled")
	}
	known := s.state.Direct[u.ID] != nil
	return fields{"channel": fields{"id": s.conversation(u).ID}, "no_op": known, "already_open": known}, nil
}
