package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/learning"
	"muster/workflows/worldtest"
)

// pause lets reminders rest from one moment of the workflow's time to another.
func (w *world) pause(from, until time.Duration) {
	at := w.Env.Now().Add(until).UTC()
	w.Commands(from, api.PauseReminders, incident.PauseReminders{Meta: worldtest.By("carol@example.com"), Until: at})
}

func TestAPromisedUpdateIsRemindedOfOnceThePauseIsOver(t *testing.T) {
	w := newWorld(t, "INC-1")
	promised := w.Env.Now().Add(time.Hour).UTC()
	w.Commands(time.Minute, api.Update, incident.Update{Meta: worldtest.By("bob@example.com"), Text: "Half of all carts work", Next: promised})
	w.pause(2*time.Minute, 5*time.Hour)
	w.After(10*time.Minute, func() { require.Contains(t, w.board(), "Reminders rest until") })
	w.After(5*time.Hour-time.Minute, func() { require.Zero(t, w.Count("post C1 INC-1: a status update is due")) })
	w.After(5*time.Hour+time.Minute, func() {
		require.Equal(t, 1, w.Count("post C1 INC-1: a status update is due"))
		i := w.Facts()
		require.Zero(t, i.RemindersPausedUntil)
		require.Equal(t, "Reminders come again", i.Timeline[len(i.Timeline)-1].Text)
		require.Equal(t, incident.Actor{Way: incident.WayMuster}, i.Timeline[len(i.Timeline)-1].Actor)
		require.NotContains(t, w.board(), "Reminders rest until")
	})
	w.After(2*day, func() { require.Equal(t, 1, w.Count("post C1 INC-1: a status update is due"), "once, and not again") })
	w.Commands(3*day, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(4))
}

// board is the newest board that the channel was shown.
func (w *world) board() string {
	text := ""
	for _, m := range w.Said() {
		if m.Pin {
			text = ""
			for _, f := range m.Fields {
				text += f.Label + "\n"
			}
		}
	}
	return text
}

// The reminders on Friday and on Monday, and the question on Wednesday whether it was held, come
// due in the pause: people are asked once.
func TestWhatCameDueOfAReviewInThePauseIsSaidOnce(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.pause(day, 9*day)
	w.After(9*day-time.Hour, func() {
		require.Equal(t, 1, w.Count("post C1 Learning review of"), "it is announced")
		require.Zero(t, w.Count("reply C1"))
	})
	w.After(9*day+time.Hour, func() {
		require.Equal(t, 1, w.Count("reply C1 Was the learning review"))
		require.Equal(t, 1, w.Count("reply C1"))
	})
	w.Commands(10*day, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
	f := w.runIncident(declared(1))
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Equal(t, 1, w.Count("reply C1"))
}

// A reminder that could not be posted before the pause rests with the others.
func TestAReminderThatWaitsForItsVendorRestsToo(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("reply C1", outage("slack"))
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.pause(3*day, 4*day)                                          // Friday's is on its way
	w.After(3*day+time.Hour, func() { w.Breaks("reply C1", nil) }) // a call that was under way has ended by then
	tried := 0
	w.After(3*day+2*time.Hour, func() { tried = w.Count("reply C1 Reminder"); require.NotZero(t, tried) })
	w.After(4*day-time.Minute, func() { require.Equal(t, tried, w.Count("reply C1 Reminder")) })
	w.After(4*day+time.Minute, func() { require.Equal(t, tried+1, w.Count("reply C1 Reminder")) })
	w.Commands(5*day, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(1))
}

// The incident tells its children of a pause when it begins; that it is over they know themselves.
func TestAReviewKnowsWhenThePauseIsOver(t *testing.T) {
	w := newWorld(t, "INC-1/review")
	monday := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	review := incident.Review{Number: 1, Status: incident.ReviewPlanned, Track: "standard", At: monday, Revision: 1}
	brief := api.ReviewBrief{
		Review: review, Policy: worldtest.Policy().Severities[0].Review,
		Brief: api.Brief{Title: "Checkout is down", Channel: incident.ChannelRef{ID: "C1"}, RemindersPausedUntil: monday.Add(-2*day - 22*time.Hour)}, // Friday at noon
	}
	w.After(2*day+time.Hour, func() { require.Zero(t, w.Count("reply C1"), "Friday's reminder rests") })
	w.After(2*day+3*time.Hour, func() { require.Equal(t, 1, w.Count("reply C1 Reminder")) })
	w.After(5*day-time.Minute, func() { require.Equal(t, 2, w.Count("reply C1 Reminder"), "Monday's comes as planned") })
	w.After(6*day, func() {
		brief.Review.Status, brief.Review.Revision = incident.ReviewHeld, 2
		w.Env.SignalWorkflow(api.ReviewChanged, brief)
	})
	w.Env.ExecuteWorkflow(learning.Review, learning.ReviewInput{Incident: 1, Brief: brief, Calendar: worldtest.Policy().Calendar, Settings: api.Settings{Installation: "test"}})
	require.NoError(t, w.Env.GetWorkflowError())
}

func TestWhatCameDueOfAFollowUpInThePauseIsAskedForAfterIt(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com", Due: "2026-11-27"})
	w.Commands(2*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpAccepted})
	w.pause(day, 20*day)
	w.pause(15*day, 29*day)
	w.After(29*day-time.Hour, func() { require.Empty(t, w.asks(), "due on the ninth day") })
	w.After(29*day+time.Hour, func() { require.Equal(t, []string{"alice@example.com overdue"}, w.asks()) })
	w.Commands(41*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpDone})
	w.Commands(42*day, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
}

func TestAPauseThatIsEndedEarlyEndsForTheChildrenToo(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	w.pause(day, 20*day)
	w.After(7*day, func() { require.Empty(t, w.asks(), "it has soaked, and nobody is asked to decide") })
	w.Commands(8*day, api.PauseReminders, incident.PauseReminders{Meta: worldtest.By("alice@example.com"), Off: true})
	w.After(8*day+time.Hour, func() { require.Equal(t, []string{"alice@example.com decide"}, w.asks(), "it has no commander") })
	w.Commands(9*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "no need"})
	w.Commands(10*day, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
}

func TestAPauseEndsByItselfWhenNothingElseHappens(t *testing.T) {
	w := newWorld(t, "INC-1")
	at := w.Env.Now()
	w.Commands(30*time.Minute, "PauseReminders", incident.PauseReminders{Meta: worldtest.By("alice@example.com"), Until: at.Add(2 * time.Hour)})
	n := 0
	w.After(119*time.Minute, func() { n = w.Count("edit C1") })
	w.After(5*time.Hour, func() {
		require.Zero(t, w.Facts().RemindersPausedUntil)
		require.Greater(t, w.Count("edit C1"), n, "and the board says so")
	})
	w.Commands(9*time.Hour, "Cancel", incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	require.NoError(t, w.Env.GetWorkflowError())
}
