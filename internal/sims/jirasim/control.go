package jirasim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"muster/internal/sims/simkit"
)

// action is the body of everything that a person can do below /_sim/.
type action struct {
	Key    string          `json:"key"`
	Status string          `json:"status"`
	Owner  string          `json:"owner"`
	Due    string          `json:"due"`
	By     string          `json:"by"`
	Lag    simkit.Duration `json:"lag"`
	Email  string          `json:"email"`
	Name   string          `json:"name"`
}

func (s *Sim) mountControl(mux *http.ServeMux) {
	mux.Handle("/_sim/faults", s.Faults.Handler())
	mux.HandleFunc("GET /_sim/state", s.serveState)
	mux.HandleFunc("GET /_sim/requests", func(w http.ResponseWriter, _ *http.Request) {
		simkit.WriteJSON(w, http.StatusOK, s.Log.Requests(""))
	})
	post := func(path string, do func(action) error) {
		mux.HandleFunc("POST /_sim/"+path, func(w http.ResponseWriter, r *http.Request) {
			var a action
			err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&a)
			if err == nil {
				err = do(a)
			}
			if err != nil {
				simkit.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
	}
	post("move", func(a action) error { return s.MoveTo(a.Key, a.Status, a.By) })
	post("assign", func(a action) error { return s.Assign(a.Key, a.Owner, a.By) })
	post("due", func(a action) error { return s.SetDue(a.Key, a.Due, a.By) })
	post("delete", func(a action) error { return s.Delete(a.Key, a.By) })
	post("users", func(a action) error { s.AddUser(User{Email: a.Email, Name: a.Name}); return nil })
	post("lag", func(a action) error { s.SetSearchLag(time.Duration(a.Lag)); return nil })
}

// projectState shows a project to the page, which offers its statuses.
type projectState struct {
	Key      string   `json:"key"`
	Name     string   `json:"name"`
	Statuses []string `json:"statuses"`
	Types    []string `json:"types"`
}

func (s *Sim) serveState(w http.ResponseWriter, r *http.Request) {
	limit := 500
	if n, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil && n >= 0 {
		limit = n
	}
	simkit.WriteJSON(w, http.StatusOK, s.show(limit))
}

func (s *Sim) show(limit int) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	issues := []Issue{}
	for n := len(s.state.Issues) - 1; n >= 0 && (limit == 0 || len(issues) < limit); n-- {
		if s.state.Issues[n] != nil {
			issues = append(issues, s.copyOf(s.state.Issues[n]))
		}
	}
	projects := []projectState{}
	for _, p := range s.state.Order {
		shown := projectState{Key: p.Key, Name: p.Name}
		for _, st := range p.Statuses {
			shown.Statuses = append(shown.Statuses, st.Name)
		}
		for _, t := range p.Types {
			shown.Types = append(shown.Types, t.Name)
		}
		projects = append(projects, shown)
	}
	users := make([]User, 0, len(s.state.Users))
	for _, u := range s.state.Users {
		users = append(users, *u)
	}
	return map[string]any{
		"issues": issues, "total": s.state.Live, "projects": projects, "users": users,
		"search_lag": simkit.Duration(s.state.Lag), "faults": s.Faults.List(), "requests": s.Log.Counts(), "unexpected": s.unexpected.List(),
		"webhooks": map[string]any{
			"target": s.Webhooks.Target(), "pending": s.Webhooks.Pending(),
			"delivered": len(s.Webhooks.Delivered()), "dropped": len(s.Webhooks.Dropped()),
		},
	}
}
