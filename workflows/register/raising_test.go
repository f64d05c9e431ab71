package register

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/bounds"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/incidents"
	"muster/workflows/mirror"
)

// raises lets a Register run whose pager and incidents are the test's.
type raises struct {
	*world
	mu      sync.Mutex
	batches [][]incident.PageRequest
	options []activity.Info
	back    [][]activities.PageHandle
	backAt  []time.Time
	started []incidents.IncidentInput
	// also is what the first incident does besides.
	also func(workflow.Context) error
}

func newRaises(t *testing.T) *raises {
	t.Helper()
	r := &raises{world: newWorld(t, api.RegisterID)}
	r.Env.OnWorkflow(incidents.Incident, mock.Anything, mock.Anything).Return(func(ctx workflow.Context, in incidents.IncidentInput) error {
		r.started = append(r.started, in)
		if r.also != nil && in.Number == 1 {
			if err := r.also(ctx); err != nil {
				return err
			}
		}
		return workflow.Sleep(ctx, 100*day)
	})
	r.Env.OnActivity("RaisePages", mock.Anything, mock.Anything).Return(func(ctx context.Context, calls []incident.PageRequest) error {
		r.mu.Lock()
		r.batches, r.options = append(r.batches, calls), append(r.options, activity.GetInfo(ctx))
		r.mu.Unlock()
		return temporal.NewApplicationError("the pager is away", activities.ErrRetryable) // which is nobody's concern here
	}).Maybe()
	r.Env.OnActivity("ResolvePages", mock.Anything, mock.Anything).Return(func(_ context.Context, attempts []activities.PageHandle) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.back, r.backAt = append(r.back, attempts), append(r.backAt, r.Env.Now())
		return nil
	}).Maybe()
	r.After(2*day, func() {
		r.Env.SetContinueAsNewSuggested(true)
		r.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{})
	})
	return r
}

// run lets it run until it is continued as new, and gives the state of the next run.
func (r *raises) run(in api.RegisterInput) *api.RegisterState {
	r.T.Helper()
	r.Env.ExecuteWorkflow(Register, in)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(r.T, r.Env.GetWorkflowError(), &next)
	var out api.RegisterInput
	r.Decode(next.Input, &out)
	return out.State
}

func (r *raises) keys() [][]string {
	var out [][]string
	for _, b := range r.batches {
		var keys []string
		for _, c := range b {
			keys = append(keys, c.Key)
		}
		out = append(out, keys)
	}
	return out
}

func known() api.RegisterInput {
	return api.RegisterInput{State: &api.RegisterState{Installation: "test", Recovered: true}}
}

// together lets things be declared in one moment: the counter is known only afterwards.
func (r *raises) together(all ...api.DeclareInput) api.RegisterInput {
	r.Breaks("highest", &fault.Error{Vendor: "visibility", Operation: "any", Class: fault.Retryable, Reason: "no answer"})
	r.After(time.Second, func() {
		for _, in := range all {
			r.Env.SignalWorkflow(api.DeclareUpdate, in)
		}
	})
	r.After(time.Minute, func() { r.Breaks("highest", nil) })
	in := known()
	in.State.Recovered = false
	return in
}

func severe(key string, severity incident.Severity) api.DeclareInput {
	in := declareInput(key, "Checkout is down")
	in.Declaration.Severity = severity
	return in
}

func firstKey(number int) string { return fmt.Sprintf("test/INC-%d/page/1/attempt/1", number) }

func TestWhatIsOpenedTogetherIsRaisedByOneActivity(t *testing.T) {
	r := newRaises(t)
	in := r.together(severe("a", 1), severe("b", 4), severe("c", 2))
	r.After(2*time.Hour, func() { r.Env.SignalWorkflow(api.DeclareUpdate, severe("later", 1)) })
	r.run(in)
	require.Equal(t, [][]string{{firstKey(1), firstKey(3)}, {firstKey(4)}}, r.keys(), "a low severity pages nobody")
	require.Len(t, r.started, 4)
	for _, in := range r.started {
		var raised []incidents.RaisedPage
		if in.Number != 2 {
			raised = []incidents.RaisedPage{{Number: 1, Target: "checkout on-call"}}
		}
		require.Equal(t, raised, in.Raised.Pages, "INC-%d", in.Number)
	}
	info := r.options[0]
	require.Equal(t, api.QueueMuster, info.TaskQueue)
	require.Equal(t, 3*time.Second, info.StartToCloseTimeout)
	require.Len(t, r.batches, 2, "one that fails is not made again")
}

func TestPagesGoAheadInTheScaleOfTime(t *testing.T) {
	r := newRaises(t)
	in := severe("key", 1)
	in.Slice.TimeoutScale = 0.1
	r.After(time.Hour, func() { r.Env.SignalWorkflow(api.DeclareUpdate, in) })
	r.run(known())
	require.Equal(t, 300*time.Millisecond, r.options[0].StartToCloseTimeout)
}

func TestWhatIsNotToBePagedNowIsNotRaised(t *testing.T) {
	night := time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC) // a Friday
	for name, c := range map[string]struct {
		at     time.Time
		change func(*api.DeclareInput)
		keys   [][]string
	}{
		"a minor one in working hours":     {change: func(in *api.DeclareInput) { in.Declaration.Severity = 3 }, keys: [][]string{{firstKey(1)}}},
		"a minor one at night":             {at: night, change: func(in *api.DeclareInput) { in.Declaration.Severity = 3 }},
		"a worse one at night":             {at: night, keys: [][]string{{firstKey(1)}}},
		"a drill":                          {change: func(in *api.DeclareInput) { in.Declaration.Kind = incident.KindDrill }},
		"a service of which nobody knows":  {change: func(in *api.DeclareInput) { in.Slice.Services = nil }},
		"a target without a step":          {change: func(in *api.DeclareInput) { in.Slice.Services[0].Target.Steps = nil }},
		"a person, who is reached by REST": {change: func(in *api.DeclareInput) { in.Slice.Services[0].Target.Steps = personal() }},
		"a person, and then a service": {keys: [][]string{{"test/INC-1/page/2/attempt/1"}}, change: func(in *api.DeclareInput) {
			second := *in.Slice.Services[0].Target
			second.Name = "search on-call"
			in.Slice.Services[0].Target.Steps = personal()
			in.Slice.Severities[0].Targets = []playbook.PageTarget{second}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRaises(t)
			if !c.at.IsZero() {
				r.Env.SetStartTime(c.at)
			}
			in := severe("key", 1)
			if c.change != nil {
				c.change(&in)
			}
			r.After(time.Minute, func() { r.Env.SignalWorkflow(api.DeclareUpdate, in) })
			r.run(known())
			require.Equal(t, c.keys, r.keys())
			require.Len(t, r.started, 1)
			require.Len(t, r.started[0].Raised.Pages, len(c.keys))
		})
	}
}

func personal() []playbook.PageStep {
	return []playbook.PageStep{{Name: "Alice", Reach: "person:alice@example.com"}, {Name: "platform", Credential: "env:PD_PLATFORM"}}
}

// More than one activity takes is not sent ahead, and is paged as ever.
func TestHowMuchIsSentAheadIsBounded(t *testing.T) {
	const many = 80
	r := newRaises(t)
	var all []api.DeclareInput
	for k := range many {
		in := severe(fmt.Sprint("key ", k), 1)
		in.Slice.Severities[0].Targets = manyTargets(40)
		all = append(all, in)
	}
	r.run(r.together(all...))
	require.Len(t, r.keys(), 1)
	require.Less(t, bounds.Size(r.batches[0]), maxRaising)
	ahead := 0
	for _, in := range r.started {
		ahead += len(in.Raised.Pages)
	}
	require.Len(t, r.started, many)
	require.Equal(t, len(r.batches[0]), ahead, "an incident says of just those that they were sent ahead")
	require.NotZero(t, ahead)
	require.Less(t, ahead, many*41)
}

func manyTargets(n int) []playbook.PageTarget {
	var out []playbook.PageTarget
	for k := range n {
		out = append(out, playbook.PageTarget{Name: fmt.Sprint("target ", k), Steps: []playbook.PageStep{{Name: "step", Credential: "env:PD_CHECKOUT"}}})
	}
	return out
}

// The number has an incident of its own: nobody shall be woken for it.
func TestANumberThatWasTakenTakesItsPageBack(t *testing.T) {
	r := newRaises(t)
	r.takes("INC-2")
	in := severe("second", 1)
	in.Slice.TimeoutScale = 0.5
	var asked time.Time
	r.After(time.Hour, func() { r.Env.SignalWorkflow(api.DeclareUpdate, severe("first", 4)) })
	r.After(2*time.Hour, func() { asked = r.Env.Now() })
	r.declares(2*time.Hour, in, func(res api.DeclareResult, err error) {
		require.NoError(t, err)
		require.Equal(t, 2, res.Number)
	})
	r.declares(3*time.Hour, in, func(res api.DeclareResult, err error) {
		require.NoError(t, err)
		require.Equal(t, 3, res.Number, "the key leads to where it went")
	})
	state := r.run(known())
	require.ElementsMatch(t, [][]string{{firstKey(2)}, {firstKey(3)}}, r.keys(), "the next number pages anew")
	require.Equal(t, [][]activities.PageHandle{{{Key: firstKey(2), Credential: "env:PD_CHECKOUT"}}}, r.back)
	require.Equal(t, asked.Add(2*time.Second), r.backAt[0], "when nothing can arrive any more that was sent ahead")
	require.Empty(t, state.Stray)
}

// takes gives a number to another workflow, which the first incident starts.
func (r *raises) takes(id string) {
	r.also = func(ctx workflow.Context) error {
		ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: id})
		return workflow.ExecuteChildWorkflow(ctx, incidents.Incident, incidents.IncidentInput{}).GetChildWorkflowExecution().Get(ctx, nil)
	}
}

// What is to be taken back is not forgotten with the run, nor when the pager is away.
func TestWhatIsToBeTakenBackIsCarriedOver(t *testing.T) {
	stray := []api.StrayPage{{Key: firstKey(2), Credential: "env:PD_CHECKOUT"}}
	first := newRaises(t)
	first.takes("INC-2")
	first.After(time.Hour, func() { first.Env.SignalWorkflow(api.DeclareUpdate, severe("first", 4)) })
	first.After(2*day-time.Second, func() { first.Env.SignalWorkflow(api.DeclareUpdate, severe("second", 1)) })
	state := first.run(known())
	require.Empty(t, first.back)
	require.Equal(t, stray, state.Stray)

	t.Run("and taken back by the next one", func(t *testing.T) {
		next := newRaises(t)
		next.Env.SetStartTime(state.StrayFrom)
		require.Empty(t, next.run(api.RegisterInput{State: state}).Stray)
		require.Len(t, next.back, 1)
	})
}

// The end of a run waits for the start of what was declared.
func TestRegisterIsContinuedAsNewWhileItRaises(t *testing.T) {
	r := newRaises(t)
	r.also = func(workflow.Context) error {
		r.Env.SetContinueAsNewSuggested(true)
		r.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{}) // any task makes it look
		return nil
	}
	r.After(time.Hour, func() { r.Env.SignalWorkflow(api.DeclareUpdate, severe("key", 1)) })
	state := r.run(known())
	require.Equal(t, 1, state.Last)
	require.Len(t, r.started, 1)
	require.Equal(t, []incidents.RaisedPage{{Number: 1, Target: "checkout on-call"}}, r.started[0].Raised.Pages)
}

// A start that has come to its turn takes nothing along whose pages were not sent ahead.
func TestNothingStartsBeforeItWasRaised(t *testing.T) {
	t.Parallel()
	r := &registerRun{s: &api.RegisterState{}, queue: []opening{{number: 1}}}
	r.startNext()
	require.Len(t, r.queue, 1)
}

func TestPagesThatAreToBeTakenBackAreBounded(t *testing.T) {
	w := newWorld(t, "any")
	w.Env.ExecuteWorkflow(func(ctx workflow.Context) (int, error) {
		r := &registerRun{s: &api.RegisterState{}, ctx: ctx, run: mirror.NewRun(ctx, mirror.Options{State: &mirror.LoopState{}}, nil)}
		for n := range 3 * maxStray {
			r.stray(opening{
				start: incidents.IncidentInput{Raised: incidents.Raised{Pages: []incidents.RaisedPage{{Number: 1}}}},
				pages: []incident.PageRequest{{Key: firstKey(n)}},
			})
		}
		return len(r.s.Stray), nil
	})
	var n int
	require.NoError(t, w.Env.GetWorkflowResult(&n))
	require.Equal(t, maxStray, n)
}
