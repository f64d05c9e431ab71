package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// Whoever asks what is wanted of a workflow is on the timeline, and questions about others are refused.
func TestQuestionsOfWorkflowsAreOnTheTimeline(t *testing.T) {
	w := newWorld(t, "INC-1")
	restored := &api.Restored{How: "terminated", Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}}
	var timeline []incident.Entry
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Add an alert", Owner: "bob@example.com"})
	w.After(2*time.Minute, func() {
		w.Env.SignalWorkflow(api.BriefAsked, api.BriefAskedInput{Workflow: "INC-1/follow-up/1", Restored: restored})
		for range 3 {
			w.Env.SignalWorkflow(api.BriefAsked, api.BriefAskedInput{Workflow: "INC-1/page/1", Orphaned: true})
		}
		for _, nobody := range []string{"INC-1", "INC-1/page/9", "INC-2/page/1", "", "nobody"} {
			w.Env.SignalWorkflow(api.BriefAsked, api.BriefAskedInput{Workflow: nobody, Restored: restored})
		}
	})
	w.After(3*time.Minute, func() { timeline = w.Facts().Timeline })
	w.Commands(time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "not needed"})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com"), Reason: "a drill"})
	w.runIncident(declared(1))
	var notes []string
	refused := 0
	for _, e := range timeline {
		switch e.Event {
		case "restored", "orphaned":
			notes = append(notes, e.Actor.Person+": "+e.Text)
		case "refused":
			refused++
			require.Contains(t, e.Text, "is no workflow below INC-1")
		}
	}
	require.ElementsMatch(t, []string{
		"alice@example.com: INC-1/follow-up/1 was restored; it was terminated",
		": Somebody told INC-1/page/1 that INC-1 does not run, which is not so: it goes on",
	}, notes)
	require.Equal(t, 5, refused)
}
