package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/access"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// fake stands in for the client of the workflows. What it was asked it keeps; what it answers
// is set by the test.
type fake struct {
	mu sync.Mutex

	declared []incident.Declaration
	keys     []string
	result   api.DeclareResult

	number  int
	name    string
	command incident.Command
	outcome incidents.Outcome
	panics  any

	viewer   incidents.Viewer
	snapshot incident.Incident
	filter   incidents.Filter
	listed   []incidents.Listed
	next     string

	register   api.RegisterState
	registered int
	delivered  []delivery
	err        error
	may        error
	hidden     map[int]bool
	deliverErr error
}

type delivery struct {
	workflow, signal string
	in               any
}

func (f *fake) Declare(_ context.Context, key string, d incident.Declaration) (api.DeclareResult, error) {
	f.keys, f.declared = append(f.keys, key), append(f.declared, d)
	return f.result, f.err
}

func (f *fake) MayCommand(_ context.Context, number int, v incidents.Viewer) error {
	f.viewer = v
	if f.hidden[number] {
		return &incident.Problem{Code: incident.CodeNotFound, Field: "incident", Reason: "does not exist"}
	}
	return f.may
}

func (f *fake) Command(_ context.Context, number int, name string, cmd incident.Command) (incidents.Outcome, error) {
	if f.panics != nil {
		panic(f.panics)
	}
	f.number, f.name, f.command = number, name, cmd
	return f.outcome, f.err
}

func (f *fake) SnapshotFor(_ context.Context, number int, v incidents.Viewer) (incident.Incident, error) {
	f.number, f.viewer = number, v
	return f.snapshot, f.err
}

func (f *fake) List(_ context.Context, filter incidents.Filter) ([]incidents.Listed, string, error) {
	f.filter = filter
	return f.listed, f.next, f.err
}

func (f *fake) Register(context.Context) (api.RegisterState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.registered++
	return f.register, f.err
}

func (f *fake) Deliver(_ context.Context, workflow, signal string, in any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delivered = append(f.delivered, delivery{workflow, signal, in})
	return f.deliverErr
}

func (f *fake) WebURL(id string) string { return "http://ui.example.com/" + id }

// world is a gateway with a fake behind it.
type world struct {
	*fake
	t       *testing.T
	handler http.Handler
	logs    *bytes.Buffer
	now     time.Time
}

// The tokens of every world.
const (
	alices  = "alices-token"
	readers = "readers-token"
	insider = "insiders-token"
)

func newWorld(t *testing.T, change ...func(*gateway.Options)) *world {
	t.Helper()
	tokens, err := access.Parse("alice:alice@example.com:respond:" + access.Hash(alices) +
		",reader::read:" + access.Hash(readers) + ",insider::respond+private:" + access.Hash(insider))
	require.NoError(t, err)
	w := &world{fake: &fake{register: api.RegisterState{Installation: "abcd1234"}}, t: t, logs: &bytes.Buffer{}, now: time.Date(2026, 11, 21, 3, 4, 5, 0, time.UTC)}
	o := gateway.Options{
		Incidents: w.fake, Auth: gateway.NewTokens(tokens), Now: func() time.Time { return w.now },
		Logger: slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	w.handler = gateway.New(o)
	return w
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// call sends a request as alice, with JSON if there is a body.
func (w *world) call(method, path, body string, headers ...string) answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+alices)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for k := 0; k+1 < len(headers); k += 2 {
		r.Header.Set(headers[k], headers[k+1])
	}
	return w.send(r)
}

func (w *world) send(r *http.Request) answer {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	a := answer{w.t, rec.Code, rec.Header(), rec.Body.String()}
	require.True(w.t, json.Valid([]byte(a.body)), "every answer is JSON: %q", a.body)
	require.Equal(w.t, "nosniff", a.header.Get("X-Content-Type-Options"))
	return a
}

func (a answer) is(status int, body string) answer {
	a.t.Helper()
	require.JSONEq(a.t, body, a.body)
	require.Equal(a.t, status, a.status)
	return a
}

// problem expects an error of a code about a field, and gives it.
func (a answer) problem(status int, code, field string) incident.Problem {
	a.t.Helper()
	var p incident.Problem
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &p))
	require.Equal(a.t, status, a.status, a.body)
	require.Equal(a.t, "application/problem+json", a.header.Get("Content-Type"))
	require.Equal(a.t, incident.Code(code), p.Code, a.body)
	require.Equal(a.t, field, p.Field, a.body)
	require.NotEmpty(a.t, p.Reason)
	return p
}
