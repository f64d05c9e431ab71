package people

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
)

func TestADigestComesInWorkingHoursAndBundlesWhatIsOwed(t *testing.T) {
	w := worldtest.New(t, "person/alice@example.com", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(Person) })
	w.Env.SetStartTime(time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)) // Friday evening
	owe := func(d time.Duration, key string, settled bool) {
		w.After(d, func() { w.Env.SignalWorkflow(api.Owed, api.OwedInput{Key: key, Text: "Do " + key, Settled: settled}) })
	}
	owe(time.Minute, "a", false)
	owe(time.Hour, "b", false)
	owe(2*time.Hour, "c", false)
	owe(3*time.Hour, "c", true)
	w.After(60*time.Hour, func() { require.Zero(t, w.Count("direct "), "not on a weekend") })
	w.After(62*time.Hour, func() { require.True(t, w.Has("direct alice@example.com 2 things wait for you"), "%v", w.Calls) })
	w.After(10*24*time.Hour, func() { w.Env.SetContinueAsNewSuggested(true); w.Env.SignalWorkflow(api.Owed, api.OwedInput{}) })
	w.Env.ExecuteWorkflow(Person, PersonInput{Person: "alice@example.com"})
	require.True(t, workflow.IsContinueAsNewError(w.Env.GetWorkflowError()))
	require.Equal(t, 1, w.Count("direct "))
}

// A digest that went out, of which nobody heard, must not go out twice.
func TestADigestThatWasCutOffIsLookedForByTheNextRun(t *testing.T) {
	w := worldtest.New(t, "person/alice@example.com", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(Person) })
	w.Breaks("direct ", &fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: fault.Retryable, Reason: "no answer"})
	w.After(time.Second, func() { w.Env.SignalWorkflow(api.Owed, api.OwedInput{Key: "a", Text: "Do a"}) })
	w.After(80*time.Second, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.Owed, api.OwedInput{Key: "a", Text: "Do a, please"}) // told again, it is still due
	})
	w.Env.ExecuteWorkflow(Person, PersonInput{Person: "alice@example.com"})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, w.Env.GetWorkflowError(), &next)
	var in PersonInput
	w.Decode(next.Input, &in)
	require.True(t, in.State.Due)
	require.True(t, in.State.Loop.Tried("digest"))
	require.NotZero(t, w.Count("direct "))
}

func TestTheNextRunLooksForTheDigestOfTheLast(t *testing.T) {
	w := worldtest.New(t, "person/alice@example.com", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(Person) })
	var tried []bool
	w.Env.OnActivity(mirror.Chat.SendDirect, mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.SendDirectInput) error {
		tried = append(tried, in.Tried)
		return nil
	})
	s := &personState{PersonState: api.PersonState{Owed: []api.OwedInput{{Key: "a", Text: "Do a"}}}, Due: true}
	s.Loop.Mirrors = map[string]*mirror.State{"digest": {Tried: []string{"send digest 1"}}}
	w.After(24*time.Hour, func() { w.Env.SetContinueAsNewSuggested(true); w.Env.SignalWorkflow(api.Owed, api.OwedInput{}) })
	w.Env.ExecuteWorkflow(Person, PersonInput{Person: "alice@example.com", State: s})
	require.Equal(t, []bool{true}, tried)
}
