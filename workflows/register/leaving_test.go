package register

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// While a run ends, only what must not wait takes one more number of it, and nothing does when that goes on for long.
func TestWhatHoldsUpTheEndOfARunIsRefusedForAMoment(t *testing.T) {
	w := newWorld(t, "any")
	known, again, quiet, loud := declareInput("known", "A"), declareInput("again", "B"), declareInput("quiet", "C"), declareInput("loud", "D")
	loud.Declaration.Severity = incident.WorstSeverity
	var before, leaving, overdue, landed []string
	w.Env.ExecuteWorkflow(func(ctx workflow.Context) error {
		r := &registerRun{s: &api.RegisterState{}, ctx: ctx, run: mirror.NewRun(ctx, mirror.Options{State: &mirror.LoopState{}}, nil)}
		r.remember(known.Key, short(known.Declaration), 1)
		r.keep(api.DeclaredKey{Key: short(again.Key), Number: 1, Held: true})
		refused := func() (keys []string) {
			for _, in := range []api.DeclareInput{known, again, quiet, loud} {
				if r.holdsUp(in) {
					keys = append(keys, in.Key)
				}
			}
			return keys
		}
		before = refused()
		r.opening = []int{1}
		r.run.Go("start", func(ctx workflow.Context) {
			_ = workflow.Sleep(ctx, time.Minute)
			r.opening = nil
		})
		w.Env.SetCurrentHistoryLength(100)
		workflow.Go(ctx, func(ctx workflow.Context) {
			_ = r.run.Leave(ctx, func() bool { return false }, func() error { return nil })
		})
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return err
		}
		leaving = refused()
		w.Env.SetCurrentHistoryLength(151)
		overdue = refused()
		if err := workflow.Sleep(ctx, time.Hour); err != nil {
			return err
		}
		landed = refused()
		return nil
	})
	require.NoError(t, w.Env.GetWorkflowError())
	require.Empty(t, before)
	require.Equal(t, []string{"again", "quiet"}, leaving)
	require.Equal(t, []string{"known", "again", "quiet", "loud"}, overdue)
	require.Empty(t, landed)
}
