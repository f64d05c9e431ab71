package incidents

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// reads signals what a sweep has read of a child's issue just now.
func (w *world) reads(d time.Duration, child string, s incident.IssueState) {
	w.After(d, func() {
		in := api.IssueChangedInput{DeliveryID: "sweep/" + d.String(), Issue: s, ReadAt: w.Env.Now()}
		require.NoError(w.T, w.Env.SignalWorkflowByID(child, api.IssueChanged, in))
	})
}

// files signals that somebody filed an issue below the incident's own.
func (w *world) files(d time.Duration, s incident.IssueState) {
	w.Shown = map[string]incident.IssueState{s.Key: s}
	w.After(d, func() {
		s.Parent = parentID
		in := api.IssueFiledInput{DeliveryID: "filed/" + s.ID, Issue: s, By: "carol@example.com"}
		require.NoError(w.T, w.Env.SignalWorkflowByID("INC-1", api.IssueFiled, in))
	})
}

func (w *world) moment(d time.Duration) time.Time {
	return time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC).Add(d)
}

func TestWhoMayEditAnIssueLetsNobodyIntoAPrivateIncident(t *testing.T) {
	for name, assigns := range map[string]func(*world){
		"by assigning the issue of a follow-up": func(w *world) {
			w.trackerSays(day, followUp1, "d1", shows(func(s *incident.IssueState) { s.Owner = "mallory@example.com" }), incident.IssueOwner)
		},
		"by filing an issue that they own": func(w *world) {
			w.files(day, incident.IssueState{ID: "88", Key: "OPS-88", Title: "Let me in", Status: "To Do", Owner: "mallory@example.com"})
			w.Commands(2*day+time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 2, Status: incident.FollowUpDone})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := withFollowUp(t)
			assigns(w)
			w.changes(2*day, incident.ChangeFollowUp{Due: "2027-01-20"}) // about something else
			w.ends(3 * day)
			in := declared(4)
			in.Declaration.Private = true
			f := w.runIncident(in)
			require.True(t, slices.ContainsFunc(f.FollowUps, func(f incident.FollowUp) bool { return f.Owner == "mallory@example.com" }))
			require.False(t, slices.ContainsFunc(f.Responders, func(r incident.Responder) bool { return r.Person == "mallory@example.com" }))
			for _, furnished := range w.Furnished {
				require.NotContains(t, furnished.Invite, "mallory@example.com")
			}
		})
	}
}

func TestWhatNobodyOwnsHereIsUnassignedThere(t *testing.T) {
	w := withFollowUp(t)
	w.changes(day, incident.ChangeFollowUp{Nobody: true})
	w.changes(2*day, incident.ChangeFollowUp{Due: "2027-01-20"})
	w.ends(3 * day)
	w.runIncident(declared(4))
	var told []bool
	for _, i := range w.Issues {
		if i.Key == id1 {
			told = append(told, i.Unassigned)
		}
	}
	require.Equal(t, []bool{false, true, false}, told[:3], "said once: whom people assign there later stays")
}

func TestAnOwnerWithoutAnAccountStaysTheOwner(t *testing.T) {
	w := withFollowUp(t)
	w.changes(day, incident.ChangeFollowUp{Owner: "contractor@example.com"})
	w.reads(day+time.Hour, followUp1, shows(func(s *incident.IssueState) { s.Updated = w.moment(day) })) // alice's still
	var got string
	w.After(day+2*time.Hour, func() { got = w.followUp().Owner })
	w.ends(3 * day)
	w.runIncident(declared(4))
	require.Equal(t, "contractor@example.com", got)
}

func TestAFollowUpIsGivenBackInTheTracker(t *testing.T) {
	w := withFollowUp(t)
	for d, owner := range map[time.Duration]string{day: "bob@example.com", 2 * day: "alice@example.com", 3 * day: "alice@example.com"} {
		w.reads(d, followUp1, shows(func(s *incident.IssueState) { s.Owner, s.Updated = owner, w.moment(d) }))
	}
	var got []string
	for d := range 3 {
		w.After(time.Duration(d)*day+day+time.Hour, func() { got = append(got, w.followUp().Owner) })
	}
	w.ends(6 * day)
	w.runIncident(declared(4))
	require.Equal(t, []string{"bob@example.com", "alice@example.com", "alice@example.com"}, got)
}

func TestAnIssueOfAnAttemptWhoseAnswerWasLostIsWrittenOnceMore(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com", Due: "2026-12-16"})
	w.Commands(2*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	w.Breaks("issue "+id1, &fault.Error{Vendor: "jira", Operation: "issue.create", Class: fault.Retryable, Reason: "no answer"})
	w.changes(6*time.Minute+15*time.Second, incident.ChangeFollowUp{Owner: "carol@example.com", Due: "2027-01-20"})
	w.After(6*time.Minute+20*time.Second, func() { w.Landed = []string{id1}; w.Breaks("issue "+id1, nil) })
	w.reads(day, followUp1, shows(func(s *incident.IssueState) { // as the first attempt had made it
		s.Owner, s.Due, s.Updated = "carol@example.com", "2027-01-20", w.moment(10*time.Minute)
	}))
	var after incident.FollowUp
	w.After(day+time.Minute, func() { after = w.followUp() })
	w.ends(3 * day)
	w.runIncident(declared(4))
	require.NotZero(t, w.Count("update "+id1), "what was found may say what was true then")
	require.Equal(t, "carol@example.com 2027-01-20", w.Written(id1).Owner+" "+string(w.Written(id1).Due))
	require.Equal(t, "carol@example.com 2027-01-20", after.Owner+" "+string(after.Due))
}

func TestAChangeThatMusterOverwroteIsWrittenAgain(t *testing.T) {
	w := withFollowUp(t)
	w.changes(day, incident.ChangeFollowUp{Owner: "carol@example.com"}) // writes the due date too
	w.After(day+10*time.Second, func() {
		in := api.IssueChangedInput{
			DeliveryID: "d1", By: "alice@example.com", At: w.moment(day - 2*time.Second), Changed: []incident.IssuePart{incident.IssueDue},
			Issue: shows(func(s *incident.IssueState) { s.Due = "2027-01-20" }),
		}
		require.NoError(t, w.Env.SignalWorkflowByID(followUp1, api.IssueChanged, in))
	})
	var due, there incident.Date
	w.After(day+time.Hour, func() { due, there = w.followUp().Due, w.Written(id1).Due })
	w.ends(3 * day)
	w.runIncident(declared(4))
	require.Equal(t, []incident.Date{"2027-01-20", "2027-01-20"}, []incident.Date{due, there})
}

func TestWhatChangedThereAfterItHadEndedHoldsWhenItIsMovedBack(t *testing.T) {
	w := withFollowUp(t)
	w.changes(day, incident.ChangeFollowUp{Status: incident.FollowUpAccepted})
	ended := func(s *incident.IssueState) { s.Status, s.Done = "Done", true }
	given := func(s *incident.IssueState) { s.Due, s.Owner = "2027-01-20", "carol@example.com" }
	w.trackerSays(2*day, followUp1, "d1", shows(ended), incident.IssueStatus)
	w.trackerSays(3*day, followUp1, "d2", shows(func(s *incident.IssueState) { ended(s); given(s) }), incident.IssueDue, incident.IssueOwner)
	w.trackerSays(3*day+time.Minute, followUp1, "d3", shows(given), incident.IssueStatus)
	var f incident.FollowUp
	w.After(4*day, func() { f = w.followUp() })
	w.ends(5 * day)
	w.runIncident(declared(4))
	require.Equal(t, incident.FollowUpAccepted, f.Status)
	require.Equal(t, "carol@example.com 2027-01-20", f.Owner+" "+string(f.Due))
}

func TestACopyWithOurLabelsWritesNoTimeline(t *testing.T) {
	w := withFollowUp(t)
	for n := range 20 {
		w.trackerSays(day+time.Duration(n)*time.Minute, "INC-1", "c"+string(rune('a'+n)), incident.IssueState{ID: "77", Key: "OPS-77", Status: "To Do"}, incident.IssueStatus)
	}
	w.ends(3 * day)
	f := w.runIncident(declared(4))
	require.False(t, slices.ContainsFunc(f.Timeline, func(e incident.Entry) bool { return strings.Contains(e.Text, "OPS-77") }))
}

func TestAFiledIssueThatIsDueInTheYear9999IsChasedAllTheSame(t *testing.T) {
	w := withFollowUp(t)
	w.files(day, incident.IssueState{ID: "88", Key: "OPS-88", Title: "Test the standby", Status: "To Do", Due: "9999-12-31"})
	var filed incident.FollowUp
	w.After(day+time.Hour, func() { filed = w.Facts().FollowUps[1] })
	w.Commands(3*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 2, Status: incident.FollowUpDone})
	w.ends(2 * day)
	w.runIncident(declared(4))
	require.Equal(t, "OPS-88", filed.Issue.Key)
	require.NotEmpty(t, filed.Due)
	require.Less(t, filed.Due, incident.Date("2032-01-01"))
}

func TestAFiledIssueThatWasDeletedIsMadeAnewWithItsTitle(t *testing.T) {
	w := withFollowUp(t)
	w.files(day, incident.IssueState{ID: "88", Key: "OPS-88", Title: "Test the standby", Status: "To Do"})
	w.trackerSays(2*day, "INC-1/follow-up/2", "d2", incident.IssueState{ID: "88", Key: "OPS-88", Deleted: true})
	w.Commands(3*day, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 2, Status: incident.FollowUpAccepted})
	w.Commands(4*day+time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: 2, Status: incident.FollowUpDone})
	w.ends(4 * day)
	w.runIncident(declared(4))
	require.Equal(t, "Test the standby", w.Written("test/INC-1/follow-up/2").Summary)
}
