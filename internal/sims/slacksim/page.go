package slacksim

import (
	"encoding/json"
	"slices"
	"time"
)

// State is what GET /_sim/state answers.
type State struct {
	Now      time.Time         `json:"now"`
	Team     string            `json:"team"`
	Bot      string            `json:"bot"`
	BotID    string            `json:"bot_id"`
	Scopes   []string          `json:"scopes"`
	Targets  Targets           `json:"targets"`
	People   []PersonState     `json:"people"`
	Channels []Channel         `json:"channels"` // newest first
	Total    int               `json:"total"`    // how many channels there are
	Direct   []DirectState     `json:"direct"`
	Only     []Message         `json:"only"` // ephemeral messages
	Views    []json.RawMessage `json:"views"`
	Modals   []View            `json:"modals"` // open ones; of a person the last is the visible one
	Homes    []View            `json:"homes"`  // home tabs
	// SocketMode is true when the targets are not used; Sockets counts the connections.
	SocketMode bool `json:"socket_mode"`
	Sockets    int  `json:"sockets"`
	// Unexpected are requests that the simulator has no answer for.
	Unexpected []string `json:"unexpected"`
}

// PersonState is a person in State.
type PersonState struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

// DirectState is the bot's conversation with a person in State.
type DirectState struct {
	Person   string    `json:"person"`
	Channel  string    `json:"channel"`
	Messages []Message `json:"messages"`
}

const (
	shownChannels = 100
	shownMessages = 100
)

// State gives the newest channels with their last messages, and all the rest.
func (s *Sim) State(channels int) State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := State{
		Now: s.clock.Now(), Team: team, Bot: s.state.Bot.Name, BotID: s.state.Bot.ID, Scopes: slices.Clone(s.state.Scopes), Total: len(s.state.Order),
		Targets: s.targets,
		People:  []PersonState{}, Channels: []Channel{}, Direct: []DirectState{}, Only: []Message{}, Views: []json.RawMessage{},
		Unexpected: s.unexpected.List(), Modals: []View{}, Homes: []View{}, SocketMode: s.socketMode, Sockets: s.Sockets(),
	}
	for _, ch := range slices.Backward(s.state.Order) {
		if len(out.Channels) == channels {
			break
		}
		out.Channels = append(out.Channels, s.show1(ch, shownMessages))
	}
	for _, u := range s.state.Roster {
		if u.Bot {
			continue
		}
		out.People = append(out.People, PersonState{ID: u.ID, Email: u.Email, Name: u.Name})
		if ch := s.state.Direct[u.ID]; ch != nil {
			out.Direct = append(out.Direct, DirectState{Person: u.Email, Channel: ch.ID, Messages: s.show1(ch, shownMessages).Messages})
		}
	}
	for _, m := range s.state.Ephemerals[max(0, len(s.state.Ephemerals)-shownMessages):] {
		out.Only = append(out.Only, s.view(m))
	}
	for _, v := range s.state.Views[max(0, len(s.state.Views)-20):] {
		raw, _ := json.Marshal(s.viewJSON(v))
		out.Views = append(out.Views, raw)
	}
	for _, v := range s.state.Views {
		if v.Kind == "modal" {
			out.Modals = append(out.Modals, s.seeView(v))
		} else {
			out.Homes = append(out.Homes, s.seeView(v))
		}
	}
	return out
}
