package gateway

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"muster/incident"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/workflows/api"
)

// Webhooks verify and read what vendors send. A nil one means that the vendor is not set up;
// its deliveries are answered 503, so that the vendor keeps them until it is.
type Webhooks struct {
	PagerDuty func(header http.Header, body []byte) (pagerduty.Event, error)
	Jira      func(header http.Header, body []byte) (jira.Event, error)
	// JiraSelf reports whether Muster's own account did something: its echo is no news, and
	// taking it for a person's act would answer every change with another one. It may be nil.
	JiraSelf func(ctx context.Context, a jira.Actor) bool
	// PersonEmail gives the e-mail address of a PagerDuty user. It may be nil.
	PersonEmail func(ctx context.Context, userID string) (string, error)
}

// answered tells whoever tries the webhook by hand what came of it; vendors do not read it.
type answered struct {
	Signalled string `json:"signalled,omitempty"`
	Ignored   string `json:"ignored,omitempty"`
}

func ignore(w http.ResponseWriter, why string) { writeJSON(w, http.StatusOK, answered{Ignored: why}) }

func (s *server) notSetUp(w http.ResponseWriter, r *http.Request, vendor, variable string) {
	s.Logger.WarnContext(r.Context(), "webhook of a vendor that is not set up", "vendor", vendor)
	s.fail(w, r, &httpError{http.StatusServiceUnavailable, problem{
		Code: "away", Reason: vendor + " webhooks are not set up here", Mend: "set " + variable + " where Muster runs",
	}})
}

// deliver signals a workflow and answers the vendor. A workflow that has ended needs to hear
// nothing. Anything else that fails is 503: the vendor tries again later.
func (s *server) deliver(w http.ResponseWriter, r *http.Request, workflow, signal string, in any) {
	err := s.Incidents.Deliver(r.Context(), workflow, signal, in)
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		ignore(w, workflow+" has ended")
		return
	}
	if err != nil {
		s.Logger.ErrorContext(r.Context(), "webhook not delivered", "workflow_id", workflow, "signal", signal, "error", err)
		w.Header().Set("Retry-After", "5")
		writeProblem(w, http.StatusServiceUnavailable, problem{Code: "not_recorded", Reason: "the event could not be recorded", Mend: "deliver it again"})
		return
	}
	writeJSON(w, http.StatusOK, answered{Signalled: workflow})
}

// doubted answers a delivery that is not believed.
func (s *server) doubted(w http.ResponseWriter, r *http.Request, vendor string, status int, err error) {
	s.Logger.WarnContext(r.Context(), "webhook refused", "vendor", vendor, "error", err)
	code := incident.Code("forbidden")
	if status == http.StatusUnauthorized {
		code = "unauthorized"
	}
	writeProblem(w, status, problem{Code: code, Reason: err.Error(), Mend: "compare the webhook's secret at the vendor with the one that Muster has"})
}

// known gives the installation, or answers the vendor itself: 503 while it cannot be known.
func (s *server) known(w http.ResponseWriter, r *http.Request, ours func(installation string) bool) bool {
	is, err := s.installation.matches(r.Context(), ours)
	if err != nil {
		s.Logger.ErrorContext(r.Context(), "webhook not delivered: the installation is not known", "error", err)
		w.Header().Set("Retry-After", "5")
		writeProblem(w, http.StatusServiceUnavailable, problem{Code: "away", Reason: "no worker answers", Mend: "deliver it again"})
		return false
	}
	if !is {
		ignore(w, "it belongs to another installation, or to none")
	}
	return is
}

// installation remembers this installation's ID, which Register minted.
type installation struct {
	ask func(ctx context.Context) (api.RegisterState, error)
	now func() time.Time

	mu    sync.Mutex
	id    string
	asked time.Time
	// failed and failedAt keep a burst of deliveries from waiting in turn for a worker that is away.
	failed   error
	failedAt time.Time
}

// installationTTL is how often a key that does not match makes us ask again, in case Register
// was made anew. installationRest is how long a failure to ask is believed.
const (
	installationTTL  = time.Minute
	installationRest = 2 * time.Second
)

// matches reports whether ours accepts the installation's ID. Nothing was ever declared where
// there is no Register, so nothing matches.
func (i *installation) matches(ctx context.Context, ours func(id string) bool) (bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.id != "" && ours(i.id) {
		return true, nil
	}
	if i.id != "" && i.now().Sub(i.asked) < installationTTL {
		return false, nil
	}
	if i.failed != nil && i.now().Sub(i.failedAt) < installationRest {
		return false, i.failed
	}
	state, err := i.ask(ctx)
	i.failed, i.failedAt = nil, i.now()
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		return false, nil
	}
	if err == nil && state.Installation == "" {
		err = errors.New("the register names no installation")
	}
	if err != nil {
		i.failed = err
		return false, err
	}
	i.id, i.asked = state.Installation, i.now()
	return ours(i.id), nil
}
