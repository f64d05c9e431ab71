package incident

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatPeopleDidNotSetStaysAsItIsInTheTracker(t *testing.T) {
	t.Parallel()
	i := incidentIn(t, StatusResolved)
	known := i.FollowUps[0].clone()
	known.Title, known.Status, known.Due, known.Owner = "Alert earlier", FollowUpDone, "2027-01-20", "dan@example.com"
	known.EndedAt, known.Issue = minute(29), IssueRef{ID: "10007", Key: "OPS-7"}

	do(t, i, SnoozeFollowUp{Meta: alice, Number: 1, Until: minute(300), Reason: "the vendor mends"})
	f := i.FollowUps[0].Onto(known)
	require.Equal(t, []any{FollowUpDone, Date("2027-01-20"), "dan@example.com", "Alert earlier", "OPS-7"}, []any{f.Status, f.Due, f.Owner, f.Title, f.Issue.Key})
	require.Equal(t, "the vendor mends", f.SnoozeReason)

	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Owner: "carol@example.com"})
	f = i.FollowUps[0].Onto(known)
	require.Equal(t, []any{FollowUpDone, Date("2027-01-20"), "carol@example.com"}, []any{f.Status, f.Due, f.Owner})

	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpAccepted, Due: "2027-02-01"})
	f = i.FollowUps[0].Onto(known)
	require.Equal(t, []any{FollowUpAccepted, Date("2027-02-01")}, []any{f.Status, f.Due})
	require.True(t, f.EndedAt.IsZero())

	known = f
	known.Owner, known.Status = "", FollowUpDone // in the tracker, afterwards
	do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Due: "2027-03-01"})
	f = i.FollowUps[0].Onto(known)
	require.Equal(t, []any{FollowUpDone, Date("2027-03-01"), ""}, []any{f.Status, f.Due, f.Owner})
}
