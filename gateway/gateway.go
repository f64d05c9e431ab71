package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"muster/gateway/access"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// Incidents is what the gateway needs of incidents.Client.
type Incidents interface {
	Declare(ctx context.Context, key string, d incident.Declaration) (api.DeclareResult, error)
	MayCommand(ctx context.Context, number int, v incidents.Viewer) error
	Command(ctx context.Context, number int, name string, cmd incident.Command) (incidents.Outcome, error)
	SnapshotFor(ctx context.Context, number int, v incidents.Viewer) (incident.Incident, error)
	List(ctx context.Context, f incidents.Filter) ([]incidents.Listed, string, error)
	Register(ctx context.Context) (api.RegisterState, error)
	Deliver(ctx context.Context, workflowID, signal string, input any) error
	WebURL(workflowID string) string
}

// Options are the settings of the gateway. Only Incidents is needed.
type Options struct {
	Incidents Incidents
	// Auth says who calls the API. Nil refuses everybody.
	Auth Authenticator
	// Webhooks are those of the vendors that are set up.
	Webhooks Webhooks
	// Slack takes what people do in Slack, below /webhooks/slack/; nil where it does not come this way.
	Slack  http.Handler
	Logger *slog.Logger
	Now    func() time.Time
}

// declareTimeout bounds a declaration over the API; the caller tries again with the same key.
const declareTimeout = 30 * time.Second

type server struct {
	Options
	mux          *http.ServeMux
	installation installation
}

// New makes the gateway's handler. Time-outs of connections are its server's business.
func New(o Options) http.Handler {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Auth == nil {
		o.Auth = nobody{}
	}
	s := &server{Options: o, mux: http.NewServeMux()}
	s.installation.ask = o.Incidents.Register
	s.installation.now = o.Now
	s.handle("GET /v1/incidents", access.Read, s.list)
	s.handle("POST /v1/incidents", access.Respond, s.declare)
	s.handle("GET /v1/incidents/{incident}", access.Read, s.show)
	for _, spec := range incidents.Commands() {
		s.handle("POST /v1/incidents/{incident}/"+spec.Path, access.Respond, s.command(spec))
	}
	s.mux.HandleFunc("POST /webhooks/pagerduty", s.pagerDuty)
	s.mux.HandleFunc("POST /webhooks/jira", s.jira)
	if o.Slack != nil {
		s.mux.Handle("POST /webhooks/slack/", o.Slack)
	}
	return s.guarded(http.HandlerFunc(s.serve))
}

// handler answers one call of the API; a non-nil error is written as a problem.
type handler func(w http.ResponseWriter, r *http.Request, by Caller) error

func (s *server) handle(pattern string, scope access.Scope, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		by, err := s.Auth.Caller(r)
		if err == nil && !by.Scopes.Has(scope) {
			err = forbidden("the token lacks the scope "+string(scope), "use a token with it")
		}
		if err == nil {
			err = h(w, r, by)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// serve answers in JSON also what the mux itself would answer in plain text.
func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	probe := &statusProbe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if allow := probe.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
		s.fail(w, r, &httpError{http.StatusMethodNotAllowed, problem{Code: "method_not_allowed", Reason: r.Method + " is not possible here", Mend: "use " + allow}})
		return
	}
	s.fail(w, r, &httpError{http.StatusNotFound, problem{Code: "not_found", Field: "path", Reason: "there is nothing here", Mend: "see /v1/incidents"}})
}

type statusProbe struct {
	header http.Header
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *statusProbe) WriteHeader(int)             {}

// guarded logs every request, and answers 500 to one that panics instead of dropping it.
func (s *server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Now()
		out := &statusWriter{ResponseWriter: w}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		defer s.finish(out, r, began)
		next.ServeHTTP(out, r)
	})
}

// finish is deferred around every request.
func (s *server) finish(out *statusWriter, r *http.Request, began time.Time) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		s.Logger.ErrorContext(r.Context(), "request panicked", "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
		if out.status == 0 {
			writeProblem(out, http.StatusInternalServerError, internalProblem)
		}
	}
	s.Logger.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", out.status, "took", s.Now().Sub(began))
}

// statusWriter remembers the status that was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
