package webhooks_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"muster/gateway"
	"muster/incident"
	"muster/workflows/api"
)

// fake stands in for the client of the workflows. What it was asked it keeps; what it answers
// is set by the test.
type fake struct {
	gateway.Incidents // the API's part, which is not asked

	mu         sync.Mutex
	register   api.RegisterState
	registered int
	delivered  []delivery
	err        error
	deliverErr error
	byIssueErr error
	// endedWorkflows are not found any more.
	endedWorkflows []string
}

type delivery struct {
	workflow, signal string
	in               any
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
	if slices.Contains(f.endedWorkflows, workflow) {
		return &incident.Problem{Code: incident.CodeNotFound, Reason: "it has ended"}
	}
	f.delivered = append(f.delivered, delivery{workflow, signal, in})
	return f.deliverErr
}

// ByIssue knows the issue 10066 of INC-42.
func (f *fake) ByIssue(_ context.Context, issue string) (int, error) {
	if issue == "10066" {
		return 42, f.byIssueErr
	}
	return 0, f.byIssueErr
}

// snags are what Register was told of snags, but for what a gateway that has just started takes back.
func (f *fake) snags() []api.SnagChangedInput {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []api.SnagChangedInput
	for _, d := range f.delivered {
		if in, ok := d.in.(api.SnagChangedInput); ok && (len(out) > 0 || !in.Cleared) {
			out = append(out, in)
		}
	}
	return out
}

// world is a gateway with a fake behind it.
type world struct {
	*fake
	t       *testing.T
	handler http.Handler
	logs    *bytes.Buffer
	now     time.Time
}

func newWorld(t *testing.T, change ...func(*gateway.Options)) *world {
	t.Helper()
	w := &world{fake: &fake{register: api.RegisterState{Installation: "abcd1234"}}, t: t, logs: &bytes.Buffer{}, now: time.Date(2026, 11, 21, 3, 4, 5, 0, time.UTC)}
	o := gateway.Options{
		Incidents: w.fake, Now: func() time.Time { return w.now },
		Logger: slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	w.handler = gateway.New(o)
	return w
}
