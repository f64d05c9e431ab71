package incident

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMakingItPrivateListsWhatWasTold(t *testing.T) {
	t.Parallel()
	i := New(42, Declaration{Title: "Insider takeover", Kind: KindIncident, Severity: 2, Actor: alice.Actor}, monday)
	i.Links.Channel = ChannelRef{ID: "C1", Name: "inc-42-insider-takeover"}
	i.Links.Announcements = []Announced{{Channel: "#incidents"}}
	i.Links.Tracker = IssueRef{Key: "OPS-1"}
	do(t, i, AddFollowUp{Meta: alice, Title: "Rotate the keys", Owner: "dan@example.com"})
	res := do(t, i, MakePrivate{Meta: alice})
	require.Equal(t, "Private from now on, for those who are part of it: alice@example.com. Told already, and not taken back: "+
		"#inc-42-insider-takeover, which everybody could read, the announcement in #incidents, OPS-1 and its history, "+
		"dan@example.com, who owns follow-up 1, whoever subscribes to such incidents and Temporal's history", res.Text)
	require.False(t, i.PartOf("dan@example.com"), "nobody inside has let him in")
	already(t, i, MakePrivate{Meta: alice})
}

func TestMakingItPublicIsSaidTwice(t *testing.T) {
	t.Parallel()
	i := secret(t)
	p := refuse(t, i, MakePublic{Meta: alice})
	require.Equal(t, "confirm", p.Field)
	require.Contains(t, p.Reason, "everybody would read the title of INC-42, its timeline (2 entries)")
	do(t, i, MakePublic{Meta: alice, Confirm: true})
	require.False(t, i.Private)
	already(t, i, MakePublic{Meta: alice})
}

// What is seen in a channel lets in only those whom somebody inside has brought there.
func TestChatIsHeardFromInsideOnly(t *testing.T) {
	t.Parallel()
	i := secret(t)
	i.Links.Channel = ChannelRef{ID: "C2", Private: true}
	stranger := Meta{Actor: Actor{Person: "mallory@example.com", Way: WaySlack}}
	require.True(t, i.Hears(Join{Meta: stranger, Channel: "C2"}))
	require.False(t, i.Hears(Join{Meta: stranger, Channel: "C1"}), "the public one of before")
	require.False(t, i.Hears(Join{Meta: stranger}))
	require.False(t, i.Hears(Invite{Meta: stranger, Person: "eve@example.com"}))
	i.Links.Channel.Private = false
	require.False(t, i.Hears(Join{Meta: stranger, Channel: "C2"}), "it is about to be given up")
	i.Private = false
	require.True(t, i.Hears(Join{Meta: stranger}))
}

// Who is in the incident's own channel sees it there, until that is not its channel any more.
func TestAChannelShowsItsIncidentToThoseWhoAreInIt(t *testing.T) {
	t.Parallel()
	i := secret(t)
	i.Links.Channel = ChannelRef{ID: "C2", Private: true}
	require.True(t, i.SeenIn("C2", "bob@example.com"), "somebody let them in")
	require.False(t, i.SeenIn("C1", "bob@example.com"))
	require.False(t, i.SeenIn("", "bob@example.com"))
	do(t, i, Remove{Meta: alice, Person: "bob@example.com"})
	require.False(t, i.SeenIn("C2", "Bob@example.com"), "chat may have kept him in the channel")
	i.Links.Channel.Private = false
	require.False(t, i.SeenIn("C2", "dan@example.com"), "it is about to be given up")
	i.Private = false
	require.True(t, i.SeenIn("C2", "dan@example.com"))
	i.Links.Channel = ChannelRef{}
	require.False(t, i.SeenIn("", "dan@example.com"), "it has none yet")
}
