package incident

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFollowUpFromProposalToDone(t *testing.T) {
	t.Parallel()
	i := declared()
	r := do(t, i, AddFollowUp{Meta: alice, Title: " Alert on\nqueue depth ", Owner: "Bob@example.com", Due: "2026-12-24"})
	require.Equal(t, 1, r.Number)
	require.Equal(t, FollowUp{
		Number: 1, Title: "Alert on queue depth", Status: FollowUpProposed, Owner: "bob@example.com", Due: "2026-12-24",
		ProposedBy: alice.Actor, ProposedAt: minute(30),
	}, i.FollowUps[0])
	require.Equal(t, 2, do(t, i, AddFollowUp{Meta: alice, Title: "Write a runbook"}).Number)
	require.Equal(t, 2, i.OpenFollowUps())
	do(t, i, ChangeFollowUp{Meta: alice, Number: 2, Owner: "bob@example.com"})
	require.Equal(t, "Follow-up 2 (Write a runbook): owner bob@example.com, due none", lastEntry(i).Text)

	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted})
	require.True(t, i.FollowUps[0].EndedAt.IsZero())
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Owner: "carol@example.com"})
	require.Equal(t, "Follow-up 1 (Alert on queue depth): owner carol@example.com, due 2026-12-24", lastEntry(i).Text)
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDone})

	done := *i.FollowUp(1)
	require.Equal(t, minute(30), done.EndedAt)
	require.Equal(t, 3, done.Revision, "every change is told to the follow-up's workflow once")
	require.Equal(t, Date("2026-12-24"), done.Due, "what is not named stays")
	require.Equal(t, alice.Actor.Person, done.ChangedBy, "whoever takes it is not told that it is theirs")
	require.Equal(t, 1, i.OpenFollowUps())
	already(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDone})
}

func TestWhatEndedByMistakeIsReopened(t *testing.T) {
	t.Parallel()
	for _, end := range []FollowUpStatus{FollowUpDone, FollowUpDropped} {
		i := incidentIn(t, StatusClosed)
		do(t, i, AddFollowUp{Meta: alice, Title: "Test the standby"})
		i = incidentIn(t, StatusResolved)
		do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: end, Reason: "the queue is gone"})
		require.False(t, i.FollowUps[0].EndedAt.IsZero())
		for _, c := range []ChangeFollowUp{{Owner: "dan@example.com"}, {Due: "2027-01-07"}, {Issue: "OPS-9"}} {
			c.Meta, c.Number = alice, 1
			p := refuse(t, i, c)
			require.Equal(t, CodeIllegal, p.Code)
			require.Contains(t, p.Reason, "follow-up 1 is "+string(end))
			require.Contains(t, p.Mend, "reopen it first")
		}
		i.Status, i.ClosedAt = StatusClosed, minute(30)
		do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted})
		require.Equal(t, StatusResolved, i.Status, "something is expected of it again")
		require.Empty(t, i.FollowUps[0].Reason)
		require.True(t, i.FollowUps[0].EndedAt.IsZero())
		require.Equal(t, "Follow-up 1 (Alert on queue depth): reopened, it was "+string(end), lastEntry(i).Text)
	}
}

func TestAFollowUpThatMovedWithAMergeIsChangedThere(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusOpen)
	do(t, i, AddFollowUp{Meta: alice, Title: "Test the standby"})
	do(t, i, Merge{Meta: alice, Into: 7})
	p := refuse(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted})
	require.Contains(t, p.Reason, "moved to INC-7")
}

func TestAnotherIssueIsLinked(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	for _, bad := range []string{"OPS", "ops-1", "OPS-0", "OPS-1 ", "../x", "https://jira.example.com/browse/OPS-1"} {
		require.Equal(t, "issue", refuse(t, i, ChangeFollowUp{Meta: alice, Number: 1, Issue: bad}).Field)
	}
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Issue: "OPS-9"})
	require.Equal(t, "OPS-9", i.FollowUps[0].Linked)
	require.Equal(t, "Follow-up 1 (Alert on queue depth): its issue will be OPS-9, once the tracker shows that", lastEntry(i).Text)
	already(t, i, ChangeFollowUp{Meta: alice, Number: 1, Issue: "OPS-9"})
}

func TestAnIssueFiledByHandBecomesAFollowUpOnce(t *testing.T) {
	t.Parallel()
	bob := Actor{Person: "Bob B.", Way: WayVendor}
	i := incidentIn(t, StatusResolved)
	before := len(i.FollowUps)
	filed := IssueState{ID: "10077", Key: "OPS-77", Title: "Test  the\nstandby", Owner: "Dan@Example.com", Due: "2026-12-24"}
	for range 3 {
		require.NoError(t, i.FileFollowUp(minute(30), filed, bob))
	}
	require.Len(t, i.FollowUps, before+1)
	f := i.FollowUps[before]
	require.Equal(t, FollowUp{
		Number: before + 1, Title: "Test the standby", Status: FollowUpProposed, Owner: "dan@example.com", Due: "2026-12-24",
		ProposedBy: bob, ProposedAt: minute(30), Linked: "OPS-77",
	}, f)
	i.FollowUps[before].Linked, i.FollowUps[before].Issue = "", IssueRef{ID: "10077", Key: "TEAM-1"}
	require.NoError(t, i.FileFollowUp(minute(30), filed, bob), "it is known by its ID after it was moved")
	i.Reviews = append(i.Reviews, Review{Number: 1, Issue: IssueRef{ID: "10078", Key: "OPS-78"}})
	require.NoError(t, i.FileFollowUp(minute(30), IssueState{ID: "10078", Key: "OPS-78", Title: "Learning review"}, bob))
	require.Len(t, i.FollowUps, before+1)
	require.Error(t, i.FileFollowUp(minute(30), IssueState{ID: "1", Key: "OPS-1", Title: " "}, bob))
	for n := range maxFollowUps {
		_ = i.FileFollowUp(minute(30), IssueState{ID: fmt.Sprint(n), Key: fmt.Sprintf("OPS-9%d", n), Title: fmt.Sprintf("idea %d", n)}, bob)
	}
	require.Len(t, i.FollowUps, maxFollowUps)
}

func TestAnIssueFiledByHandLetsNobodyIntoAPrivateIncident(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	i.Private = true
	before := len(i.Responders)
	require.NoError(t, i.FileFollowUp(minute(30), IssueState{ID: "10077", Key: "OPS-77", Title: "Look", Owner: "mallory@example.com"}, Actor{Way: WayVendor}))
	require.Len(t, i.Responders, before)
}

func TestDroppingNeedsAReasonOnTheRecord(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	for _, reason := range []string{"", " \n ", "\u202e"} {
		require.Equal(t, "reason", refuse(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped, Reason: reason}).Field)
	}
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped, Reason: "the queue\nis gone"})
	require.Equal(t, "the queue is gone", i.FollowUps[0].Reason)
	require.Equal(t, "Follow-up 1 (Alert on queue depth): dropped: the queue is gone", lastEntry(i).Text)
	already(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped})
	already(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped, Reason: "another one"})
}

func TestWhatAFollowUpCannotBe(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	for field, c := range map[string]Command{
		"title":  AddFollowUp{Meta: alice},
		"owner":  AddFollowUp{Meta: alice, Title: "x", Owner: "bob"},
		"due":    AddFollowUp{Meta: alice, Title: "x", Due: "24.12.2026"},
		"number": ChangeFollowUp{Meta: alice, Number: 2, Status: FollowUpDone},
		"status": ChangeFollowUp{Meta: alice, Number: 1, Status: "nearly done"},
	} {
		require.Equal(t, field, refuse(t, i, c).Field)
	}
	require.Equal(t, CodeNotFound, refuse(t, i, ChangeFollowUp{Meta: alice, Number: 0}).Code)
	require.Equal(t, "owner", refuse(t, i, ChangeFollowUp{Meta: alice, Number: 1, Owner: "bob"}).Field)
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Owner: "carol@example.com"})
	require.Equal(t, "due", refuse(t, i, ChangeFollowUp{Meta: alice, Number: 1, Due: "2026-02-30"}).Field)

	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted})
	refuse(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpProposed})
}

func TestAHundredFollowUpsAreAProject(t *testing.T) {
	t.Parallel()
	i := declared()
	for n := range maxFollowUps {
		do(t, i, AddFollowUp{Meta: alice, Title: fmt.Sprintf("One more, %d", n)})
	}
	require.Contains(t, refuse(t, i, AddFollowUp{Meta: alice, Title: "One too many"}).Reason, "100 follow-ups already")
}

func TestAFollowUpWakesAClosedIncident(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusClosed)
	r := do(t, i, AddFollowUp{Meta: alice, Title: "Write a runbook"})
	require.Equal(t, StatusResolved, r.Status)
	require.True(t, i.ClosedAt.IsZero())
	require.Equal(t, minute(30), i.ResolvedAt, "it was resolved when it was")
	require.Equal(t, ReviewHeld, i.Review().Status, "no second review for it")
	require.False(t, i.Learned())
}

func TestTheNextDueDateIsThatOfOpenFollowUps(t *testing.T) {
	t.Parallel()
	i := declared()
	require.Empty(t, i.NextDue())
	do(t, i, AddFollowUp{Meta: alice, Title: "No hurry"})
	require.Empty(t, i.NextDue())
	for _, due := range []Date{"2027-01-10", "2026-12-24", "2026-12-31"} {
		do(t, i, AddFollowUp{Meta: alice, Title: "Due " + string(due), Due: due})
	}
	require.Equal(t, Date("2026-12-24"), i.NextDue())
	do(t, i, ChangeFollowUp{Meta: alice, Number: 3, Status: FollowUpDone})
	require.Equal(t, Date("2026-12-31"), i.NextDue())
}

func TestAReviewIsHeldOrWaivedOnce(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	do(t, i, HoldReview{Meta: alice, Learning: "Queues fill silently"})
	require.Equal(t, "Queues fill silently", i.Learning)
	require.Equal(t, 1, i.Review().Revision)
	require.Equal(t, "Learning review held: Queues fill silently", lastEntry(i).Text)
	already(t, i, HoldReview{Meta: alice})
	require.Contains(t, refuse(t, i, WaiveReview{Meta: alice, Reason: "no time"}).Reason, "held already")

	i = incidentIn(t, StatusResolved)
	for _, reason := range []string{"", " \t "} {
		require.Equal(t, "reason", refuse(t, i, WaiveReview{Meta: alice, Reason: reason}).Field)
	}
	do(t, i, WaiveReview{Meta: alice, Reason: "the same as INC-7"})
	require.Equal(t, "the same as INC-7", i.Review().Reason)
	already(t, i, WaiveReview{Meta: alice})
	require.Contains(t, refuse(t, i, HoldReview{Meta: alice}).Reason, "waived already")
}

func TestAReviewComesAfterResolution(t *testing.T) {
	t.Parallel()
	for _, s := range []Status{StatusOpen, StatusMitigated} {
		p := refuse(t, incidentIn(t, s), HoldReview{Meta: alice})
		require.Equal(t, CodeIllegal, p.Code)
		require.Contains(t, p.Reason, "the incident is "+string(s))
	}
	i := incidentIn(t, StatusResolved)
	do(t, i, Reopen{Meta: alice})
	refuse(t, i, WaiveReview{Meta: alice, Reason: "no time"})

	i = incidentIn(t, StatusResolved)
	i.Reviews = nil
	require.Equal(t, "review", refuse(t, i, HoldReview{Meta: alice}).Field, "a severity may ask for none")
}

func TestASecondReviewLeavesTheFirstAlone(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusClosed)
	first := i.Reviews[0]
	do(t, i, Reopen{Meta: alice})
	resolve(t, i)
	require.Equal(t, 2, i.Review().Number)
	do(t, i, WaiveReview{Meta: alice, Reason: "nothing new"})
	require.Equal(t, first, i.Reviews[0])
	require.Equal(t, ReviewWaived, i.Reviews[1].Status)
}

func TestItIsLearnedWhenReviewAndFollowUpsHaveEnded(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	require.False(t, i.Learned())
	do(t, i, HoldReview{Meta: alice})
	require.False(t, i.Learned(), "a follow-up is open")
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped, Reason: "the queue is gone"})
	require.True(t, i.Learned())
	require.True(t, declared().Learned(), "nothing is expected where there is neither")
}

func TestLearningsAndReasonsAreBounded(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	long := strings.Repeat("ab ", maxEntryText)
	do(t, i, Resolve{Meta: alice, Learning: long})
	require.Len(t, []rune(i.Learning), maxEntryText)
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDropped, Reason: long})
	require.Len(t, []rune(i.FollowUps[0].Reason), maxReason, "the timeline has all of it")
	do(t, i, WaiveReview{Meta: alice, Reason: long})
	require.Len(t, []rune(i.Review().Reason), maxReason)
}
