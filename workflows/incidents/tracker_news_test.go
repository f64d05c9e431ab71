package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

const (
	followUp1 = "INC-1/follow-up/1"
	// id1 is the ID of its issue, issue1 the key.
	id1    = "test/INC-1/follow-up/1"
	issue1 = "OPS-" + id1
	// parentID is the ID of the incident's own.
	parentID = "test/INC-1/issue"
)

// withFollowUp is an incident that is resolved with one follow-up.
func withFollowUp(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	w.Commands(2*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	return w
}

// shows is how the tracker shows the follow-up's issue.
func shows(change func(*incident.IssueState)) incident.IssueState {
	s := incident.IssueState{ID: id1, Key: issue1, Title: "Alert on queue depth", Status: "To Do", Owner: "alice@example.com", Due: "2026-12-16"}
	change(&s)
	return s
}

func (w *world) followUp() incident.FollowUp { return w.Facts().FollowUps[0] }

// changes gives a command that changes the follow-up.
func (w *world) changes(d time.Duration, c incident.ChangeFollowUp) {
	c.Meta, c.Number = worldtest.By("bob@example.com"), 1
	w.Commands(d, api.ChangeFollowUp, c)
}

// ends drops the follow-up, so that the incident closes.
func (w *world) ends(d time.Duration) {
	w.changes(d, incident.ChangeFollowUp{Status: incident.FollowUpDropped, Reason: "the test is over"})
}

func TestHowAnIssueEndsInTheTracker(t *testing.T) {
	for name, c := range map[string]struct {
		status, resolution string
		want               incident.FollowUpStatus
		reason             string
	}{
		"done":                          {"Done", "Done", incident.FollowUpDone, ""},
		"a board without resolutions":   {"Done", "", incident.FollowUpDone, ""},
		"won't do in lower case":        {"Done", "won't do", incident.FollowUpDropped, "closed in the tracker as won't do"},
		"cannot reproduce":              {"Closed", "Cannot Reproduce", incident.FollowUpDropped, "closed in the tracker as Cannot Reproduce"},
		"a status that says so":         {"Rejected", "", incident.FollowUpDropped, "closed in the tracker as Rejected"},
		"a status, whatever resolution": {"Cancelled", "Done", incident.FollowUpDropped, "closed in the tracker as Cancelled"},
	} {
		t.Run(name, func(t *testing.T) {
			w := withFollowUp(t)
			w.trackerSays(day, followUp1, "d1", shows(func(s *incident.IssueState) {
				s.Status, s.Resolution, s.Done = c.status, c.resolution, true
			}), incident.IssueStatus)
			f := w.runIncident(declared(4))
			require.Equal(t, c.want, f.FollowUps[0].Status)
			require.Equal(t, c.reason, f.FollowUps[0].Reason)
			require.Zero(t, w.Count("move "+id1), "no echo is sent")
		})
	}
}

func TestAnIssueThatIsNotShownEndsNothing(t *testing.T) {
	w := withFollowUp(t)
	w.After(day, func() {
		in := api.IssueChangedInput{Issue: incident.IssueState{Key: id1, Unseen: true}, ReadAt: w.Env.Now()}
		require.NoError(t, w.Env.SignalWorkflowByID(followUp1, api.IssueChanged, in))
	})
	w.After(2*day, func() {
		require.Equal(t, incident.FollowUpProposed, w.followUp().Status)
		require.Equal(t, incident.StatusResolved, w.Facts().Status)
		require.Len(t, w.Facts().Snags, 1)
		require.Contains(t, w.Facts().Snags[0].Reason, "is not visible to us since 19 Nov 10:00 UTC")
		require.Contains(t, w.Facts().Snags[0].Mend, "link another issue, or drop")
	})
	w.changes(3*day, incident.ChangeFollowUp{Due: "2027-01-20"})
	w.After(4*day, func() {
		require.Zero(t, w.Count("update "+id1), "nothing is written to what is not shown")
		require.NotZero(t, w.Count("read "+id1), "it is looked for every day")
		w.Shown = map[string]incident.IssueState{id1: shows(func(*incident.IssueState) {})}
	})
	w.After(6*day, func() {
		require.Empty(t, w.Facts().Snags)
		require.NotZero(t, w.Count("update "+id1), "what was owed to it is written")
		require.Equal(t, incident.Date("2027-01-20"), w.followUp().Due)
	})
	w.ends(7 * day)
	require.Equal(t, incident.StatusClosed, w.runIncident(declared(4)).Status)
}

func TestAWriteToAnIssueThatIsNotShownIsASnagOfIt(t *testing.T) {
	w := withFollowUp(t)
	w.Breaks("update "+id1, &fault.Error{Vendor: "jira", Operation: "issue.update", Class: fault.Permanent, Meaning: fault.Unseen, Reason: "Issue does not exist"})
	w.changes(day, incident.ChangeFollowUp{Due: "2027-01-20"})
	w.After(day+time.Hour, func() {
		require.Equal(t, 1, w.Count("update "+id1))
		require.Equal(t, "follow-up/1 issue", w.Facts().Snags[0].Mirror)
	})
	w.changes(2*day, incident.ChangeFollowUp{Issue: "OPS-99"})
	w.After(2*day+time.Hour, func() {
		require.NotZero(t, w.Count("read OPS-99"), "%v", w.Calls)
	})
	w.ends(3 * day)
	w.runIncident(declared(4))
}

func TestADeletedIssueDropsItsFollowUpAndReopeningMakesAnother(t *testing.T) {
	w := withFollowUp(t)
	copied := incident.IssueState{ID: "77", Key: "OPS-77", Deleted: true}
	w.trackerSays(day, followUp1, "d1", copied)
	w.After(day+time.Hour, func() {
		require.Equal(t, incident.FollowUpProposed, w.followUp().Status, "a copy is nobody's business")
	})
	w.trackerSays(2*day, followUp1, "d2", incident.IssueState{ID: id1, Key: issue1, Deleted: true})
	w.After(2*day+time.Hour, func() {
		require.Equal(t, incident.FollowUpDropped, w.followUp().Status)
		require.Equal(t, "its issue was deleted in the tracker", w.followUp().Reason)
	})
	w.changes(3*day, incident.ChangeFollowUp{Status: incident.FollowUpAccepted})
	w.After(3*day+time.Hour, func() {
		require.Equal(t, incident.FollowUpAccepted, w.followUp().Status)
		require.Equal(t, 2, w.Count("issue test/INC-1/follow-up/1"))
	})
	w.ends(4 * day)
	w.runIncident(declared(4))
	require.Equal(t, 1, w.Count("move "+id1+" dropped"))
}

func TestAFollowUpThatEndedByMistakeIsMovedBack(t *testing.T) {
	w := withFollowUp(t)
	w.changes(day, incident.ChangeFollowUp{Status: incident.FollowUpAccepted})
	w.trackerSays(2*day, followUp1, "d1", shows(func(s *incident.IssueState) { s.Status, s.Done = "Done", true }), incident.IssueStatus)
	w.After(2*day+time.Hour, func() { require.Equal(t, incident.FollowUpDone, w.followUp().Status) })
	w.trackerSays(3*day, followUp1, "d2", shows(func(s *incident.IssueState) { s.Status = "In Progress" }), incident.IssueStatus)
	w.After(3*day+time.Hour, func() {
		require.Equal(t, incident.FollowUpAccepted, w.followUp().Status, "moving it back in the tracker is enough")
		require.Contains(t, w.Facts().Timeline[len(w.Facts().Timeline)-1].Text, "reopened, it was done")
	})
	w.changes(4*day, incident.ChangeFollowUp{Status: incident.FollowUpDone})
	w.After(4*day+time.Hour, func() { require.Equal(t, 1, w.Count("move "+id1+" done")) })
	w.changes(5*day, incident.ChangeFollowUp{Status: incident.FollowUpAccepted})
	w.After(5*day+time.Hour, func() {
		require.Equal(t, incident.FollowUpAccepted, w.followUp().Status)
		require.Equal(t, 1, w.Count("move "+id1+" open"), "and so is reopening it here")
	})
	w.ends(6 * day)
	require.Equal(t, incident.StatusClosed, w.runIncident(declared(4)).Status)
}

func TestAfterItsGraceAFollowUpIsProposedAnew(t *testing.T) {
	w := withFollowUp(t)
	w.Commands(3*time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Write a runbook"})
	w.ends(day)
	w.Refused(16*day, api.ChangeFollowUp, incident.ChangeFollowUp{
		Meta: worldtest.By("bob@example.com"), Number: 1, Status: incident.FollowUpAccepted,
	}, "could be reopened until 3 Dec 2026")
	w.Commands(17*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 2, Status: incident.FollowUpDone})
	require.Equal(t, incident.StatusClosed, w.runIncident(declared(4)).Status)
}

func TestWhatPeopleChangeInTheTrackerIsTakenOver(t *testing.T) {
	w := withFollowUp(t)
	w.trackerSays(day, followUp1, "d1", shows(func(s *incident.IssueState) {
		s.Due, s.Owner, s.Title = "2027-01-20", "carol@example.com", "Alert before the queue is full"
	}), incident.IssueDue, incident.IssueOwner, incident.IssueTitle)
	w.After(day+time.Hour, func() {
		f := w.followUp()
		require.Equal(t, []string{"2027-01-20", "carol@example.com", "Alert before the queue is full"}, []string{string(f.Due), f.Owner, f.Title})
		require.Zero(t, w.Count("update "+id1), "the tracker knows")
	})
	w.trackerSays(2*day, followUp1, "d2", shows(func(s *incident.IssueState) { s.Due, s.Owner = "2027-01-25", "" }), incident.IssueOwner)
	w.After(2*day+time.Hour, func() {
		require.Empty(t, w.followUp().Owner)
		require.Equal(t, incident.Date("2027-01-20"), w.followUp().Due, "the event did not change it")
	})
	w.trackerSays(3*day, followUp1, "d3", shows(func(s *incident.IssueState) { s.Owner, s.OwnerName = "", "Bob Brown" }), incident.IssueOwner)
	w.Shown = map[string]incident.IssueState{id1: shows(func(s *incident.IssueState) { s.Owner, s.OwnerName, s.Due = "", "Bob Brown", "2027-01-20" })}
	w.After(3*day+time.Hour, func() {
		require.Empty(t, w.followUp().Owner, "a display name is no address")
		require.Contains(t, w.Facts().Snags[0].Reason, "is assigned to Bob Brown, whose e-mail address the tracker does not show")
	})
	w.ends(4 * day)
	w.runIncident(declared(4))
}

func TestAMovedIssueIsFollowedByItsID(t *testing.T) {
	w := withFollowUp(t)
	w.trackerSays(day, followUp1, "d1", shows(func(s *incident.IssueState) { s.Key = "TEAM-7" }), incident.IssueKey)
	w.trackerSays(day, "INC-1", "d2", incident.IssueState{ID: parentID, Key: "TEAM-1"}, incident.IssueKey)
	w.After(day+time.Hour, func() {
		f := w.Facts()
		require.Equal(t, "TEAM-7", f.FollowUps[0].Issue.Key)
		require.Equal(t, "TEAM-1", f.Links.Tracker.Key)
		require.Equal(t, "https://issues.example.com/TEAM-1", f.Links.Tracker.URL)
	})
	written := 0
	w.After(day+2*time.Hour, func() { written = w.Count("update " + id1) })
	w.trackerSays(2*day, followUp1, "d4", shows(func(s *incident.IssueState) { s.Key = "TEAM-7" }), incident.IssueLabels)
	w.After(2*day+time.Hour, func() { require.Equal(t, written+1, w.Count("update "+id1), "labels that were taken off are put back") })
	w.ends(3 * day)
	w.runIncident(declared(4))
}

func TestAParentThatIsNotShownClosesNothing(t *testing.T) {
	w := withFollowUp(t)
	w.After(day, func() {
		in := api.IssueChangedInput{Issue: incident.IssueState{Key: parentID, Unseen: true}, ReadAt: w.Env.Now()}
		require.NoError(t, w.Env.SignalWorkflowByID("INC-1", api.IssueChanged, in))
	})
	w.After(2*day, func() {
		require.Equal(t, incident.StatusResolved, w.Facts().Status)
		require.Equal(t, "issue", w.Facts().Snags[0].Mirror)
		require.Equal(t, []string{"in progress"}, w.moves())
		w.Shown = map[string]incident.IssueState{parentID: {ID: parentID, Key: "OPS-" + parentID, Status: "To Do"}}
	})
	w.After(4*day, func() { require.Empty(t, w.Facts().Snags) })
	w.ends(5 * day)
	require.Equal(t, incident.StatusClosed, w.runIncident(declared(4)).Status)
}

func TestAnIssueFiledByHandIsChased(t *testing.T) {
	w := withFollowUp(t)
	w.Shown = map[string]incident.IssueState{"OPS-88": {ID: "88", Key: "OPS-88", URL: "https://issues.example.com/OPS-88", Title: "Test the standby", Status: "To Do"}}
	for range 2 {
		w.After(day, func() {
			in := api.IssueFiledInput{DeliveryID: "d1", Issue: incident.IssueState{ID: "88", Key: "OPS-88", Title: "Test the standby", Parent: parentID}, By: "carol@example.com"}
			require.NoError(t, w.Env.SignalWorkflowByID("INC-1", api.IssueFiled, in))
		})
	}
	w.After(day+time.Hour, func() {
		f := w.Facts().FollowUps
		require.Len(t, f, 2)
		require.Equal(t, "https://issues.example.com/OPS-88", f[1].Issue.URL)
		require.Equal(t, 1, w.Count("update 88"), "it gets our labels")
		require.Equal(t, 1, w.Count("issue test/INC-1/follow-up"), "none is made for it")
	})
	w.Commands(2*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 2, Status: incident.FollowUpDone})
	w.ends(3 * day)
	w.runIncident(declared(4))
	require.Equal(t, 1, w.Count("move 88 done"))
}

func TestACommandUndoesNothingThatTheTrackerSaidAtTheSameMoment(t *testing.T) {
	w := withFollowUp(t)
	w.changes(day, incident.ChangeFollowUp{Owner: "carol@example.com"})
	w.trackerSays(day, followUp1, "d1", shows(func(s *incident.IssueState) {
		s.Status, s.Done, s.Due = "Done", true, "2027-01-20"
	}), incident.IssueStatus)
	f := w.runIncident(declared(4)).FollowUps[0]
	require.Equal(t, incident.FollowUpDone, f.Status)
	require.Equal(t, "carol@example.com", f.Owner)
	require.Zero(t, w.Count("move "+id1), "nobody reopens it against those who finished it")
}
