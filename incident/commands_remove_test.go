package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// secret is a private incident of alice's, with bob in it.
func secret(t *testing.T) *Incident {
	t.Helper()
	i := New(42, Declaration{Title: "Insider takeover", Kind: KindIncident, Severity: 2, Private: true, Actor: alice.Actor}, monday)
	i.AddPage("checkout", true, time.Time{})
	do(t, i, Assign{Meta: alice, Role: RoleCommander, Person: "bob@example.com"})
	return i
}

func TestSomebodyIsTakenOut(t *testing.T) {
	t.Parallel()
	i := secret(t)
	do(t, i, AddFollowUp{Meta: alice, Title: "Rotate the keys", Owner: "bob@example.com"})
	do(t, i, Acknowledge{Meta: by("bob@example.com")})
	res := do(t, i, Remove{Meta: alice, Person: "Bob@example.com", Reason: "not his business"})
	require.Equal(t, "bob@example.com was taken out; nobody is commander now; nobody owns follow-up 1 now; "+
		"had taken the page to checkout, which wakes nobody else: page again whom it needs: not his business", res.Text)
	require.False(t, i.PartOf("bob@example.com"))
	require.Empty(t, i.Roles)
	require.Empty(t, i.FollowUps[0].Owner)
	require.Equal(t, i.FollowUps[0].Revision, i.FollowUps[0].Set.Owner, "its own workflow is told")
	already(t, i, Remove{Meta: alice, Person: "bob@example.com"})

	do(t, i, Invite{Meta: alice, Person: "bob@example.com"})
	require.True(t, i.PartOf("bob@example.com"), "whoever is inside brings him back")
	require.Empty(t, i.Removed)
}

func TestAPageIsNotTakenBackWithItsPerson(t *testing.T) {
	t.Parallel()
	i := secret(t)
	i.AddPage("bob@example.com", false, time.Time{})
	res := do(t, i, Remove{Meta: alice, Person: "bob@example.com"})
	require.Contains(t, res.Text, "the page to bob@example.com is not taken back, and ends when somebody takes it")
	require.Equal(t, PagePaging, i.Pages[1].Status)

	i.ReportPage(minute(40), PageReport{Page: 2, Status: PageAcknowledged, Attempts: 1, By: "bob@example.com", Asked: []string{"bob@example.com"}})
	require.Equal(t, PageAcknowledged, i.Pages[1].Status)
	require.False(t, i.PartOf("bob@example.com"), "taking the page is no way back in")
}

// Nothing that nobody inside decided brings somebody back who was taken out.
func TestWhoWasTakenOutDoesNotComeBackByThemselves(t *testing.T) {
	t.Parallel()
	for _, private := range []bool{true, false} {
		i := secret(t)
		i.Private = private
		do(t, i, Remove{Meta: alice, Person: "bob@example.com"})
		require.Equal(t, []string{"bob@example.com"}, i.Beckon(minute(31), "bob@example.com"), "the playbook")
		i.Absorb(minute(32), 3, "", ChannelRef{}, []Responder{{Person: "bob@example.com"}}, nil, alice.Actor)
		i.ReportPage(minute(33), PageReport{Page: 1, Status: PageAcknowledged, Attempts: 1, By: "bob@example.com", Asked: []string{"bob@example.com"}})
		require.False(t, i.PartOf("bob@example.com"))
		here := Join{Meta: Meta{Actor: Actor{Person: "bob@example.com", Way: WaySlack}}, Channel: i.Links.Channel.ID}
		require.Equal(t, !private, i.Hears(here), "nor what he writes in the channel")
	}
}

func TestWhoDeclaredItIsTakenOutAndTheLastOneStays(t *testing.T) {
	t.Parallel()
	i := secret(t)
	do(t, i, Remove{Meta: by("bob@example.com"), Person: alice.Actor.Person})
	require.False(t, i.PartOf(alice.Actor.Person))
	p := refuse(t, i, Remove{Meta: by("bob@example.com"), Person: "bob@example.com"})
	require.Equal(t, CodeIllegal, p.Code)
	require.Contains(t, p.Reason, "the only one")
	require.Equal(t, "person", refuse(t, i, Remove{Meta: alice, Person: "bob"}).Field)
}
