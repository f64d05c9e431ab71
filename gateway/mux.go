package gateway

import (
	"net/http"

	"muster/gateway/internal/answer"
	"muster/incident"
)

// inJSON answers in JSON also what the mux itself would answer in plain text.
func inJSON(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &statusProbe{header: http.Header{}}
		h.ServeHTTP(probe, r)
		if allow := probe.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
			answer.Problem(w, http.StatusMethodNotAllowed, incident.Problem{Code: "method_not_allowed", Reason: r.Method + " is not possible here", Mend: "use " + allow})
			return
		}
		answer.Problem(w, http.StatusNotFound, incident.Problem{Code: "not_found", Field: "path", Reason: "there is nothing here", Mend: "see /v1/incidents"})
	})
}

type statusProbe struct {
	header http.Header
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *statusProbe) WriteHeader(int)             {}
