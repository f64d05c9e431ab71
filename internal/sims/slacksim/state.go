package slacksim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// state is the workspace. Everything in it is guarded by Sim.mu.
type state struct {
	scopes  []string
	revoked string
	noTwins bool
	base    string // our own address as clients see it
	nextID  int
	lastTS  int64 // microseconds; timestamps are unique and grow

	bot     *user
	users   map[string]*user
	byEmail map[string]*user
	roster  []*user

	channels map[string]*channel
	names    map[string][]*channel // archived ones included: they keep their names
	order    []*channel
	of       map[string][]*channel // by member
	direct   map[string]*channel   // by the person who talks to the bot

	ephemerals []*message
	groups     []*group
	views      []*view
	triggers   map[string]*trigger
	responses  map[string]*response
	rates      map[string]rate
}

type rate struct {
	window int64
	calls  int
}

type user struct {
	id, email, name string
	bot, deleted    bool
	hidden          bool // the e-mail address is shown to nobody
	stranger        bool // from another workspace, met in a shared channel
}

// team is the workspace that a person belongs to.
func (u *user) team() string {
	if u.stranger {
		return otherTeamID
	}
	return teamID
}

type group struct {
	id, handle string
	users      []string
}

type channel struct {
	id, name string
	private  bool
	direct   string // the person of a direct conversation
	archived bool
	creator  string
	created  time.Time
	step     int64 // when it came to be, among all arrivals
	topic    string
	purpose  string
	members  []string
	isMember map[string]bool
	previous []string

	messages  []*message // by ts
	byTS      map[string]*message
	pins      []*message
	bookmarks []*bookmark
}

type message struct {
	channel   *channel
	ts        string
	thread    string // ts of the parent; also set on the parent once it has replies
	user      string
	botID     string
	subtype   string
	text      string
	blocks    json.RawMessage
	buttons   []Button
	metadata  *metadata
	edited    bool
	editedTS  string
	deleted   bool
	replies   []*message
	reactions []*reaction
}

type metadata struct {
	EventType    string         `json:"event_type"`
	EventPayload map[string]any `json:"event_payload"`
}

type reaction struct {
	name  string
	users []string
}

type bookmark struct {
	id, title, link, emoji string
	created, updated       int64
}

const (
	teamID      = "T0SIM00001"
	otherTeamID = "T0OTHER001"
	otherAppID  = "A0OTHER001"
	otherBotID  = "B0OTHER001"
	appID       = "A0SIM00001"
	botID       = "B0SIM00001"
	domain      = "sim"
	team        = "Simulated workspace"
)

func newState(scopes []string) state {
	bot := &user{id: "U0SIM00001", name: "muster", bot: true}
	return state{
		scopes: slices.Clone(scopes),
		bot:    bot,
		users:  map[string]*user{bot.id: bot}, byEmail: map[string]*user{}, roster: []*user{bot},
		channels: map[string]*channel{}, names: map[string][]*channel{}, of: map[string][]*channel{}, direct: map[string]*channel{},
		triggers: map[string]*trigger{}, responses: map[string]*response{}, rates: map[string]rate{},
	}
}

func (s *Sim) id(prefix string) string {
	s.state.nextID++
	return fmt.Sprintf("%s%010d", prefix, s.state.nextID)
}

// ts makes a timestamp: it is a message's ID and its time, and no two are the same.
func (s *Sim) ts() string {
	s.state.lastTS = max(s.state.lastTS+1, s.clock.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.state.lastTS/1e6, s.state.lastTS%1e6)
}

func (s *Sim) newChannel(name, creator string, private bool) *channel {
	ch := &channel{
		id: s.id("C"), name: name, private: private, creator: creator, created: s.clock.Now(), step: s.steps.Add(1),
		isMember: map[string]bool{}, byTS: map[string]*message{},
	}
	s.state.channels[ch.id] = ch
	s.state.names[name] = append(s.state.names[name], ch)
	s.state.order = append(s.state.order, ch)
	s.enter(ch, creator)
	return ch
}

// enter makes somebody a member, without a word to anyone.
func (s *Sim) enter(ch *channel, userID string) bool {
	if ch.isMember[userID] {
		return false
	}
	ch.isMember[userID] = true
	ch.members = append(ch.members, userID)
	s.state.of[userID] = append(s.state.of[userID], ch)
	return true
}

// leave ends a membership.
func (s *Sim) leave(ch *channel, userID string) {
	delete(ch.isMember, userID)
	ch.members = slices.DeleteFunc(ch.members, func(id string) bool { return id == userID })
	s.state.of[userID] = slices.DeleteFunc(s.state.of[userID], func(other *channel) bool { return other == ch })
}

// conversation is the direct conversation between the bot and a person.
func (s *Sim) conversation(u *user) *channel {
	ch := s.state.direct[u.id]
	if ch == nil {
		ch = &channel{
			id: s.id("D"), direct: u.id, creator: s.state.bot.id, created: s.clock.Now(),
			isMember: map[string]bool{}, byTS: map[string]*message{},
		}
		s.state.direct[u.id] = ch
		s.state.channels[ch.id] = ch
		s.enter(ch, s.state.bot.id)
		s.enter(ch, u.id)
	}
	return ch
}

// say adds a message and tells the product of it.
func (s *Sim) say(ch *channel, m *message) *message {
	m.channel, m.ts = ch, s.ts()
	ch.byTS[m.ts] = m
	parent := ch.byTS[m.thread]
	if parent != nil && parent.thread != "" {
		parent = ch.byTS[parent.thread] // a reply to a reply is in the same thread
	}
	if parent != nil {
		parent.thread, m.thread = parent.ts, parent.ts
		parent.replies = append(parent.replies, m)
	} else {
		m.thread = ""
		ch.messages = append(ch.messages, m)
	}
	s.messageEvent(m)
	return m
}

// note is a message that Slack itself writes about what somebody did.
func (s *Sim) note(ch *channel, subtype, userID, text string) {
	s.say(ch, &message{user: userID, subtype: subtype, text: text})
}

// lookup finds a channel by ID or by name; of several of one name the oldest that is open.
func (s *Sim) lookup(nameOrID string) *channel {
	if ch := s.state.channels[nameOrID]; ch != nil {
		return ch
	}
	named := s.state.names[strings.TrimPrefix(nameOrID, "#")]
	for _, ch := range named {
		if !ch.archived {
			return ch
		}
	}
	if len(named) > 0 {
		return named[0]
	}
	return nil
}

func (s *Sim) channelJSON(ch *channel) fields {
	if ch.direct != "" {
		return fields{"id": ch.id, "created": ch.created.Unix(), "is_im": true, "is_archived": false, "user": ch.direct, "is_open": true}
	}
	return fields{
		"id": ch.id, "name": ch.name, "name_normalized": ch.name, "created": ch.created.Unix(), "creator": ch.creator,
		"is_channel": !ch.private, "is_group": false, "is_im": false, "is_mpim": false, "is_private": ch.private,
		"is_archived": ch.archived, "is_general": false, "is_shared": s.shared(ch), "is_ext_shared": s.shared(ch), "is_org_shared": false,
		"is_member": ch.isMember[s.state.bot.id], "unlinked": 0, "num_members": len(ch.members), "previous_names": ch.previous,
		"topic":   fields{"value": ch.topic, "creator": "", "last_set": 0},
		"purpose": fields{"value": ch.purpose, "creator": "", "last_set": 0},
	}
}

func (s *Sim) messageJSON(m *message, withMetadata bool) fields {
	out := fields{"type": "message", "ts": m.ts, "user": m.user, "text": m.text, "team": teamID}
	if u := s.state.users[m.user]; u != nil {
		out["team"] = u.team()
	}
	if m.botID == "" && m.subtype == "" { // what people type arrives as rich text as well
		out["client_msg_id"] = "sim-" + m.ts
		out["blocks"] = richText(m.text)
	}
	if m.botID != "" {
		out["bot_id"], out["app_id"] = m.botID, appID
		if m.botID != botID {
			out["app_id"] = otherAppID
		}
	}
	if m.subtype != "" {
		out["subtype"] = m.subtype
	}
	if m.blocks != nil {
		out["blocks"] = m.blocks
	}
	if m.thread != "" {
		out["thread_ts"] = m.thread
	}
	if n := len(m.replies); n > 0 {
		out["reply_count"] = n
	}
	if m.edited {
		out["edited"] = fields{"user": m.user, "ts": cmp.Or(m.editedTS, m.ts)}
	}
	if m.metadata != nil && withMetadata {
		out["metadata"] = m.metadata
	}
	if len(m.reactions) > 0 {
		out["reactions"] = reactionsJSON(m)
	}
	return out
}

func richText(text string) []fields {
	return []fields{{"type": "rich_text", "block_id": "rt", "elements": []fields{
		{"type": "rich_text_section", "elements": []fields{{"type": "text", "text": text}}},
	}}}
}

// userJSON leaves the address out where Slack does: without the scope, for people of other
// workspaces, and for those who hide it.
func (s *Sim) userJSON(u *user) fields {
	profile := fields{"real_name": u.name, "display_name": u.name}
	if u.email != "" && s.knowsAddress(u) {
		profile["email"] = u.email
	}
	out := fields{
		"id": u.id, "team_id": u.team(), "name": u.name, "real_name": u.name, "deleted": u.deleted, "is_bot": u.bot, "tz": "Europe/Berlin",
		"profile": profile,
	}
	if u.stranger {
		out["is_stranger"] = true
	}
	return out
}

func (s *Sim) knowsAddress(u *user) bool {
	return !u.hidden && !u.stranger && s.allow("users:read.email") == nil
}
