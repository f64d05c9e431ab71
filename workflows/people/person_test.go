package people

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
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
	w.Env.ExecuteWorkflow(Person, api.PersonInput{Person: "alice@example.com"})
	require.True(t, workflow.IsContinueAsNewError(w.Env.GetWorkflowError()))
	require.Equal(t, 1, w.Count("direct "))
}
