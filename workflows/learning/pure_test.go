package learning

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

const day = 24 * time.Hour

// brief is what the children of an incident with issue and channel know of it.
func brief() api.Brief {
	return api.Brief{Parent: "OPS-1", Channel: incident.ChannelRef{ID: "C1"}, Commander: "carol@example.com"}
}

func TestAskingAReviewWhatIsNextChangesNothing(t *testing.T) {
	asked, changed := 0, []string(nil)
	w := worldtest.New(t, "INC-1/review", func(r worker.WorkflowRegistry) {
		r.RegisterWorkflowWithOptions(func(ctx workflow.Context, in ReviewInput) error {
			run := newReviewRun(ctx, in)
			run.run.Start(worldtest.Watched(run.mirrors(), run.s, &asked, &changed)...)
			return run.live()
		}, workflow.RegisterOptions{Name: "Review"})
	})
	p := worldtest.Policy()
	b := api.ReviewBrief{Brief: brief(), Policy: p.Severities[0].Review, Review: incident.Review{
		Number: 1, Status: incident.ReviewPlanned, Track: string(playbook.TrackDeep), At: w.Env.Now().Add(5 * day), Revision: 1,
	}}
	w.After(8*day, func() {
		held := b
		held.Review.Status, held.Review.Revision = incident.ReviewHeld, 2
		w.Env.SignalWorkflow(api.ReviewChanged, held)
	})
	w.Env.ExecuteWorkflow("Review", ReviewInput{
		Incident: 1, Brief: b, Policy: b.Policy, Tracker: p.Tracker, Calendar: p.Calendar, Settings: api.Settings{Installation: "test"},
	})
	require.NoError(t, w.Env.GetWorkflowError())
	require.Empty(t, changed)
	require.Greater(t, asked, 20)
	require.Equal(t, 1, w.Count("post C1 Learning review"))
	require.Equal(t, 1, w.Count("move "), "%v", w.Calls)
}

func TestAskingAFollowUpWhatIsNextChangesNothing(t *testing.T) {
	asked, changed := 0, []string(nil)
	w := worldtest.New(t, "INC-1/follow-up/1", func(r worker.WorkflowRegistry) {
		r.RegisterWorkflowWithOptions(func(ctx workflow.Context, in FollowUpInput) error {
			run := newFollowUpRun(ctx, in)
			run.run.Start(worldtest.Watched(run.mirrors(), run.s, &asked, &changed)...)
			return run.live()
		}, workflow.RegisterOptions{Name: "FollowUp"})
	})
	p := worldtest.Policy()
	b := api.FollowUpBrief{Brief: brief(), FollowUp: incident.FollowUp{
		Number: 1, Title: "Alert on queue depth", Status: incident.FollowUpProposed, Owner: "alice@example.com", ProposedAt: w.Env.Now(),
	}}
	w.After(40*day, func() {
		done := b
		done.FollowUp.Status, done.FollowUp.Revision, done.FollowUp.Set.Status = incident.FollowUpDone, 1, 1
		w.Env.SignalWorkflow(api.FollowUpChanged, done)
	})
	w.Env.ExecuteWorkflow("FollowUp", FollowUpInput{
		Incident: 1, Brief: b, Policy: p.FollowUps, Tracker: p.Tracker, Calendar: p.Calendar, Settings: api.Settings{Installation: "test"},
	})
	require.NoError(t, w.Env.GetWorkflowError())
	require.Empty(t, changed)
	require.Greater(t, asked, 10)
	require.Zero(t, w.Count("direct "), "digests tell people, once they ask")
	require.Equal(t, 1, w.Count("move "), "%v", w.Calls)
}
