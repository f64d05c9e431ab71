package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.temporal.io/sdk/converter"

	"muster/gateway/access"
	"muster/gateway/incidents"
	"muster/gateway/rates"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// Incidents is what the API needs of incidents.Client.
type Incidents interface {
	Declare(ctx context.Context, key string, d incident.Declaration) (api.DeclareResult, error)
	ReadTitle(d incident.Declaration) (incident.Declaration, playbook.Taken)
	MayCommand(ctx context.Context, number int, v incidents.Viewer) error
	Command(ctx context.Context, number int, name string, cmd incident.Command) (incidents.Outcome, error)
	Show(ctx context.Context, number int, v incidents.Viewer) (incidents.Shown, error)
	List(ctx context.Context, f incidents.Filter) (incidents.List, error)
	FollowUps(ctx context.Context, f incidents.FollowUpFilter) (incidents.FollowUpList, error)
	Search(ctx context.Context, s incidents.Search) (incidents.Found, error)
	WebURL(workflowID string) string
	// Waking says who is being woken for an incident.
	Waking(i *incident.Incident) incident.Waking
}

// Options are what the API needs.
type Options struct {
	Incidents Incidents
	// Auth says who calls. Nil refuses everybody.
	Auth Authenticator
	// Rates bound how often a caller makes something new; nil bounds nothing.
	Rates *rates.Limits
	// Codec decrypts for Temporal's Web UI, whose pages are at UIOrigin; nil where nothing is encrypted.
	Codec    converter.PayloadCodec
	UIOrigin string
	Logger   *slog.Logger
	// Reports answers standing questions; nil where there is no archive.
	Reports Reports
	// Zone is where the days and weeks of reports begin; nil for UTC.
	Zone func() *time.Location
	// Now is the clock, nil for the real one.
	Now func() time.Time
}

type server struct {
	Options
	mux *http.ServeMux
}

// Mount makes a mux serve the API.
func Mount(mux *http.ServeMux, o Options) {
	if o.Auth == nil {
		o.Auth = nobody{}
	}
	if o.Zone == nil {
		o.Zone = func() *time.Location { return time.UTC }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &server{Options: o, mux: mux}
	s.handle("GET /v1/incidents", access.Read, s.list)
	s.handle("POST /v1/incidents", access.Respond, s.declare)
	s.handle("GET /v1/incidents/{incident}", access.Read, s.show)
	s.handle("GET /v1/follow-ups", access.Read, s.followUps)
	s.handle("GET /v1/reports/{report}", access.Read, s.report)
	s.handle("GET /v1/search", access.Read, s.search)
	s.mountCodec()
	for _, spec := range incidents.Commands() {
		s.handle("POST /v1/incidents/{incident}/"+spec.Path, access.Respond, s.command(spec))
	}
}

// handler answers one call of the API; a non-nil error is written as a problem.
type handler func(w http.ResponseWriter, r *http.Request, by Caller) error

func (s *server) handle(pattern string, scope access.Scope, h handler) {
	s.mux.HandleFunc(pattern, s.guarded(scope, h))
}

// guarded answers callers whose token has the scope.
func (s *server) guarded(scope access.Scope, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
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
	}
}
