package gateway_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/access"
	"muster/gateway/httpapi"
	"muster/gateway/incidents"
	"muster/gateway/internal/gatewaytest"
	"muster/incident"
)

// fake stands in for the client of the workflows, as far as a command needs one.
type fake struct {
	gateway.Incidents
	panics any
}

func (f *fake) MayCommand(context.Context, int, incidents.Viewer) error { return nil }

func (f *fake) Command(context.Context, int, string, incident.Command) (incidents.Outcome, error) {
	panic(f.panics)
}

// anybody may do everything.
type anybody struct{}

func (anybody) Caller(*http.Request) (httpapi.Caller, error) {
	return httpapi.Caller{Actor: incident.Actor{Way: incident.WayAPI}, Scopes: access.All()}, nil
}

// world is a gateway that serves anybody.
type world struct {
	*fake
	t       *testing.T
	handler http.Handler
	logs    *bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{fake: &fake{}, t: t, logs: &bytes.Buffer{}}
	w.handler = gateway.New(gateway.Options{Incidents: w.fake, Auth: anybody{}, Logger: slog.New(slog.NewTextHandler(w.logs, nil))})
	return w
}

func (w *world) call(method, path string) gatewaytest.Answer {
	w.t.Helper()
	return gatewaytest.Send(w.t, w.handler, httptest.NewRequestWithContext(w.t.Context(), method, path, nil))
}

func TestPathsAndMethodsThatAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.call("DELETE", "/v1/incidents/INC-1")
	a.Problem(http.StatusMethodNotAllowed, "method_not_allowed", "")
	require.Equal(t, "GET, HEAD", a.Header.Get("Allow"))
	a = w.call("GET", "/v1/incidents/INC-1/resolve")
	a.Problem(http.StatusMethodNotAllowed, "method_not_allowed", "")
	require.Equal(t, "POST", a.Header.Get("Allow"))
	w.call("GET", "/v2/nothing").Problem(http.StatusNotFound, "not_found", "path")
	w.call("POST", "/v1/incidents/INC-1/explode").Problem(http.StatusNotFound, "not_found", "path")
	w.call("POST", "/v1/incidents/nonsense/resolve").Problem(http.StatusBadRequest, "invalid", "incident")
}

func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.panics = "a defect"
	w.call("POST", "/v1/incidents/1/resolve").Problem(http.StatusInternalServerError, "internal", "")
	require.Contains(t, w.logs.String(), "a defect")
	require.Contains(t, w.logs.String(), "gateway_test.go", "the log says where")
	w.panics = http.ErrAbortHandler
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { w.call("POST", "/v1/incidents/1/resolve") })
}
