package slacksim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"muster/integrations/simkit"
)

// State is what GET /_sim/state answers.
type State struct {
	Now      time.Time         `json:"now"`
	Team     string            `json:"team"`
	Bot      string            `json:"bot"`
	Scopes   []string          `json:"scopes"`
	Targets  Targets           `json:"targets"`
	People   []PersonState     `json:"people"`
	Channels []Channel         `json:"channels"` // newest first
	Total    int               `json:"total"`    // how many channels there are
	Direct   []DirectState     `json:"direct"`
	Only     []Message         `json:"only"` // ephemeral messages
	Views    []json.RawMessage `json:"views"`
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
		Now: s.clock.Now(), Team: team, Bot: s.state.bot.name, Scopes: slices.Clone(s.state.scopes), Total: len(s.state.order),
		Targets: s.targets,
		People:  []PersonState{}, Channels: []Channel{}, Direct: []DirectState{}, Only: []Message{}, Views: []json.RawMessage{},
		Unexpected: s.unexpected.List(),
	}
	for _, ch := range slices.Backward(s.state.order) {
		if len(out.Channels) == channels {
			break
		}
		out.Channels = append(out.Channels, s.show1(ch, shownMessages))
	}
	for _, u := range s.state.roster {
		if u.bot {
			continue
		}
		out.People = append(out.People, PersonState{ID: u.id, Email: u.email, Name: u.name})
		if ch := s.state.direct[u.id]; ch != nil {
			out.Direct = append(out.Direct, DirectState{Person: u.email, Messages: s.show1(ch, shownMessages).Messages})
		}
	}
	for _, m := range s.state.ephemerals[max(0, len(s.state.ephemerals)-shownMessages):] {
		out.Only = append(out.Only, s.view(m))
	}
	for _, v := range s.state.views[max(0, len(s.state.views)-20):] {
		raw, _ := json.Marshal(s.viewJSON(v))
		out.Views = append(out.Views, raw)
	}
	return out
}

// act is what the page posts to an action.
type act struct {
	Person  string `json:"person"`
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Thread  string `json:"thread"`
	Text    string `json:"text"`
	Name    string `json:"name"`
	Email   string `json:"email"`
	Command string `json:"command"`
	Action  string `json:"action_id"`
	Block   string `json:"block_id"`

	Scopes []string `json:"scopes"`
	Targets
}

// control serves what is not Slack's.
func (s *Sim) control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/_sim/faults", s.faults.Handler())
	mux.HandleFunc("GET /_sim/state", func(w http.ResponseWriter, r *http.Request) {
		channels, err := strconv.Atoi(r.URL.Query().Get("channels"))
		if err != nil || channels < 0 {
			channels = shownChannels
		}
		simkit.WriteJSON(w, http.StatusOK, s.State(channels))
	})
	mux.HandleFunc("GET /_sim/log", func(w http.ResponseWriter, r *http.Request) {
		simkit.WriteJSON(w, http.StatusOK, s.log.Requests(r.URL.Query().Get("operation")))
	})
	for name, run := range map[string]func(*Person, act) (any, error){
		"click": func(p *Person, a act) (any, error) { return s.click(p, a) },
		"post":  func(p *Person, a act) (any, error) { return p.Replies(a.Channel, a.Thread, a.Text) },
		"join":  func(p *Person, a act) (any, error) { return nil, p.Joins(a.Channel) },
		"slash": func(p *Person, a act) (any, error) {
			if a.Channel == "" {
				return p.Slash(a.Command)
			}
			return p.SlashIn(a.Channel, a.Command)
		},
		"react":   func(p *Person, a act) (any, error) { return nil, p.Reacts(a.Channel, a.TS, a.Name) },
		"archive": func(p *Person, a act) (any, error) { return nil, p.Archives(a.Channel) },
	} {
		mux.HandleFunc("POST /_sim/"+name, s.action(func(a act) (any, error) {
			p, err := s.person(a.Person)
			if err != nil {
				return nil, err
			}
			return run(p, a)
		}))
	}
	mux.HandleFunc("POST /_sim/users", s.action(func(a act) (any, error) { return fields{"id": s.AddUser(a.Email, a.Name)}, nil }))
	mux.HandleFunc("POST /_sim/channels", s.action(func(a act) (any, error) { return fields{"id": s.AddChannel(a.Name)}, nil }))
	mux.HandleFunc("POST /_sim/scopes", s.action(func(a act) (any, error) { s.SetScopes(a.Scopes...); return nil, nil }))
	mux.HandleFunc("POST /_sim/targets", s.action(func(a act) (any, error) { s.SetTargets(a.Targets); return nil, nil }))
	return mux
}

// action reads an act, runs it and answers its result, or 400 with the reason.
func (s *Sim) action(run func(act) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var a act
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&a)
		var out any
		if err == nil {
			out, err = run(a)
		}
		if err != nil {
			simkit.WriteJSON(w, http.StatusBadRequest, fields{"error": err.Error()})
			return
		}
		if out == nil {
			out = fields{}
		}
		simkit.WriteJSON(w, http.StatusOK, out)
	}
}

// click presses a button that the page names by its message, block and action.
func (s *Sim) click(p *Person, a act) (Reply, error) {
	s.mu.Lock()
	b := Button{Channel: a.Channel, TS: a.TS, Block: a.Block, Action: a.Action}
	if ch := s.lookup(a.Channel); ch != nil {
		b.Channel = ch.id
		if m := ch.byTS[a.TS]; m != nil {
			for _, one := range m.buttons {
				if one.Action == a.Action && (a.Block == "" || one.Block == a.Block) {
					b.Block, b.Label, b.Value, b.Style = one.Block, one.Label, one.Value, one.Style
					break
				}
			}
		}
	}
	s.mu.Unlock()
	return p.Clicks(b)
}
