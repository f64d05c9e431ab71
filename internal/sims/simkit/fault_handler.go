package simkit

import (
	"encoding/json"
	"io"
	"net/http"
)

// listed is a fault as the control interface shows it.
type listed struct {
	Fault
	Hits int `json:"hits"`
}

// Handler returns the HTTP control of the faults, which simulators mount under
// /_sim/faults: GET lists them with their hits, POST adds one and answers its
// ID, POST ?release=ID lets the requests go on that wait for it, DELETE ?id=ID
// clears one (the parameter may be repeated) and DELETE without it clears all.
func (f *Faults) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet:
			list := []listed{}
			for _, fault := range f.List() {
				list = append(list, listed{Fault: fault, Hits: f.Hits(fault.ID)})
			}
			WriteJSON(w, http.StatusOK, list)
		case http.MethodPost:
			f.control(w, r)
		case http.MethodDelete:
			f.Clear(r.URL.Query()["id"]...)
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Allow", "GET, POST, DELETE")
			http.Error(w, "use GET, POST or DELETE", http.StatusMethodNotAllowed)
		}
	})
}

// control adds or releases a fault.
func (f *Faults) control(w http.ResponseWriter, r *http.Request) {
	if id := r.URL.Query().Get("release"); id != "" {
		f.Release(id)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var fault Fault
	decoder := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&fault)
	if err == nil {
		err = fault.Validate()
	}
	if err != nil {
		http.Error(w, "add fault: "+err.Error(), http.StatusBadRequest)
		return
	}
	WriteJSON(w, http.StatusCreated, map[string]string{"id": f.Add(fault)})
}
