package workflows

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

func declareInput(key, title string) api.DeclareInput {
	in := declared(4)
	in.Declaration.Title = title
	return api.DeclareInput{Key: key, Declaration: in.Declaration, Slice: in.Slice}
}

// declares declares at a moment and hands the answer on.
func (w *world) declares(d time.Duration, in api.DeclareInput, then func(api.DeclareResult, error)) {
	w.after(d, func() {
		w.env.UpdateWorkflow(api.DeclareUpdate, fmt.Sprint(in.Key, d), &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { then(api.DeclareResult{}, err) },
			OnComplete: func(v any, err error) {
				res, _ := v.(api.DeclareResult)
				then(res, err)
			},
		}, in)
	})
}

func registerWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, api.RegisterID)
	w.env.OnWorkflow(Incident, mockAnything, mockAnything).Return(func(ctx workflow.Context, in IncidentInput) error {
		return workflow.Sleep(ctx, 100*day)
	})
	w.after(2*day, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{})
	})
	return w
}

func TestADeclarationHasOneNumberHoweverOftenItIsSent(t *testing.T) {
	w := registerWorld(t)
	var numbers []int
	for i := range 5 {
		w.declares(time.Minute+time.Duration(i), declareInput("key-1", "Checkout is down"), func(r api.DeclareResult, err error) {
			require.NoError(t, err)
			numbers = append(numbers, r.Number)
		})
	}
	w.declares(2*time.Minute, declareInput("key-2", "Search is slow"), func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		require.Equal(t, 2, r.Number)
	})
	w.declares(3*time.Minute, declareInput("key-1", "Something else"), func(_ api.DeclareResult, err error) {
		require.ErrorContains(t, err, "was used to declare INC-1 with other content")
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		var p incident.Problem
		require.NoError(t, app.Details(&p))
		require.Equal(t, 1, p.Incident, "which incident stands in the way")
	})
	w.env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Equal(t, []int{1, 1, 1, 1, 1}, numbers)
	require.True(t, workflow.IsContinueAsNewError(w.env.GetWorkflowError()), "%v", w.env.GetWorkflowError())
}

func TestAnAlertKeyBelongsToOneLiveIncident(t *testing.T) {
	w := registerWorld(t)
	alert := func(key string) api.DeclareInput {
		in := declareInput(key, "Disk is full")
		in.Declaration.AlertKey = "disk/db1"
		return in
	}
	var got []api.DeclareResult
	keep := func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		got = append(got, r)
	}
	w.declares(1*time.Minute, alert("a"), keep)
	w.declares(2*time.Minute, alert("b"), keep)
	w.after(3*time.Minute, func() {
		w.env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{AlertKey: "disk/db1", Number: 1})
	})
	w.declares(4*time.Minute, alert("c"), keep)
	w.env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Equal(t, []api.DeclareResult{
		{Number: 1, Key: "INC-1"}, {Number: 1, Key: "INC-1", Existing: true}, {Number: 2, Key: "INC-2"},
	}, got)
}

func TestWhatCannotBeDeclaredIsRefusedByFieldAndMend(t *testing.T) {
	w := registerWorld(t)
	in := declareInput("k", "Checkout is down")
	in.Declaration.Severity = 7
	w.declares(time.Minute, in, func(_ api.DeclareResult, err error) { require.ErrorContains(t, err, "severity") })
	in = declareInput("", "Checkout is down")
	w.declares(time.Minute, in, func(_ api.DeclareResult, err error) { require.ErrorContains(t, err, "key") })
	w.env.ExecuteWorkflow(Register, api.RegisterInput{})
}

func TestARefusedCredentialIsOneSnagForTheVendor(t *testing.T) {
	w := registerWorld(t)
	for i := range 3 {
		w.after(time.Minute, func() {
			w.env.SignalWorkflow(api.SnagChanged, api.SnagChangedInput{Workflow: incident.Key(i + 1), Vendor: "slack", Reason: "invalid_auth", Mend: "set SLACK_BOT_TOKEN"})
		})
	}
	snags := func() map[string]api.VendorSnag {
		v, err := w.env.QueryWorkflow(api.State)
		require.NoError(t, err)
		var s api.RegisterState
		require.NoError(t, v.Get(&s))
		return s.Snags
	}
	w.after(2*time.Minute, func() {
		require.Len(t, snags(), 1)
		require.Len(t, snags()["slack"].Workflows, 3)
		for i := range 3 {
			w.env.SignalWorkflow(api.SnagChanged, api.SnagChangedInput{Workflow: incident.Key(i + 1), Vendor: "slack", Cleared: true})
		}
	})
	w.after(3*time.Minute, func() { require.Empty(t, snags()) })
	w.env.ExecuteWorkflow(Register, api.RegisterInput{})
}

func TestADigestComesInWorkingHoursAndBundlesWhatIsOwed(t *testing.T) {
	w := newWorld(t, "person/alice@example.com")
	w.env.SetStartTime(time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)) // Friday evening
	owe := func(d time.Duration, key string, settled bool) {
		w.after(d, func() { w.env.SignalWorkflow(api.Owed, api.OwedInput{Key: key, Text: "Do " + key, Settled: settled}) })
	}
	owe(time.Minute, "a", false)
	owe(time.Hour, "b", false)
	owe(2*time.Hour, "c", false)
	owe(3*time.Hour, "c", true)
	w.after(60*time.Hour, func() { require.Zero(t, w.count("direct "), "not on a weekend") })
	w.after(62*time.Hour, func() { require.True(t, w.has("direct alice@example.com 2 things wait for you"), "%v", w.calls) })
	w.after(10*day, func() { w.env.SetContinueAsNewSuggested(true); w.env.SignalWorkflow(api.Owed, api.OwedInput{}) })
	w.env.ExecuteWorkflow(Person, api.PersonInput{Person: "alice@example.com"})
	require.True(t, workflow.IsContinueAsNewError(w.env.GetWorkflowError()))
	require.Equal(t, 1, w.count("direct "))
}
