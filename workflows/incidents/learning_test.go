package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

const day = 24 * time.Hour

// trackerSays signals an event of the tracker, which has changed the fields just then.
func (w *world) trackerSays(d time.Duration, child, delivery string, i incident.IssueState, changed ...incident.IssuePart) {
	w.After(d, func() {
		in := api.IssueChangedInput{DeliveryID: delivery, Issue: i, By: "alice@example.com", At: w.Env.Now(), Changed: changed}
		require.NoError(w.T, w.Env.SignalWorkflowByID(child, api.IssueChanged, in))
	})
}

func TestDoneInTheTrackerIsDoneInMuster(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	w.Commands(2*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.trackerSays(3*day, "INC-1/follow-up/1", "d1", incident.IssueState{ID: id1, Key: issue1, Status: "In Progress"}, incident.IssueStatus)
	w.trackerSays(4*day, "INC-1/follow-up/1", "d2", incident.IssueState{ID: id1, Key: issue1, Status: "Done", Done: true}, incident.IssueStatus)
	in := declared(4)
	f := w.runIncident(in)
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Equal(t, incident.FollowUpDone, f.FollowUps[0].Status)
	require.Zero(t, w.Count("move test/INC-1/follow-up/1"), "the tracker knows already, and no echo is sent")
}

// What a follow-up asks of whom is tested in workflows/learning; here, that it knows its incident's
// commander as it is now, and hears of what its people decide.
func TestAFollowUpAsksItsCommanderToDecideAndItsOwnerToDoIt(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	w.Commands(2*time.Minute, api.Assign, incident.Assign{Meta: worldtest.By("bob@example.com"), Role: incident.RoleCommander, Person: "carol@example.com"})
	w.After(time.Hour, func() {
		f := w.Facts().FollowUps[0]
		require.Equal(t, incident.Date("2026-12-16"), f.Due, "20 business days after Wednesday 18 November")
	})
	w.After(4*day, func() { require.Empty(t, w.asks(), "it soaks") })
	w.After(6*day, func() {
		require.Equal(t, []string{"carol@example.com decide"}, w.asks())
	})
	w.Commands(7*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpAccepted})
	w.After(27*day, func() {
		require.Equal(t, []string{"alice@example.com soon"}, w.asks(), "two business days before")
	})
	w.Commands(60*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "the queue is gone"})
	w.Commands(61*day, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(declared(4))
	require.Equal(t, "the queue is gone", f.FollowUps[0].Reason)
	require.True(t, w.Has("move test/INC-1/follow-up/1 dropped Won't Do"))
	require.Zero(t, w.Count("direct alice"), "who took it herself is not told so")
}

func TestTheReviewIsAnnouncedRemindedOfAndAskedAbout(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.After(time.Hour, func() {
		v := w.Facts().Reviews[0]
		require.Equal(t, time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), v.At.UTC(), "in three business days at ten")
		require.NotEmpty(t, v.Issue.Key)
		require.Equal(t, 1, w.Count("post C1 Learning review of"))
	})
	w.After(3*day, func() { require.Equal(t, 1, w.Count("reply C1 Reminder"), "a business day before: on Friday") })
	w.After(5*day, func() { require.Equal(t, 2, w.Count("reply C1 Reminder"), "an hour before") })
	w.After(6*day, func() { require.Zero(t, w.Count("reply C1 Was")) })
	w.After(8*day, func() { require.Equal(t, 1, w.Count("reply C1 Was"), "two business days after it") })
	w.Commands(9*day, api.WaiveReview, incident.WaiveReview{Meta: worldtest.By("bob@example.com"), Reason: "nothing new"})
	f := w.runIncident(declared(1))
	require.Equal(t, incident.StatusClosed, f.Status)
	require.True(t, w.Has("move test/INC-1/review dropped Won't Do"))
}

func TestReopeningHoldsTheReviewAndResolvingPlansItAnew(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.Commands(day, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com"), Reason: "it is back"})
	w.After(7*day, func() {
		require.Equal(t, incident.ReviewOnHold, w.Facts().Reviews[0].Status)
		require.Zero(t, w.Count("reply C1"), "nobody is reminded of a review on hold")
	})
	w.Commands(8*day, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.After(9*day, func() {
		require.Equal(t, incident.ReviewPlanned, w.Facts().Reviews[0].Status)
		require.True(t, w.Facts().Reviews[0].At.After(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)))
	})
	w.Commands(14*day, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
	w.Commands(15*day, api.Reopen, incident.Reopen{Meta: worldtest.By("bob@example.com")})
	w.Commands(16*day, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.After(17*day, func() { require.Len(t, w.Facts().Reviews, 2, "a held one stays, a second has its own number") })
	w.Commands(20*day, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
	f := w.runIncident(declared(1))
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Equal(t, 2, w.Count("issue test/INC-1/review"))
}

func TestOneSentenceEndsASentenceReview(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.After(time.Hour, func() { require.Equal(t, "sentence", w.Facts().Reviews[0].Track) })
	w.Commands(day, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com"), Learning: "Queues fill silently"})
	f := w.runIncident(declared(3))
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Equal(t, incident.ReviewHeld, f.Reviews[0].Status)
	require.Zero(t, w.Count("issue test/INC-1/review"), "one sentence needs no issue")
}

func TestFollowUpsFallDueBySeverity(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Slice.FollowUps.DueBy = map[incident.Severity]playbook.Span{4: playbook.BusinessDays(5)}
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth"})
	w.After(time.Hour, func() {
		require.Equal(t, incident.Date("2026-11-25"), w.Facts().FollowUps[0].Due, "5 business days after Wednesday 18 November")
	})
	w.Commands(day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 1, Status: incident.FollowUpDone})
	w.Commands(day, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.runIncident(in)
}

// Which day it is depends on where people are: at noon in London it is tomorrow already in Auckland.
func TestADueDateThatHasPassedWhereThePeopleAreIsRefused(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Slice.Calendar.Zone = "Pacific/Auckland"
	bob := worldtest.By("bob@example.com")
	w.Refused(3*time.Hour, api.AddFollowUp, incident.AddFollowUp{Meta: bob, Title: "Alert on queue depth", Due: "2026-11-18"}, "due: 2026-11-18 has passed; choose today, 2026-11-19")
	w.Refused(3*time.Hour+1, api.AddFollowUp, incident.AddFollowUp{Meta: bob, Title: "Alert on queue depth", Due: "9999-12-31"}, "due: 9999-12-31 is too far away")
	w.Commands(4*time.Hour, api.AddFollowUp, incident.AddFollowUp{Meta: bob, Title: "Alert on queue depth", Due: "2026-11-19"})
	w.Refused(5*time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 1, Due: "2026-11-18"}, "due: 2026-11-18 has passed")
	w.Commands(10*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 1, Status: incident.FollowUpDone, Due: "2026-11-19"})
	w.Commands(10*day+1, api.Resolve, incident.Resolve{Meta: bob})
	f := w.runIncident(in)
	require.Equal(t, incident.FollowUpDone, f.FollowUps[0].Status, "the date that it has may have passed")
}

func TestAMergedIncidentHandsOnWhatIsFiledLate(t *testing.T) {
	w := newWorld(t, "INC-1")
	var handed []api.AbsorbInput
	w.Listens(func(id, name string, in any) error {
		if a, ok := in.(api.AbsorbInput); ok {
			require.Equal(t, "INC-7 Absorb", id+" "+name)
			handed = append(handed, a)
		}
		return nil
	})
	bob := worldtest.By("bob@example.com")
	w.Commands(time.Minute, api.Merge, incident.Merge{Meta: bob, Into: 7})
	w.Commands(time.Hour, api.AddFollowUp, incident.AddFollowUp{Meta: bob, Title: "Alert on queue depth", Labels: []string{"queues"}})
	w.runIncident(declared(4))
	require.NotEmpty(t, handed)
	last := handed[len(handed)-1]
	require.Len(t, last.FollowUps, 1)
	require.Equal(t, []string{"queues"}, last.FollowUps[0].Labels)
}

func TestACancelledIncidentStaysUntilItsFollowUpsHaveEnded(t *testing.T) {
	w := newWorld(t, "INC-1")
	bob := worldtest.By("bob@example.com")
	w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: bob, Reason: "a false alarm"})
	w.Commands(time.Hour, api.AddFollowUp, incident.AddFollowUp{Meta: bob, Title: "Mend the alert", Urgent: true})
	w.After(60*day, func() { require.Equal(t, incident.FollowUpAccepted, w.Facts().FollowUps[0].Status) })
	w.Commands(61*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: bob, Number: 1, Status: incident.FollowUpDone})
	f := w.runIncident(declared(4))
	require.Equal(t, incident.StatusCancelled, f.Status)
	require.Equal(t, incident.FollowUpDone, f.FollowUps[0].Status)
}
