package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"muster/incident"
	"muster/workflows/api"
)

func TestACommandIsAppliedOnceWhateverTheWayItComes(t *testing.T) {
	w := newWorld(t, "INC-1")
	c := incident.AddFollowUp{Meta: incident.Meta{CommandID: "click-1", Actor: incident.Actor{Person: "alice@example.com"}}, Title: "Add an alert"}
	w.after(time.Minute, func() { w.env.UpdateWorkflowNoRejection(api.AddFollowUp, "click-1", t, c) })
	w.after(2*time.Minute, func() { w.env.SignalWorkflow(api.AddFollowUp, c) })
	w.after(3*time.Minute, func() { w.env.UpdateWorkflowNoRejection(api.AddFollowUp, "click-1-again", t, c) })
	w.after(4*time.Minute, func() { require.Len(t, w.facts().FollowUps, 1) })
	w.commands(5*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("alice@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "no need"})
	w.commands(6*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.env.GetWorkflowError())
}

func TestAnIllegalCommandIsRefusedWithWhatIsLegal(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() {
		w.env.UpdateWorkflow(api.HoldReview, "early", &testsuite.TestUpdateCallback{
			OnAccept: func() { t.Error("accepted") },
			OnReject: func(err error) {
				var app *temporal.ApplicationError
				require.ErrorAs(t, err, &app)
				require.Equal(t, RefusalType, app.Type())
				var p incident.Problem
				require.NoError(t, app.Details(&p))
				require.Equal(t, incident.CodeIllegal, p.Code)
				require.Contains(t, p.Reason, "open")
			},
			OnComplete: func(any, error) {},
		}, incident.HoldReview{Meta: by("alice@example.com")})
		w.env.UpdateWorkflow(api.Assign, "role", &testsuite.TestUpdateCallback{
			OnAccept:   func() { t.Error("accepted") },
			OnReject:   func(err error) { require.ErrorContains(t, err, "pilot") },
			OnComplete: func(any, error) {},
		}, incident.Assign{Meta: by("alice@example.com"), Role: "pilot", Person: "bob@example.com"})
	})
	w.commands(2*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.env.GetWorkflowError())
}

func TestSignalsThatCannotBeUsedBecomeTimelineEntries(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() {
		w.env.SignalWorkflow("Frobnicate", "x")
		w.env.SignalWorkflow(api.ChangeSeverity, "not a severity")
		w.env.SignalWorkflow(api.ChangeSeverity, incident.ChangeSeverity{Severity: 9})
		w.env.SignalWorkflow(api.PageReported, incident.PageReport{Page: 99})
	})
	w.after(2*time.Minute, func() {
		n := 0
		for _, e := range w.facts().Timeline {
			if e.Event == "refused" {
				n++
			}
		}
		require.Equal(t, 4, n)
		require.Equal(t, incident.Severity(4), w.facts().Severity)
	})
	w.after(3*time.Minute, func() { w.env.SignalWorkflow(api.Cancel, nil) })
	w.env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.env.GetWorkflowError())
	require.Equal(t, incident.StatusCancelled, w.facts().Status, "a signal without input is a command too")
}

func TestCommandsThatWaitedTogetherAreTakenInTheOrderTheyWereGiven(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return time.Date(2026, 11, 18, 10, 0, s, 0, time.UTC) }
	letters := []letter{{name: "Mitigate", at: at(3)}, {name: "Reopen", at: at(2)}, {name: "Resolve", at: at(1)}}
	inOrder(letters)
	require.Equal(t, "Resolve", letters[0].name)
	require.Equal(t, "Reopen", letters[1].name)
	require.Equal(t, "Mitigate", letters[2].name)
}

func TestALowSeverityIncidentClosesAtResolutionAndReopensWhileItLingers(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.commands(time.Minute, api.Resolve, incident.Resolve{Meta: by("alice@example.com")})
	w.after(2*time.Minute, func() { require.Equal(t, incident.StatusClosed, w.facts().Status) })
	w.commands(24*time.Hour, api.Reopen, incident.Reopen{Meta: by("alice@example.com"), Reason: "it is back"})
	w.after(40*24*time.Hour, func() { require.Equal(t, incident.StatusOpen, w.facts().Status) })
	w.commands(41*24*time.Hour, api.Resolve, incident.Resolve{Meta: by("alice@example.com")})
	w.env.ExecuteWorkflow(Incident, declared(5))
	require.NoError(t, w.env.GetWorkflowError())
	require.Equal(t, 1, w.count("move OPS-test/INC-1/issue open"))
	require.Equal(t, 2, w.count("move OPS-test/INC-1/issue done"))
}
