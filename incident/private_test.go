package incident

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Who owns a follow-up is told of it by title, so they are let in first.
func TestTheOwnerOfAFollowUpIsPartOfAPrivateIncident(t *testing.T) {
	t.Parallel()
	for _, private := range []bool{true, false} {
		i := declared()
		i.Private = private
		do(t, i, AddFollowUp{Meta: alice, Title: "Rotate the keys", Owner: "Dan@example.com"})
		require.Equal(t, private, i.responder("dan@example.com") != nil)
		do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Owner: "erin@example.com"})
		require.Equal(t, private, i.responder("erin@example.com") != nil)
	}
}

// A public incident is merged into a private one: nobody of it is let in, then or later.
func TestMergingLetsNobodyIntoAPrivateIncident(t *testing.T) {
	t.Parallel()
	source, target := twin(t), declared()
	target.Private = true
	before := len(target.Responders)
	do(t, source, Merge{Meta: alice, Into: 42})
	require.True(t, takeIn(target, source))
	require.Len(t, target.Responders, before)
	require.Equal(t, []Absorption{{From: 3}}, target.Absorbed, "no channel in which others are")
	require.False(t, target.PartOf("dan@example.com"))
	require.False(t, target.PartOf("bob@example.com"), "who owns a follow-up there is nobody here")
	require.Empty(t, target.FollowUps[0].Owner)
	require.Contains(t, lastEntry(target).Text, "not let in: dan@example.com and bob@example.com. Invite")

	do(t, target, Invite{Meta: alice, Person: "dan@example.com"})
	require.True(t, target.PartOf("dan@example.com"), "a member confirms by name")
}

// Whoever comes to a merged incident comes to that one alone.
func TestWhoComesAfterTheMergeIsNotHandedOn(t *testing.T) {
	t.Parallel()
	source := twin(t)
	do(t, source, Merge{Meta: alice, Into: 42})
	people := source.PeopleAtMerge()
	require.Len(t, people, 1)
	source.Invite(minute(40), "mallory@example.com")
	Join{Meta: by("eve@example.com")}.Apply(source, minute(41))
	require.Equal(t, people, source.PeopleAtMerge())
}

// What the playbook says invites nobody into a private incident.
func TestAServiceBringsNobodyIntoAPrivateIncident(t *testing.T) {
	t.Parallel()
	for _, private := range []bool{true, false} {
		i := declared()
		i.Private = private
		c := ChangeServices{Meta: alice, Add: []string{"search"}}.Knowing(func(s string) string { return s }, []string{"dan@example.com"}, nil)
		res := do(t, i, c)
		require.Equal(t, !private, i.PartOf("dan@example.com"))
		if private {
			require.Contains(t, res.Text, "not let in: dan@example.com")
		}
	}
}

// Everybody with an account at the pager can take a page there. Only whom it asks is let in.
func TestTakingAPageLetsInWhomItAsks(t *testing.T) {
	t.Parallel()
	for by, let := range map[string]bool{"oncall@example.com": true, "mallory@example.com": false} {
		i := declared()
		i.Private = true
		i.ReportPage(minute(31), PageReport{Page: 1, Status: PagePaging, Attempts: 1, Asked: []string{"oncall@example.com"}})
		i.ReportPage(minute(32), PageReport{Page: 1, Status: PageAcknowledged, Attempts: 1, By: by, Asked: []string{by}})
		require.Equal(t, PageAcknowledged, i.Pages[0].Status, "it is taken all the same")
		require.Equal(t, let, i.PartOf(by), by)
		require.Equal(t, !let, strings.Contains(i.Timeline[len(i.Timeline)-2].Text+lastEntry(i).Text, "not let in"))
	}
}

// The tracker's assignee owns the follow-up, and sees nothing.
func TestWhoIsAssignedInTheTrackerSeesNoPrivateIncident(t *testing.T) {
	t.Parallel()
	i := declared()
	i.Private = true
	require.NoError(t, i.FileFollowUp(minute(31), IssueState{ID: "1", Key: "OPS-9", Title: "Rotate keys", Owner: "mallory@example.com"}, Actor{Way: WayVendor}))
	require.Equal(t, "mallory@example.com", i.FollowUps[0].Owner)
	require.False(t, i.PartOf("mallory@example.com"))
}
