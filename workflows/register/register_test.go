package register

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/incidents"
	"muster/workflows/paging"
	"muster/workflows/worldtest"
)

const day = 24 * time.Hour

// world runs Register, whose incidents are mocked.
type world struct{ *worldtest.World }

func newWorld(t *testing.T, id string) *world {
	t.Helper()
	return &world{worldtest.New(t, id, func(r worker.WorkflowRegistry) {
		r.RegisterWorkflow(Register)
		r.RegisterWorkflow(incidents.Incident)
		r.RegisterWorkflow(paging.Page)
	})}
}

func declareInput(key, title string) api.DeclareInput {
	d := worldtest.Declaration(4)
	d.Title = title
	return api.DeclareInput{Key: key, Declaration: d, Slice: worldtest.Policy()}
}

// declares declares at a moment and hands the answer on.
func (w *world) declares(d time.Duration, in api.DeclareInput, then func(api.DeclareResult, error)) {
	w.After(d, func() {
		w.Env.UpdateWorkflow(api.DeclareUpdate, fmt.Sprint(in.Key, d), &testsuite.TestUpdateCallback{
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
	w.Env.OnWorkflow(incidents.Incident, mock.Anything, mock.Anything).Return(func(ctx workflow.Context, in incidents.IncidentInput) error {
		return workflow.Sleep(ctx, 100*day)
	})
	w.After(2*day, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{})
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
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Equal(t, []int{1, 1, 1, 1, 1}, numbers)
	require.True(t, workflow.IsContinueAsNewError(w.Env.GetWorkflowError()), "%v", w.Env.GetWorkflowError())
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
		require.Equal(t, r.Existing, r.Waking == nil, "who is woken for one that exists, the incident says")
		r.Waking = nil
		got = append(got, r)
	}
	w.declares(1*time.Minute, alert("a"), keep)
	w.declares(2*time.Minute, alert("b"), keep)
	w.After(3*time.Minute, func() {
		w.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{AlertKey: "disk/db1", Number: 1})
	})
	w.declares(4*time.Minute, alert("c"), keep)
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Equal(t, []api.DeclareResult{
		{Number: 1, Key: "INC-1"}, {Number: 1, Key: "INC-1", Existing: true, Held: true}, {Number: 2, Key: "INC-2"},
	}, got)
}

func TestWhatCannotBeDeclaredIsRefusedByFieldAndMend(t *testing.T) {
	w := registerWorld(t)
	in := declareInput("k", "Checkout is down")
	in.Declaration.Severity = 7
	w.declares(time.Minute, in, func(_ api.DeclareResult, err error) { require.ErrorContains(t, err, "severity") })
	in = declareInput("", "Checkout is down")
	w.declares(time.Minute, in, func(_ api.DeclareResult, err error) { require.ErrorContains(t, err, "key") })
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
}

func TestARefusedCredentialIsOneSnagForTheVendor(t *testing.T) {
	w := registerWorld(t)
	for i := range 3 {
		w.After(time.Minute, func() {
			w.Env.SignalWorkflow(api.SnagChanged, api.SnagChangedInput{Workflow: incident.Key(i + 1), Vendor: "slack", Reason: "invalid_auth", Mend: "set SLACK_BOT_TOKEN"})
		})
	}
	snags := func() map[string]api.VendorSnag {
		v, err := w.Env.QueryWorkflow(api.State)
		require.NoError(t, err)
		var s api.RegisterState
		require.NoError(t, v.Get(&s))
		return s.Snags
	}
	w.After(2*time.Minute, func() {
		require.Len(t, snags(), 1)
		require.Len(t, snags()["slack"].Workflows, 3)
		for i := range 3 {
			w.Env.SignalWorkflow(api.SnagChanged, api.SnagChangedInput{Workflow: incident.Key(i + 1), Vendor: "slack", Cleared: true})
		}
	})
	w.After(3*time.Minute, func() { require.Empty(t, snags()) })
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
}

func TestAnAlertKeyIsHandedOn(t *testing.T) {
	w := registerWorld(t)
	in := declareInput("a", "Disk is full")
	in.Declaration.AlertKey = "disk/db1"
	w.declares(time.Minute, in, func(r api.DeclareResult, err error) { require.Equal(t, 1, r.Number) })
	w.declares(2*time.Minute, declareInput("b", "Database is down"), func(r api.DeclareResult, err error) { require.Equal(t, 2, r.Number) })
	w.After(3*time.Minute, func() {
		w.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{AlertKey: "disk/db1", Number: 1, To: 2})
	})
	in.Key = "c"
	w.declares(4*time.Minute, in, func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		require.Equal(t, api.DeclareResult{Number: 2, Key: "INC-2", Existing: true, Held: true}, r)
	})
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
}
