package learning

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// asked lets the incident of what is restored answer with a brief, at once.
func asked(w *worldtest.World, id string, answer func()) *int {
	times := 0
	w.Listens(func(to, name string, in any) error {
		if name == api.BriefAsked {
			require.Equal(w.T, "INC-1", to)
			require.Equal(w.T, id, in.(api.BriefAskedInput).Workflow)
			require.Equal(w.T, "terminated", in.(api.BriefAskedInput).Restored.How)
			times++
			w.After(time.Second, answer)
		}
		return nil
	})
	return &times
}

// It was marked as done while nobody kept it: nobody is asked for it, and no issue is made.
func TestARestoredFollowUpHearsThatItIsDone(t *testing.T) {
	first := newChased(t, alice, nil)
	first.After(time.Minute, func() {
		first.Env.SetContinueAsNewSuggested(true)
		first.Env.SignalWorkflow(api.Told, api.ToldInput{})
	})
	first.Env.ExecuteWorkflow(FollowUp, first.in)
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, first.Env.GetWorkflowError(), &next)
	var in FollowUpInput
	first.Decode(next.Input, &in)
	in.Restored = &api.Restored{How: "terminated"}

	w := onceMore(t, first.Env.Now())
	done := first.brief
	done.FollowUp.Status, done.FollowUp.EndedAt = incident.FollowUpDone, w.Env.Now()
	done.FollowUp.Touched(incident.Actor{Person: bob}, first.brief.FollowUp)
	times := asked(w, "INC-1/follow-up/1", func() { w.Env.SignalWorkflow(api.FollowUpChanged, done) })
	w.After(time.Minute, func() {
		v, err := w.Env.QueryWorkflow(api.State, api.OwedQuery{At: w.Env.Now().Add(90 * day)})
		require.NoError(t, err)
		var s api.FollowUpState
		require.NoError(t, v.Get(&s))
		require.Equal(t, incident.FollowUpDone, s.FollowUp.Status)
		require.Empty(t, s.Asks)
		require.Empty(t, s.Snags)
	})
	w.Env.ExecuteWorkflow(FollowUp, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 1, *times)
}

// A review that was waived while nobody kept it reminds nobody.
func TestARestoredReviewHearsThatItIsWaived(t *testing.T) {
	w := worldtest.New(t, "INC-1/review", func(r worker.WorkflowRegistry) { r.RegisterWorkflow(Review) })
	p := worldtest.Policy()
	v := incident.Review{Number: 1, Status: incident.ReviewPlanned, At: w.Env.Now().Add(day), Revision: 1}
	in := ReviewInput{Incident: 1, Calendar: p.Calendar, Settings: api.Settings{Installation: "test"}, Brief: api.ReviewBrief{Brief: brief(), Review: v}}
	in.State = &reviewState{Brief: in.Brief}
	in.Restored = &api.Restored{How: "terminated"}
	waived := in.Brief
	waived.Review.Status, waived.Review.Revision = incident.ReviewWaived, 2
	times := asked(w, "INC-1/review", func() { w.Env.SignalWorkflow(api.ReviewChanged, waived) })
	w.Env.ExecuteWorkflow(Review, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 1, *times)
	require.Less(t, w.Env.Now().Sub(v.At.Add(-day)), time.Hour, "it ends at once")
}
