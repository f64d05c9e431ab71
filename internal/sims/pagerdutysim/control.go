package pagerdutysim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"

	"muster/internal/sims/simkit"
)

// State is everything, as GET /_sim/state shows it.
type State struct {
	Services []ServiceState `json:"services"`
	Users    []string       `json:"users"`
	// Incidents are the newest first; IncidentCount says how many there are in all.
	Incidents     []Incident     `json:"incidents"`
	IncidentCount int            `json:"incident_count"`
	OpenCount     int            `json:"open_count"`
	Notifications []Notification `json:"notifications"`
	// NotificationCount says how many notifications there are in all; the newest are shown,
	// the newest first.
	NotificationCount int      `json:"notification_count"`
	Unexpected        []string `json:"unexpected"`
	// Dropped were accepted and not acted on, the newest first.
	Dropped []Dropped `json:"dropped"`
	// SubscriptionOff says that webhooks are off, since they were refused.
	SubscriptionOff bool `json:"subscription_off"`
	// UnknownRoutingKeys is how many events there were for keys of no service.
	UnknownRoutingKeys int `json:"unknown_routing_keys"`
	// EventsWaiting were accepted and not acted on yet.
	EventsWaiting   int `json:"events_waiting"`
	WebhooksPending int `json:"webhooks_pending"`
	WebhooksDropped int `json:"webhooks_dropped"`
}

// ServiceState is a service in the State.
type ServiceState struct {
	Service
	// ID is the service's, which may have been chosen by the simulator.
	ID string `json:"id"`
	// RoutingKey is shown by its last four characters.
	RoutingKey string `json:"routing_key"`
}

// State returns everything, with at most limit incidents and as many notifications.
func (s *Sim) State(limit int) State {
	s.lock()
	defer s.unlock()
	st := State{
		IncidentCount: len(s.state.Order), OpenCount: len(s.state.Open), NotificationCount: len(s.state.Notifications),
		Notifications: newest(s.state.Notifications, limit), Incidents: s.views(newest(s.state.Order, limit)),
		Users: emails(s.state.UserOrder), Unexpected: s.unexpected.List(), Services: []ServiceState{},
		Dropped: newest(s.state.Dropped, limit), SubscriptionOff: s.clock.Now().Before(s.state.DisabledTo),
		EventsWaiting: len(s.state.Held) + len(s.state.Lagging), WebhooksPending: s.Webhooks.Pending(), WebhooksDropped: len(s.Webhooks.Dropped()),
	}
	for _, n := range s.state.UnknownCount {
		st.UnknownRoutingKeys += n
	}
	for _, sv := range s.state.ServiceOrder {
		shown := ServiceState{ID: sv.ID, RoutingKey: "…" + sv.RoutingKey[max(0, len(sv.RoutingKey)-4):]}
		shown.Service = sv.Set
		if _, who := s.onCallFrom(sv.policyID(), 1); len(who) > 0 {
			shown.OnCall = who[0].Email
		}
		st.Services = append(st.Services, shown)
	}
	return st
}

// newest returns the last limit elements, the last first.
func newest[T any](list []T, limit int) []T {
	out := append([]T{}, list[max(0, len(list)-limit):]...)
	slices.Reverse(out)
	return out
}

// action is what a person asks for on the dev page.
type action struct {
	ID  string `json:"id"`
	Key string `json:"key"`
	By  string `json:"by"`
	To  string `json:"to"`
}

// controls adds the paths below /_sim/.
func (s *Sim) controls(mux *http.ServeMux) {
	mux.Handle("/_sim/faults", s.Faults.Handler())
	mux.HandleFunc("GET /_sim/state", func(w http.ResponseWriter, r *http.Request) {
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 0 {
			limit = 500
		}
		simkit.WriteJSON(w, http.StatusOK, s.State(limit))
	})
	mux.Handle("POST /_sim/acknowledge", s.act(func(on string, a action) error { return s.Acknowledge(on, a.By) }, needsBy))
	mux.Handle("POST /_sim/unacknowledge", s.act(func(on string, _ action) error { return s.Unacknowledge(on) }))
	mux.Handle("POST /_sim/resolve", s.act(func(on string, a action) error { return s.ResolveByHuman(on, a.By) }, needsBy))
	mux.Handle("POST /_sim/escalate", s.act(func(on string, _ action) error { return s.Escalate(on) }))
	mux.HandleFunc("POST /_sim/delete_user", s.deleteUser)
	mux.Handle("POST /_sim/reassign", s.act(func(on string, a action) error { return s.Reassign(on, a.To) }, needsTo))
}

func needsBy(a action) error {
	if a.By == "" {
		return errors.New("by: the e-mail address of a person is missing")
	}
	return nil
}

func needsTo(a action) error {
	if a.To == "" {
		return errors.New("to: the e-mail address of a person is missing")
	}
	return nil
}

// act serves an action on an incident and answers with the incident.
func (s *Sim) act(do func(on string, a action) error, checks ...func(action) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var a action
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&a); err != nil {
			http.Error(w, "read action: "+err.Error(), http.StatusBadRequest)
			return
		}
		on := a.ID
		if on == "" {
			on = a.Key
		}
		for _, check := range checks {
			if err := check(a); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
		}
		if err := do(on, a); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		s.lock()
		rec, err := s.find(on)
		var view Incident
		if err == nil {
			view = s.view(rec)
		}
		s.unlock()
		simkit.WriteJSON(w, http.StatusOK, view)
	})
}
