package incidents

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/learning"
	"muster/workflows/paging"
	"muster/workflows/worldtest"
)

// world runs an incident with its real children.
type world struct{ *worldtest.World }

func newWorld(t *testing.T, id string) *world {
	t.Helper()
	return &world{worldtest.New(t, id, registered)}
}

func registered(r worker.WorkflowRegistry) {
	r.RegisterWorkflow(Incident)
	r.RegisterWorkflow(paging.Page)
	r.RegisterWorkflow(learning.Review)
	r.RegisterWorkflow(learning.FollowUp)
}

func declared(severity incident.Severity) IncidentInput {
	return IncidentInput{
		Number: 1, Declaration: worldtest.Declaration(severity), Slice: worldtest.Policy(), Settings: api.Settings{Installation: "test"},
	}
}

func (w *world) runIncident(in IncidentInput) incident.Incident {
	w.T.Helper()
	w.Env.ExecuteWorkflow(Incident, in)
	require.NoError(w.T, w.Env.GetWorkflowError())
	return w.Facts()
}

// asks are what the first follow-up asks for now, as digests see it.
func (w *world) asks() []string {
	w.T.Helper()
	v, err := w.Env.QueryWorkflowByID(api.FollowUpID(1, 1), api.State, api.OwedQuery{At: w.Env.Now()})
	require.NoError(w.T, err)
	var s api.FollowUpState
	require.NoError(w.T, v.Get(&s))
	var out []string
	for _, a := range s.Asks {
		out = append(out, a.Person+" "+string(a.Ask))
	}
	return out
}
