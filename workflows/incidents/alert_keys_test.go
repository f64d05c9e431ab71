package incidents

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// Register may be lost. Whoever tells it something waits between two tries, and ends all the same.
func TestARegisterThatDoesNotRunIsNotToldWithoutEnd(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(3)
	in.Declaration.AlertKey = "disk/db1"
	n := 0
	w.Listens(func(_, name string, _ any) error {
		if name == api.AlertKeyFreed {
			if n++; n < 300 {
				return errors.New("there is no register")
			}
		}
		return nil
	})
	w.Commands(time.Minute, "Cancel", incident.Cancel{Meta: worldtest.By("alice@example.com"), Reason: "none"})
	w.After(2*time.Minute+time.Second, func() { require.LessOrEqual(t, n, 3) })
	w.runIncident(in)
	require.Equal(t, 300, n, "until it runs again")
}

func TestARegisterThatDoesNotRunHoldsUpNoEndOfARun(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(3)
	in.Declaration.AlertKey = "disk/db1"
	n := 0
	w.Listens(func(_, name string, _ any) error {
		if name == api.AlertKeyFreed {
			n++
			return errors.New("there is no register")
		}
		return nil
	})
	w.Commands(time.Minute, "Cancel", incident.Cancel{Meta: worldtest.By("alice@example.com"), Reason: "none"})
	w.After(time.Hour, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	w.Env.ExecuteWorkflow(Incident, in)
	require.True(t, workflow.IsContinueAsNewError(w.Env.GetWorkflowError()))
	require.Less(t, n, 20)
}
