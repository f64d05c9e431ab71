package slacksim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// state is the workspace: everything that a restart must not forget. Sim.mu guards it.
type state struct {
	Scopes  []string
	Revoked string
	NoTwins bool
	NextID  int
	LastTS  int64 // microseconds; timestamps are unique and grow

	Bot     *user
	Users   map[string]*user
	ByEmail map[string]*user
	Roster  []*user

	Channels map[string]*channel
	Names    map[string][]*channel // archived ones included: they keep their names
	Order    []*channel
	Of       map[string][]*channel // by member
	Direct   map[string]*channel   // by the person who talks to the bot

	Ephemerals []*message
	Groups     []*group
	Views      []*view
	Triggers   map[string]*trigger
	Responses  map[string]*response
	Rates      map[string]rate
}

type rate struct {
	Window int64
	Calls  int
}

type user struct {
	ID, Email, Name string
	Bot, Deleted    bool
	Hidden          bool // the e-mail address is shown to nobody
	Stranger        bool // from another workspace, met in a shared channel
	Guest           bool // let into some channels only
}

// team is the workspace that a person belongs to.
func (u *user) team() string {
	if u.Stranger {
		return otherTeamID
	}
	return teamID
}

type group struct {
	ID, Handle string
	Users      []string
}

type channel struct {
	ID, Name string
	Private  bool
	Direct   string // the person of a direct conversation
	Archived bool
	Creator  string
	Created  time.Time
	// Step is when it came to be, among all arrivals of this run: one that was loaded is older than
	// any call that will come.
	Step     int64 `json:"-"`
	Topic    string
	Purpose  string
	Members  []string
	IsMember map[string]bool
	Previous []string

	Messages  []*message // by ts
	ByTS      map[string]*message
	Pins      []*message
	Bookmarks []*bookmark
}

type message struct {
	Channel   *channel
	TS        string
	Thread    string // ts of the parent; also set on the parent once it has replies
	User      string
	BotID     string
	Subtype   string
	Text      string
	Blocks    json.RawMessage
	Buttons   []Button
	Metadata  *metadata
	Edited    bool
	EditedTS  string
	Deleted   bool
	Replies   []*message
	Reactions []*reaction
}

type metadata struct {
	EventType    string         `json:"event_type"`
	EventPayload map[string]any `json:"event_payload"`
}

type reaction struct {
	Name  string
	Users []string
}

type bookmark struct {
	ID, Title, Link, Emoji string
	Created, Updated       int64
}

// TeamID is the workspace's ID, for requests that a test makes itself.
const TeamID = "T0SIM00001"

const (
	teamID      = TeamID
	otherTeamID = "T0OTHER001"
	otherAppID  = "A0OTHER001"
	otherBotID  = "B0OTHER001"
	appID       = "A0SIM00001"
	botID       = "B0SIM00001"
	domain      = "sim"
	team        = "Simulated workspace"
)

func newState(scopes []string) state {
	bot := &user{ID: "U0SIM00001", Name: "muster", Bot: true}
	return state{
		Scopes: slices.Clone(scopes),
		Bot:    bot,
		Users:  map[string]*user{bot.ID: bot}, ByEmail: map[string]*user{}, Roster: []*user{bot},
		Channels: map[string]*channel{}, Names: map[string][]*channel{}, Of: map[string][]*channel{}, Direct: map[string]*channel{},
		Triggers: map[string]*trigger{}, Responses: map[string]*response{}, Rates: map[string]rate{},
	}
}

func (s *Sim) id(prefix string) string {
	s.state.NextID++
	return fmt.Sprintf("%s%010d", prefix, s.state.NextID)
}

// ts makes a timestamp: it is a message's ID and its time, and no two are the same.
func (s *Sim) ts() string {
	s.state.LastTS = max(s.state.LastTS+1, s.clock.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.state.LastTS/1e6, s.state.LastTS%1e6)
}

func (s *Sim) newChannel(name, creator string, private bool) *channel {
	ch := &channel{
		ID: s.id("C"), Name: name, Private: private, Creator: creator, Created: s.clock.Now(), Step: s.steps.Add(1),
		IsMember: map[string]bool{}, ByTS: map[string]*message{},
	}
	s.state.Channels[ch.ID] = ch
	s.state.Names[name] = append(s.state.Names[name], ch)
	s.state.Order = append(s.state.Order, ch)
	s.enter(ch, creator)
	return ch
}

// enter makes somebody a member, without a word to anyone.
func (s *Sim) enter(ch *channel, userID string) bool {
	if ch.IsMember[userID] {
		return false
	}
	ch.IsMember[userID] = true
	ch.Members = append(ch.Members, userID)
	s.state.Of[userID] = append(s.state.Of[userID], ch)
	return true
}

// leave ends a membership.
func (s *Sim) leave(ch *channel, userID string) {
	delete(ch.IsMember, userID)
	ch.Members = slices.DeleteFunc(ch.Members, func(id string) bool { return id == userID })
	s.state.Of[userID] = slices.DeleteFunc(s.state.Of[userID], func(other *channel) bool { return other == ch })
}

// conversation is the direct conversation between the bot and a person.
func (s *Sim) conversation(u *user) *channel {
	ch := s.state.Direct[u.ID]
	if ch == nil {
		ch = &channel{
			ID: s.id("D"), Direct: u.ID, Creator: s.state.Bot.ID, Created: s.clock.Now(),
			IsMember: map[string]bool{}, ByTS: map[string]*message{},
		}
		s.state.Direct[u.ID] = ch
		s.state.Channels[ch.ID] = ch
		s.enter(ch, s.state.Bot.ID)
		s.enter(ch, u.ID)
	}
	return ch
}

// say adds a message and tells the product of it.
func (s *Sim) say(ch *channel, m *message) *message {
	m.Channel, m.TS = ch, s.ts()
	ch.ByTS[m.TS] = m
	parent := ch.ByTS[m.Thread]
	if parent != nil && parent.Thread != "" {
		parent = ch.ByTS[parent.Thread] // a reply to a reply is in the same thread
	}
	if parent != nil {
		parent.Thread, m.Thread = parent.TS, parent.TS
		parent.Replies = append(parent.Replies, m)
	} else {
		m.Thread = ""
		ch.Messages = append(ch.Messages, m)
	}
	s.messageEvent(m)
	return m
}

// note is a message that Slack itself writes about what somebody did.
func (s *Sim) note(ch *channel, subtype, userID, text string) {
	s.say(ch, &message{User: userID, Subtype: subtype, Text: text})
}

// lookup finds a channel by ID or by name; of several of one name the oldest that is open.
func (s *Sim) lookup(nameOrID string) *channel {
	if ch := s.state.Channels[nameOrID]; ch != nil {
		return ch
	}
	named := s.state.Names[strings.TrimPrefix(nameOrID, "#")]
	for _, ch := range named {
		if !ch.Archived {
			return ch
		}
	}
	if len(named) > 0 {
		return named[0]
	}
	return nil
}

func (s *Sim) channelJSON(ch *channel) fields {
	if ch.Direct != "" {
		return fields{"id": ch.ID, "created": ch.Created.Unix(), "is_im": true, "is_archived": false, "user": ch.Direct, "is_open": true}
	}
	return fields{
		"id": ch.ID, "name": ch.Name, "name_normalized": ch.Name, "created": ch.Created.Unix(), "creator": ch.Creator,
		"is_channel": !ch.Private, "is_group": false, "is_im": false, "is_mpim": false, "is_private": ch.Private,
		"is_archived": ch.Archived, "is_general": false, "is_shared": s.shared(ch), "is_ext_shared": s.shared(ch), "is_org_shared": false,
		"is_member": ch.IsMember[s.state.Bot.ID], "unlinked": 0, "num_members": len(ch.Members), "previous_names": ch.Previous,
		"topic":   fields{"value": ch.Topic, "creator": "", "last_set": 0},
		"purpose": fields{"value": ch.Purpose, "creator": "", "last_set": 0},
	}
}

func (s *Sim) messageJSON(m *message, withMetadata bool) fields {
	out := fields{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text, "team": teamID}
	if u := s.state.Users[m.User]; u != nil {
		out["team"] = u.team()
	}
	if m.BotID == "" && m.Subtype == "" { // what people type arrives as rich text as well
		out["client_msg_id"] = "sim-" + m.TS
		out["blocks"] = richText(m.Text)
	}
	if m.BotID != "" {
		out["bot_id"], out["app_id"] = m.BotID, appID
		if m.BotID != botID {
			out["app_id"] = otherAppID
		}
	}
	if m.Subtype != "" {
		out["subtype"] = m.Subtype
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	}
	if m.Thread != "" {
		out["thread_ts"] = m.Thread
	}
	if n := len(m.Replies); n > 0 {
		out["reply_count"] = n
	}
	if m.Edited {
		out["edited"] = fields{"user": m.User, "ts": cmp.Or(m.EditedTS, m.TS)}
	}
	if m.Metadata != nil && withMetadata {
		out["metadata"] = m.Metadata
	}
	if len(m.Reactions) > 0 {
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
	profile := fields{"real_name": u.Name, "display_name": u.Name}
	if u.Email != "" && s.knowsAddress(u) {
		profile["email"] = u.Email
	}
	out := fields{
		"id": u.ID, "team_id": u.team(), "name": u.Name, "real_name": u.Name, "deleted": u.Deleted, "is_bot": u.Bot, "tz": "Europe/Berlin",
		"profile": profile,
	}
	out["is_restricted"], out["is_ultra_restricted"] = u.Guest, false
	if u.Stranger && !s.met(u) {
		out["is_stranger"] = true
	}
	return out
}

// met says whether somebody of another workspace shares a channel with the bot. Of such people
// Slack does not say is_stranger, only another team_id (https://docs.slack.dev/reference/objects/user-object).
func (s *Sim) met(u *user) bool {
	return slices.ContainsFunc(s.state.Of[u.ID], func(ch *channel) bool { return ch.IsMember[s.state.Bot.ID] })
}

func (s *Sim) knowsAddress(u *user) bool {
	return !u.Hidden && !u.Stranger && s.allow("users:read.email") == nil
}
