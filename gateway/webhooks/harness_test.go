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
