package incidents

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
)

func TestACommandIsAppliedOnceWhateverTheWayItComes(t *testing.T) {
	w := newWorld(t, "INC-1")
	c := incident.AddFollowUp{Meta: incident.Meta{CommandID: "click-1", Actor: incident.Actor{Person: "alice@example.com"}}, Title: "Add an alert"}
	w.After(time.Minute, func() { w.Env.UpdateWorkflowNoRejection(api.AddFollowUp, "click-1", t, c) })
	w.After(2*time.Minute, func() { w.Env.SignalWorkflow(api.AddFollowUp, c) })
	w.After(3*time.Minute, func() { w.Env.UpdateWorkflowNoRejection(api.AddFollowUp, "click-1-again", t, c) })
	w.After(4*time.Minute, func() { require.Len(t, w.Facts().FollowUps, 1) })
	w.Commands(5*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "no need"})
	w.Commands(6*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
}

// A key stands for one thing that was asked for. Who asks for something else under it made a mistake,
// and must not read that it was done.
func TestACommandIDThatWasUsedForSomethingElseIsRefused(t *testing.T) {
	w := newWorld(t, "INC-1")
	alert := func(title, by string, given time.Time) incident.AddFollowUp {
		return incident.AddFollowUp{Meta: incident.Meta{CommandID: "k", Actor: incident.Actor{Person: by}, GivenAt: given}, Title: title}
	}
	refused := 0
	isRefused := &testsuite.TestUpdateCallback{
		OnAccept: func() { t.Error("accepted") },
		OnReject: func(err error) {
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			var p incident.Problem
			require.NoError(t, app.Details(&p))
			require.Equal(t, *incident.UsedBefore(), p)
			refused++
		},
		OnComplete: func(any, error) {},
	}
	now := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	w.After(time.Minute, func() {
		w.Env.UpdateWorkflowNoRejection(api.AddFollowUp, "1", t, alert("Add an alert", "alice@example.com", now))
	})
	w.After(2*time.Minute, func() {
		w.Env.UpdateWorkflowNoRejection(api.AddFollowUp, "2", t, alert("Add an alert", "bob@example.com", now.Add(time.Minute)))
		w.Env.UpdateWorkflow(api.AddFollowUp, "3", isRefused, alert("Add two alerts", "alice@example.com", now))
		w.Env.UpdateWorkflow(api.Mitigate, "4", isRefused, incident.Mitigate{Meta: incident.Meta{CommandID: "k"}})
	})
	w.After(3*time.Minute, func() { w.Env.SignalWorkflow(api.AddFollowUp, alert("Add three alerts", "alice@example.com", now)) })
	w.After(4*time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.FollowUps, 1)
		require.Equal(t, "Add an alert", f.FollowUps[0].Title)
		last := f.Timeline[len(f.Timeline)-1]
		require.Equal(t, "refused", last.Event)
		require.Contains(t, last.Text, "AddFollowUp by alice@example.com: key: was used for something else before")
	})
	w.Commands(5*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "no need"})
	w.Commands(6*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
	require.Equal(t, 2, refused)
}

// Records of an older Muster do not say what was asked for.
func TestACommandOfAnOlderMusterIsKnownByItsIDAlone(t *testing.T) {
	t.Parallel()
	c := incident.Update{Meta: incident.Meta{CommandID: "k"}, Text: "Looking"}
	require.True(t, commandRecord{ID: "k"}.of(c))
	said, meant := bodyOf(c)
	require.Empty(t, meant, "nothing lies ahead")
	require.True(t, commandRecord{ID: "k", Body: said}.of(c))
	require.False(t, commandRecord{ID: "k", Body: "another"}.of(c))
}

// A button that is pressed again on a board that is behind must not look as if it had done something.
func TestACommandThatComesAgainSaysWhetherItStillHolds(t *testing.T) {
	w := newWorld(t, "INC-1")
	var answers []incident.Result
	mitigate := incident.Mitigate{Meta: incident.Meta{CommandID: "press-1", Actor: incident.Actor{Person: "alice@example.com"}}}
	press := func(d time.Duration) {
		w.After(d, func() {
			w.Env.UpdateWorkflow(api.Mitigate, fmt.Sprint("press", d), &testsuite.TestUpdateCallback{
				OnAccept:   func() {},
				OnReject:   func(err error) { t.Error(err) },
				OnComplete: func(v any, err error) { require.NoError(t, err); answers = append(answers, v.(incident.Result)) },
			}, mitigate)
		})
	}
	press(time.Minute)
	press(2 * time.Minute)
	w.Commands(3*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com"), Reason: "it is back"})
	press(4 * time.Minute)
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
	require.Len(t, answers, 3)
	require.True(t, answers[0].Changed)
	require.Equal(t, answers[0], answers[1], "answered alike while it holds")
	require.True(t, answers[2].Stale, "somebody has reopened it")
	require.Equal(t, incident.StatusMitigated, answers[2].Status)
}

func TestAnIllegalCommandIsRefusedWithWhatIsLegal(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		w.Env.UpdateWorkflow(api.HoldReview, "early", &testsuite.TestUpdateCallback{
			OnAccept: func() { t.Error("accepted") },
			OnReject: func(err error) {
				var app *temporal.ApplicationError
				require.ErrorAs(t, err, &app)
				require.Equal(t, mirror.RefusalType, app.Type())
				var p incident.Problem
				require.NoError(t, app.Details(&p))
				require.Equal(t, incident.CodeIllegal, p.Code)
				require.Contains(t, p.Reason, "open")
			},
			OnComplete: func(any, error) {},
		}, incident.HoldReview{Meta: worldtest.By("alice@example.com")})
		w.Env.UpdateWorkflow(api.Assign, "role", &testsuite.TestUpdateCallback{
			OnAccept:   func() { t.Error("accepted") },
			OnReject:   func(err error) { require.ErrorContains(t, err, "pilot") },
			OnComplete: func(any, error) {},
		}, incident.Assign{Meta: worldtest.By("alice@example.com"), Role: "pilot", Person: "bob@example.com"})
	})
	w.Commands(2*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
}

// What cannot be read is refused like what is illegal, with its field, and fails no workflow
// task. What is left out altogether is a command that says nothing more than its name.
func TestACommandThatCannotBeReadIsRefused(t *testing.T) {
	w := newWorld(t, "INC-1")
	refused := 0
	w.After(time.Minute, func() {
		for input, field := range map[any]string{"worse": "input", struct {
			Severity string `json:"severity"`
		}{"high"}: "severity"} {
			w.Env.UpdateWorkflow(api.ChangeSeverity, field, &testsuite.TestUpdateCallback{
				OnAccept: func() { t.Error("accepted") },
				OnReject: func(err error) {
					var app *temporal.ApplicationError
					require.ErrorAs(t, err, &app)
					require.Equal(t, mirror.RefusalType, app.Type())
					var p incident.Problem
					require.NoError(t, app.Details(&p))
					require.Equal(t, incident.CodeInvalid, p.Code)
					require.Equal(t, field, p.Field)
					require.NotEmpty(t, p.Mend)
					refused++
				},
				OnComplete: func(any, error) {},
			}, input)
		}
	})
	w.After(2*time.Minute, func() { w.Env.UpdateWorkflowNoRejection(api.Mitigate, "bare", t) })
	w.After(3*time.Minute, func() { require.Equal(t, incident.StatusMitigated, w.Facts().Status) })
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 2, refused)
}

func TestSignalsThatCannotBeUsedBecomeTimelineEntries(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		w.Env.SignalWorkflow("Frobnicate", "x")
		w.Env.SignalWorkflow(api.ChangeSeverity, "not a severity")
		w.Env.SignalWorkflow(api.ChangeSeverity, incident.ChangeSeverity{Severity: 9})
		w.Env.SignalWorkflow(api.PageReported, incident.PageReport{Page: 99})
	})
	w.After(2*time.Minute, func() {
		n := 0
		for _, e := range w.Facts().Timeline {
			if e.Event == "refused" {
				n++
			}
		}
		require.Equal(t, 4, n)
		require.Equal(t, incident.Severity(4), w.Facts().Severity)
	})
	w.After(3*time.Minute, func() { w.Env.SignalWorkflow(api.Cancel, nil) })
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, incident.StatusCancelled, w.Facts().Status, "a signal without input is a command too")
}

func TestALowSeverityIncidentClosesAtResolutionAndReopensWhileItLingers(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.After(2*time.Minute, func() { require.Equal(t, incident.StatusClosed, w.Facts().Status) })
	w.Commands(24*time.Hour, api.Reopen, incident.Reopen{Meta: worldtest.By("alice@example.com"), Reason: "it is back"})
	w.After(40*24*time.Hour, func() { require.Equal(t, incident.StatusOpen, w.Facts().Status) })
	w.Commands(41*24*time.Hour, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(5))
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 2, w.Count("move test/INC-1/issue in progress"), "while people work on it")
	require.Equal(t, 2, w.Count("move test/INC-1/issue done"))
}
