package slacksim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"muster/internal/sims/simkit"
)

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

	View     string            `json:"view_id"`
	Callback string            `json:"callback_id"`
	Value    string            `json:"value"`
	Values   map[string]string `json:"values"`

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
	for name, run := range s.actions() {
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

// actions are what a person does, by the last part of the path.
func (s *Sim) actions() map[string]func(*Person, act) (any, error) {
	return map[string]func(*Person, act) (any, error){
		"click":            func(p *Person, a act) (any, error) { return s.click(p, a) },
		"choose":           func(p *Person, a act) (any, error) { return s.choose(p, a) },
		"submit":           func(p *Person, a act) (any, error) { return p.Submits(View{ID: a.View}, a.Values) },
		"close":            func(p *Person, _ act) (any, error) { return p.ClosesModal() },
		"shortcut":         func(p *Person, a act) (any, error) { return p.Shortcut(a.Callback) },
		"message_shortcut": func(p *Person, a act) (any, error) { return p.MessageShortcut(a.Callback, a.Channel, a.TS) },
		"home":             func(p *Person, _ act) (any, error) { return nil, p.OpensHome() },
		"slash": func(p *Person, a act) (any, error) {
			if a.Channel == "" {
				return p.Slash(a.Command)
			}
			return p.SlashIn(a.Channel, a.Command)
		},
		"post":           func(p *Person, a act) (any, error) { return p.Replies(a.Channel, a.Thread, a.Text) },
		"write":          func(p *Person, a act) (any, error) { return p.Writes(a.Text) },
		"edit":           func(p *Person, a act) (any, error) { return nil, p.Edits(a.Channel, a.TS, a.Text) },
		"delete":         func(p *Person, a act) (any, error) { return nil, p.Deletes(a.Channel, a.TS) },
		"react":          func(p *Person, a act) (any, error) { return nil, p.Reacts(a.Channel, a.TS, a.Name) },
		"unreact":        func(p *Person, a act) (any, error) { return nil, p.Unreacts(a.Channel, a.TS, a.Name) },
		"join":           func(p *Person, a act) (any, error) { return nil, p.Joins(a.Channel) },
		"leave":          func(p *Person, a act) (any, error) { return nil, p.Leaves(a.Channel) },
		"invite":         func(p *Person, a act) (any, error) { return nil, p.Invites(a.Channel, a.Email) },
		"bring_bot":      func(p *Person, a act) (any, error) { return nil, p.BringsBot(a.Channel) },
		"archive":        func(p *Person, a act) (any, error) { return nil, p.Archives(a.Channel) },
		"unarchive":      func(p *Person, a act) (any, error) { return nil, p.Unarchives(a.Channel) },
		"rename":         func(p *Person, a act) (any, error) { return nil, p.RenamesChannel(a.Channel, a.Name) },
		"delete_channel": func(p *Person, a act) (any, error) { return nil, p.DeletesChannel(a.Channel) },
	}
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

// click presses a button that the page names by its message or view, block and action.
func (s *Sim) click(p *Person, a act) (Reply, error) {
	b := Button{Channel: a.Channel, TS: a.TS, Block: a.Block, Action: a.Action, View: a.View}
	if a.View != "" {
		if err := p.Fills(View{ID: a.View}, a.Values); err != nil {
			return Reply{}, err
		}
	}
	s.mu.Lock()
	for _, one := range s.buttonsAt(p, &b) {
		if one.Action == a.Action && (a.Block == "" || one.Block == a.Block) {
			b.Block, b.Label, b.Value, b.Style = one.Block, one.Label, one.Value, one.Style
			break
		}
	}
	s.mu.Unlock()
	return p.Clicks(b)
}

// buttonsAt lists the buttons at the place of one, whose channel may be a name.
func (s *Sim) buttonsAt(p *Person, b *Button) []Button {
	if b.View != "" {
		if v := s.viewOf(p.ID, b.View); v != nil {
			return buttonsOf(blocksOf(v.Raw))
		}
		return nil
	}
	if ch := s.lookup(b.Channel); ch != nil {
		b.Channel = ch.ID
	}
	if m := s.sees(p.ID, b.Channel, b.TS); m != nil {
		return m.Buttons
	}
	return nil
}

// choose picks something in a message or a view.
func (s *Sim) choose(p *Person, a act) (Reply, error) {
	if a.View != "" {
		if err := p.Fills(View{ID: a.View}, a.Values); err != nil {
			return Reply{}, err
		}
		return p.Chooses(View{ID: a.View}, a.Action, a.Value)
	}
	s.mu.Lock()
	m := s.sees(p.ID, a.Channel, a.TS)
	if m == nil {
		s.mu.Unlock()
		return Reply{}, errors.New("the message is not there")
	}
	at := s.view(m)
	s.mu.Unlock()
	return p.ChoosesIn(at, a.Action, a.Value)
}
