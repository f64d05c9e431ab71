package slacksim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Channel is a channel as a test sees it.
type Channel struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Private  bool      `json:"private,omitempty"`
	Archived bool      `json:"archived,omitempty"`
	Creator  string    `json:"creator"` // e-mail address, or the bot's name
	Created  time.Time `json:"created"`
	Topic    string    `json:"topic"`
	Purpose  string    `json:"purpose"`
	// Members are e-mail addresses; the bot is BotInside.
	Members   []string `json:"members"`
	BotInside bool     `json:"bot_inside"`
	// Messages are what the bot and people posted, replies after the message they answer.
	Messages []Message `json:"messages"`
	// Notices are what Slack itself wrote into the channel, such as a changed topic.
	Notices   []string   `json:"notices"`
	Pins      []string   `json:"pins"` // timestamps
	Bookmarks []Bookmark `json:"bookmarks"`
}

// Bookmark is a link at the top of a channel.
type Bookmark struct {
	Title string `json:"title"`
	Link  string `json:"link"`
}

// Message is a message as a test sees it.
type Message struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Thread  string `json:"thread,omitempty"` // the parent's timestamp, for a reply
	// From is an e-mail address, or the bot's name.
	From string `json:"from"`
	// Key is what the product put into the metadata.
	Key string `json:"key,omitempty"`
	// Text is the fallback; Shown is what the blocks show, or the text without blocks.
	Text      string              `json:"text"`
	Shown     string              `json:"shown"`
	Blocks    json.RawMessage     `json:"blocks,omitempty"`
	Buttons   []Button            `json:"buttons,omitempty"`
	Edited    bool                `json:"edited,omitempty"`
	Pinned    bool                `json:"pinned,omitempty"`
	Reactions map[string][]string `json:"reactions,omitempty"`
	// Only is the e-mail address of the one person who sees an ephemeral message.
	Only string `json:"only,omitempty"`
}

// Button is a button that a person can press.
type Button struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Block   string `json:"block_id"`
	Action  string `json:"action_id"`
	Label   string `json:"label"`
	Value   string `json:"value"`
	Style   string `json:"style,omitempty"`
	// View is the view that the button is in; then there is no channel.
	View string `json:"view_id,omitempty"`
}

// Button finds a button by its label or its action; of several of one action the first.
func (m Message) Button(labelOrAction string) (Button, bool) {
	i := slices.IndexFunc(m.Buttons, func(b Button) bool { return b.Label == labelOrAction || b.Action == labelOrAction })
	if i < 0 {
		return Button{}, false
	}
	return m.Buttons[i], true
}

// AddUser adds a person, or renames the one who has the address, and returns the ID.
func (s *Sim) AddUser(email, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	email = strings.ToLower(email)
	if u := s.state.ByEmail[email]; u != nil {
		u.Name, u.Deleted = name, false
		return u.ID
	}
	u := &user{ID: s.id("U"), Email: email, Name: name}
	s.state.Users[u.ID], s.state.ByEmail[email] = u, u
	s.state.Roster = append(s.state.Roster, u)
	return u.ID
}

// DeactivateUser makes a person unknown to look-ups and uninvitable.
func (s *Sim) DeactivateUser(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	if u := s.state.ByEmail[strings.ToLower(email)]; u != nil {
		u.Deleted = true
	}
}

// AddUserGroup adds a user group of people and returns its ID.
func (s *Sim) AddUserGroup(handle string, emails ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	g := &group{ID: s.id("S"), Handle: handle, Users: []string{}}
	for _, e := range emails {
		if u := s.state.ByEmail[strings.ToLower(e)]; u != nil {
			g.Users = append(g.Users, u.ID)
		}
	}
	s.state.Groups = append(s.state.Groups, g)
	return g.ID
}

// AddChannel makes a public channel as a person would, with the bot in it.
func (s *Sim) AddChannel(name string) string { return s.addChannel(name, false) }

// AddPrivateChannel makes a private channel with the bot in it.
func (s *Sim) AddPrivateChannel(name string) string { return s.addChannel(name, true) }

func (s *Sim) addChannel(name string, private bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	ch := s.newChannel(strings.TrimPrefix(name, "#"), "U0SIMOWNER", private)
	s.enter(ch, s.state.Bot.ID)
	return ch.ID
}

// Channel shows a channel, by name or ID: of several of one name the oldest that is open.
func (s *Sim) Channel(nameOrID string) (Channel, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.lookup(nameOrID)
	if ch == nil {
		return Channel{}, false
	}
	return s.show1(ch, 0), true
}

// Channels shows all channels in the order in which they were made.
func (s *Sim) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Channel, len(s.state.Order))
	for i, ch := range s.state.Order {
		out[i] = s.show1(ch, 0)
	}
	return out
}

// ChannelsNamed shows the channels of one name, archived ones included, oldest first.
func (s *Sim) ChannelsNamed(name string) []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Channel{}
	for _, ch := range s.state.Names[strings.TrimPrefix(name, "#")] {
		out = append(out, s.show1(ch, 0))
	}
	return out
}

// DirectMessages shows the conversation between the bot and a person.
func (s *Sim) DirectMessages(email string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.state.ByEmail[strings.ToLower(email)]
	if u == nil || s.state.Direct[u.ID] == nil {
		return []Message{}
	}
	return s.show1(s.state.Direct[u.ID], 0).Messages
}

// Ephemerals shows the messages that only one person saw.
func (s *Sim) Ephemerals(email string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Message{}
	for _, m := range s.state.Ephemerals {
		if v := s.view(m); v.Only == strings.ToLower(email) {
			out = append(out, v)
		}
	}
	return out
}

// Views shows the views of a person, the home tab among them, in the order in which they were
// opened, as Slack answers them.
func (s *Sim) Views(email string) []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []json.RawMessage{}
	for _, v := range s.state.Views {
		if u := s.state.Users[v.User]; u != nil && u.Email == strings.ToLower(email) {
			raw, _ := json.Marshal(s.viewJSON(v))
			out = append(out, raw)
		}
	}
	return out
}

// HideEmail makes Slack tell nobody the person's e-mail address.
func (s *Sim) HideEmail(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	if u := s.state.ByEmail[strings.ToLower(email)]; u != nil {
		u.Hidden = true
	}
}

// AddStranger adds a person of another workspace, to be met in shared channels, and returns
// the ID. The address serves to find the person here; Slack does not tell it to the product.
func (s *Sim) AddStranger(email, name string) string {
	id := s.AddUser(email, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Users[id].Stranger = true
	return id
}

// MakeGuest makes a guest of somebody: one who sees only the channels that they were let into.
func (s *Sim) MakeGuest(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	if u := s.state.ByEmail[strings.ToLower(email)]; u != nil {
		u.Guest = true
	}
}

// MakeStranger makes somebody one of another workspace, as when their account is moved there.
func (s *Sim) MakeStranger(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	if u := s.state.ByEmail[strings.ToLower(email)]; u != nil {
		u.Stranger = true
	}
}

func (s *Sim) who(id string) string {
	u := s.state.Users[id]
	switch {
	case u == nil:
		return id
	case u.Bot:
		return u.Name
	}
	return u.Email
}

// show1 makes the view of a channel, with its last messages if last is positive.
func (s *Sim) show1(ch *channel, last int) Channel {
	out := Channel{
		ID: ch.ID, Name: ch.Name, Private: ch.Private, Archived: ch.Archived, Creator: s.who(ch.Creator), Created: ch.Created,
		Topic: ch.Topic, Purpose: ch.Purpose, BotInside: ch.IsMember[s.state.Bot.ID],
		Members: []string{}, Messages: []Message{}, Notices: []string{}, Pins: []string{}, Bookmarks: []Bookmark{},
	}
	for _, id := range ch.Members {
		if u := s.state.Users[id]; u != nil && !u.Bot {
			out.Members = append(out.Members, u.Email)
		}
	}
	messages := ch.Messages
	if last > 0 {
		messages = messages[max(0, len(messages)-last):]
	}
	for _, m := range messages {
		if m.Subtype != "" {
			out.Notices = append(out.Notices, m.Text)
			continue
		}
		for _, one := range append([]*message{m}, m.Replies...) {
			if !one.Deleted {
				out.Messages = append(out.Messages, s.view(one))
			}
		}
	}
	for _, m := range ch.Pins {
		out.Pins = append(out.Pins, m.TS)
	}
	for _, b := range ch.Bookmarks {
		out.Bookmarks = append(out.Bookmarks, Bookmark{Title: b.Title, Link: b.Link})
	}
	return out
}

func (s *Sim) view(m *message) Message {
	out := Message{
		Channel: m.Channel.ID, TS: m.TS, From: s.who(m.User), Text: m.Text, Shown: m.Text, Blocks: m.Blocks, Edited: m.Edited,
		Pinned: slices.Contains(m.Channel.Pins, m),
	}
	if m.Thread != m.TS {
		out.Thread = m.Thread
	}
	if m.Metadata != nil {
		out.Key, _ = m.Metadata.EventPayload["key"].(string)
	}
	if m.Blocks != nil {
		out.Shown = shown(m.Blocks)
	}
	for _, b := range m.Buttons {
		b.Channel, b.TS = m.Channel.ID, m.TS
		out.Buttons = append(out.Buttons, b)
	}
	for _, r := range m.Reactions {
		if out.Reactions == nil {
			out.Reactions = map[string][]string{}
		}
		for _, id := range r.Users {
			out.Reactions[r.Name] = append(out.Reactions[r.Name], s.who(id))
		}
	}
	if only, whispered := strings.CutPrefix(m.Subtype, ephemeral); whispered {
		out.Only = s.who(only)
	}
	return out
}
