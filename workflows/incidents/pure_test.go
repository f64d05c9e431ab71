package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/learning"
	"muster/workflows/paging"
	"muster/workflows/worldtest"
)

func TestAskingWhatIsNextChangesNothing(t *testing.T) {
	asked, changed := 0, []string(nil)
	w := &world{worldtest.New(t, "INC-1", func(r worker.WorkflowRegistry) {
		r.RegisterWorkflowWithOptions(func(ctx workflow.Context, in IncidentInput) error {
			run := newIncidentRun(ctx, in)
			if err := run.handle(ctx); err != nil {
				return err
			}
			if err := run.start(ctx, worldtest.Watched(run.mirrors(), run.s, &asked, &changed)); err != nil {
				return err
			}
			return run.live(ctx)
		}, workflow.RegisterOptions{Name: "Incident"})
		r.RegisterWorkflow(paging.Page)
		r.RegisterWorkflow(learning.Review)
		r.RegisterWorkflow(learning.FollowUp)
	})}
	alice := worldtest.By("alice@example.com")
	w.Breaks("page ", outage("pagerduty"))
	w.Breaks("post #incidents", outage("slack"))
	w.After(4*time.Minute, func() { w.Breaks("page ", nil); w.Breaks("post #incidents", nil) })
	w.Commands(time.Minute, api.Assign, incident.Assign{Meta: alice, Role: incident.RoleCommander, Person: "alice@example.com"})
	w.Commands(5*time.Minute, api.Update, incident.Update{Meta: alice, Text: "Looking", Next: w.Env.Now().Add(7 * time.Minute)})
	w.Commands(6*time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: alice, Title: "Alert on queue depth"})
	w.Commands(9*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: alice})
	w.Commands(10*time.Minute, api.Mitigate, incident.Mitigate{Meta: alice})
	w.Commands(15*time.Minute, api.Resolve, incident.Resolve{Meta: alice, Learning: "Queues fill silently"})
	w.Commands(16*time.Minute, api.WaiveReview, incident.WaiveReview{Meta: alice, Reason: "nothing new"})
	w.Commands(17*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: alice, Number: 1, Status: incident.FollowUpDone})
	in := declared(1)
	in.Slice.Chat.FirstSteps = []string{"Say hello"}
	in.Slice.Chat.Groups = []string{"sre"}
	in.Slice.Chat.ArchiveAfter = in.Slice.Linger
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}, {Group: "S1"}}
	w.Env.ExecuteWorkflow("Incident", in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Empty(t, changed)
	require.Greater(t, asked, 500, "the mirrors were asked")
}
