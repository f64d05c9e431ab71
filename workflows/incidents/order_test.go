package incidents

import (
	"slices"
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

// Each of these tests begins with commands that were recorded while no worker was there, so that all of
// them wait for the first workflow task: "recorded, will be applied" means the same as done, later.

// recorded is the head of a command that alice gave at a second of the minute before the start.
func recorded(id string, second int) incident.Meta {
	at := time.Date(2026, 11, 18, 9, 59, second, 0, time.UTC)
	return incident.Meta{CommandID: id, GivenAt: at, Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayAPI}}
}

// waiting signals commands, each after its name, that wait for the first workflow task.
func (w *world) waiting(commands ...any) {
	w.After(0, func() {
		for k := 0; k < len(commands); k += 2 {
			w.Env.SignalWorkflow(commands[k].(string), commands[k+1])
		}
	})
}

// toldNow is what an update was answered that waits for the same task.
type toldNow struct {
	result incident.Result
	err    error
	done   bool
}

func (w *world) updates(name string, c incident.Command) *toldNow {
	a := &toldNow{}
	w.After(0, func() {
		w.Env.UpdateWorkflow(name, "update "+name, &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { a.err, a.done = err, true },
			OnComplete: func(v any, err error) {
				a.err, a.done = err, true
				a.result, _ = v.(incident.Result)
			},
		}, c)
	})
	return a
}

func (w *world) cancelled(at time.Duration) {
	w.Commands(at, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
}

func TestAnUpdateComesAfterWhatWasRecordedBefore(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.waiting(api.Update, incident.Update{Meta: recorded("a", 1), Text: "The database is full"})
	now := w.updates(api.Update, incident.Update{Meta: recorded("b", 4), Text: "It works again"})
	w.cancelled(time.Minute)
	f := w.runIncident(declared(5))
	require.True(t, now.done)
	require.NoError(t, now.err)
	require.Equal(t, "It works again", f.LastUpdate)
}

func TestFollowUpsKeepTheNumbersInWhichTheyWereGiven(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.waiting(api.AddFollowUp, incident.AddFollowUp{Meta: recorded("a", 1), Title: "Add an alert"})
	now := w.updates(api.AddFollowUp, incident.AddFollowUp{Meta: recorded("b", 4), Title: "Write the runbook"})
	w.After(time.Minute, func() {
		f := w.Facts()
		require.Equal(t, "Add an alert", f.FollowUps[0].Title)
		require.Equal(t, 2, now.result.Number)
	})
	for number := range 2 {
		w.Commands(time.Duration(2+number)*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: number + 1, Status: incident.FollowUpDone})
	}
	w.cancelled(5 * time.Minute)
	w.runIncident(declared(5))
}

func TestAnUpdateIsJudgedByWhatWasRecordedBefore(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.waiting(api.Cancel, incident.Cancel{Meta: recorded("a", 1)})
	now := w.updates(api.Mitigate, incident.Mitigate{Meta: recorded("b", 4)})
	f := w.runIncident(declared(5))
	require.True(t, now.done)
	var app *temporal.ApplicationError
	require.ErrorAs(t, now.err, &app)
	require.Equal(t, mirror.RefusalType, app.Type())
	var p incident.Problem
	require.NoError(t, app.Details(&p))
	require.Equal(t, incident.CodeIllegal, p.Code)
	require.Equal(t, incident.StatusCancelled, f.Status)
}

func TestARecordedCommandFindsWhatFollowedFromTheOneBefore(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.waiting(
		api.Resolve, incident.Resolve{Meta: recorded("a", 1)},
		api.HoldReview, incident.HoldReview{Meta: recorded("b", 2)},
	)
	f := w.runIncident(declared(2))
	require.NotEmpty(t, f.Reviews)
	require.Equal(t, incident.ReviewHeld, f.Reviews[0].Status)
	require.Zero(t, w.Count("refused"))
}

func TestWhoeverTookAPageBeforeItWentOutIsNotPaged(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.waiting(
		api.ChangeSeverity, incident.ChangeSeverity{Meta: recorded("a", 1), Severity: 1},
		api.Acknowledge, incident.Acknowledge{Meta: recorded("b", 2)},
	)
	w.After(time.Minute, func() {
		f := w.Facts()
		require.NotEmpty(t, f.Pages)
		require.Equal(t, incident.PageAcknowledged, f.Pages[0].Status)
		require.Zero(t, w.Count("page "), "%v", w.Calls)
	})
	w.cancelled(2 * time.Minute)
	w.runIncident(declared(5))
}

func TestAPageThatWasWithdrawnBeforeItBeganIsNotBegun(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.waiting(
		api.ChangeSeverity, incident.ChangeSeverity{Meta: recorded("a", 1), Severity: 1},
		api.Cancel, incident.Cancel{Meta: recorded("b", 2)},
	)
	f := w.runIncident(declared(5))
	require.Equal(t, incident.StatusCancelled, f.Status)
	require.Zero(t, w.Count("page "), "%v", w.Calls)
}

func TestARecordedCommandThatIsRefusedReachesItsPerson(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.waiting(
		api.Cancel, incident.Cancel{Meta: recorded("a", 1)},
		api.Mitigate, incident.Mitigate{Meta: recorded("b", 2)},
	)
	w.runIncident(declared(5))
	var told []incident.Message
	for _, m := range w.Said() {
		if m.Headline == "INC-1: Mitigate was not applied" {
			told = append(told, m)
		}
	}
	require.Len(t, told, 1, "once")
	require.Equal(t, []string{"alice@example.com"}, told[0].Mention)
	require.Contains(t, told[0].Body[0], "mitigate is not legal while the incident is cancelled")
}

// What was recorded by whoever has no part in a private incident, or none by now, is on its timeline, and
// they hear of it as little as of an incident that does not exist.
func TestNobodyOutsideAPrivateIncidentHearsOfARefusal(t *testing.T) {
	w := newWorld(t, "INC-1")
	outside := incident.Mitigate{Meta: recorded("b", 2)}
	outside.Actor.Way = incident.WaySlack
	w.waiting(api.Cancel, incident.Cancel{Meta: recorded("a", 1)}, api.Mitigate, outside)
	f := w.runIncident(secret())
	require.True(t, slices.ContainsFunc(f.Timeline, func(e incident.Entry) bool { return e.Event == "refused" }))
	for _, m := range w.Said() {
		require.NotContains(t, m.Headline, "was not applied")
	}

	r := refusals{scene: &scene{facts: &incident.Incident{Number: 1, Private: true}}, state: &refusalsState{Due: []refusal{{Number: 1, Person: "alice@example.com"}}}}
	leave, ok := r.next().(*mirror.Decision)
	require.True(t, ok, "there is no channel, and alice was taken out meanwhile")
	leave.Decide(time.Time{})
	require.Empty(t, r.state.Due)
}
