package mirror

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// probe is a workflow with one fact and one mirror of it: the outside should know the number.
type probe struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment
	run *Run
	ctx workflow.Context

	wanted, known int
	state         LoopState
	snags         []incident.Snag
	changes       []string // what SnagChanged heard
	notes, texts  []string
	// answers are what the vendor answers to one call after the other, the last one for ever; tries
	// are what the calls said of earlier ones, made says when they were made.
	answers []error
	tries   []bool
	made    []time.Time
	// asked counts how often the mirror was asked for what is next.
	asked int
	// next, when set, takes the place of the call.
	next func() Action
	// unsures, when set, is the mirror's Unsure.
	unsures func()
	over    func() bool
	// starting has something under way from the beginning.
	starting bool
	// left is how the workflow ended.
	left error
	// refused, when set, hears of signals that could not be used; changed counts the changes of facts.
	refused func(name string, err error)
	changed int
	// cancelAsked counts the cancellation requests that it heard of.
	cancelAsked int
	// cancelled is the context that such a request cancels.
	cancelled workflow.Context
	// waited means that a wait's moment has come.
	waited bool
	// due, when set, is what the workflow waits for, came whether its moment came.
	due  Moment
	came bool
}

func newProbe(t *testing.T) *probe {
	t.Helper()
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	p := &probe{t: t, env: suite.NewTestWorkflowEnvironment(), over: func() bool { return false }}
	p.env.SetWorkerOptions(worker.Options{WorkflowPanicPolicy: worker.FailWorkflow})
	p.env.SetStartTime(start)
	p.env.SetTestTimeout(30 * time.Second)
	p.env.RegisterWorkflowWithOptions(p.workflow, workflow.RegisterOptions{Name: "Probe"})
	p.env.RegisterActivityWithOptions(p.vendor, activity.RegisterOptions{Name: "Vendor"})
	return p
}

var start = time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)

func (p *probe) workflow(ctx workflow.Context) error {
	p.cancelled = ctx
	ctx = Lasting(ctx)
	p.ctx = ctx
	p.run = NewRun(ctx, Options{
		State: &p.state, Snags: &p.snags,
		SnagChanged: func(s incident.Snag, cleared bool) {
			if cleared {
				p.changes = append(p.changes, "cleared "+s.Vendor)
			} else {
				p.changes = append(p.changes, "set "+s.Vendor)
			}
		},
		CancelAsked: func() { p.cancelAsked++ },
		Note:        func(event, text string) { p.notes, p.texts = append(p.notes, event), append(p.texts, text) },
		After:       func() { p.changed++ },
	}, p.refused)
	p.run.Receive("Want", On(func(n int) error { p.wanted = n; return nil }))
	p.run.Receive("Start", On(func(struct{}) error { p.startsSomething(); return nil }))
	p.run.Receive("WantAndRetry", On(func(n int) error {
		p.wanted = n
		p.run.Retry()
		return nil
	}))
	p.run.Receive("Later", On(func(struct{}) error {
		p.run.Go("later", func(ctx workflow.Context) {
			require.NoError(p.t, workflow.Sleep(ctx, time.Minute))
			p.wanted = 7
		})
		return nil
	}))
	err := workflow.SetUpdateHandler(ctx, "Linger", func(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Minute) })
	if err != nil {
		return err
	}
	p.run.Start(Mirror{Name: "vendor", Next: p.ask, Unsure: p.unsures})
	if p.starting {
		p.startsSomething()
	}
	if p.came, err = p.run.Until(ctx, p.due, p.over); err != nil {
		return err
	}
	return p.run.Leave(ctx, p.over, func() error { return workflow.NewContinueAsNewError(ctx, "Probe") })
}

// startsSomething has something under way for a minute that the end of a run must wait for.
func (p *probe) startsSomething() {
	p.run.Go("start", func(ctx workflow.Context) {
		require.NoError(p.t, workflow.Sleep(ctx, time.Minute))
	})
}

func (p *probe) ask() Action {
	p.asked++
	if p.next != nil {
		return p.next()
	}
	return p.call()
}

// call tells the outside the number, unless it knows it.
func (p *probe) call() Action {
	if p.wanted == p.known {
		return nil
	}
	wanted := p.wanted
	return &Call{
		Name: "tell the number", Queue: api.QueueSlackWrite, Class: ClassSet,
		Run: func(ctx workflow.Context, tried bool) error {
			p.tries, p.made = append(p.tries, tried), append(p.made, workflow.Now(ctx))
			err := workflow.ExecuteActivity(ctx, "Vendor", len(p.made)-1).Get(ctx, nil)
			if err == nil {
				p.known = wanted
			}
			return err
		},
	}
}

func (p *probe) vendor(_ context.Context, call int) error {
	if len(p.answers) == 0 {
		return nil
	}
	return p.answers[min(call, len(p.answers)-1)]
}

func (p *probe) wants(after time.Duration, n int) {
	p.env.RegisterDelayedCallback(func() { p.env.SignalWorkflow("Want", n) }, after)
}

func (p *probe) at(after time.Duration, do func()) { p.env.RegisterDelayedCallback(do, after) }

// full makes the server suggest to continue as new.
func (p *probe) full(after time.Duration) {
	p.at(after, func() {
		p.env.SetContinueAsNewSuggested(true)
		p.env.SignalWorkflow("Want", p.wanted)
	})
}

func (p *probe) execute() {
	p.t.Helper()
	p.env.ExecuteWorkflow("Probe")
	require.True(p.t, p.env.IsWorkflowCompleted())
	p.left = p.env.GetWorkflowError()
}

func (p *probe) executeAndContinue() {
	p.t.Helper()
	p.execute()
	require.True(p.t, workflow.IsContinueAsNewError(p.left), "%v", p.left)
}

// updates gives an update that takes a minute, and notes that it was answered.
func (p *probe) updates(answered *bool) {
	p.env.UpdateWorkflow("Linger", "u1", &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   func(err error) { require.NoError(p.t, err) },
		OnComplete: func(_ any, err error) { *answered = err == nil },
	})
}

// waits are the times between one call and the next.
func (p *probe) waits() []time.Duration {
	var out []time.Duration
	for k := 1; k < len(p.made); k++ {
		out = append(out, p.made[k].Sub(p.made[k-1]).Round(time.Minute))
	}
	return out
}

func vendorError(kind string, f activities.Failure) error {
	return temporal.NewApplicationErrorWithOptions(f.Reason, kind, temporal.ApplicationErrorOptions{
		NonRetryable: kind != activities.ErrRetryable, Details: []any{f},
	})
}

// away is an outage that outlasts a call's own retries.
func away() error { return later(time.Hour) }

// later is a 429 with a wish when to try again.
func later(wait time.Duration) error {
	return temporal.NewApplicationErrorWithOptions("no answer", activities.ErrRetryable, temporal.ApplicationErrorOptions{
		NextRetryDelay: wait, Details: []any{activities.Failure{Attempt: 1, Vendor: "slack", Reason: "no answer"}},
	})
}

var errRefused = vendorError(activities.ErrPermanent, activities.Failure{Attempt: 1, Vendor: "slack", Reason: "not in this room"})

var errCredential = vendorError(activities.ErrCredential, activities.Failure{Attempt: 1, Vendor: "slack", Reason: "the token was revoked"})

var errGone = vendorError(activities.ErrGone, activities.Failure{Attempt: 1, Vendor: "slack", Reason: "it is not there"})

var errOff = vendorError(activities.ErrOff, activities.Failure{Attempt: 1, Vendor: "slack", Reason: "slack is not set up"})

var errBroken = errors.New("something else")
