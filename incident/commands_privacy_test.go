package incident

import (
	"fmt"
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

// An alert declared it through a token that is nobody's. Private for nobody, nobody could invite anybody.
func TestNothingIsPrivateForNobody(t *testing.T) {
	t.Parallel()
	alert := Meta{Actor: Actor{Way: WayAPI, Token: "monitoring"}}
	i := New(42, Declaration{Title: "Checkout is down", Kind: KindIncident, Severity: 1, Actor: alert.Actor}, monday)
	for _, nobody := range []Actor{alert.Actor, {Way: WayAPI, Token: "rota", Person: "rota"}, {Way: WayWebUI}} {
		p := refuse(t, i, MakePrivate{Meta: Meta{Actor: nobody}})
		require.Equal(t, CodeIllegal, p.Code)
		require.Contains(t, p.Reason, "nobody is part of INC-42")
		require.Contains(t, p.Mend, "invite somebody first")
	}
	do(t, i, Invite{Meta: alert, Person: "alice@example.com"})
	do(t, i, MakePrivate{Meta: alert})
	require.Equal(t, []string{"alice@example.com"}, i.Members())
}

func TestWhoMakesItPrivateIsPartOfItByThat(t *testing.T) {
	t.Parallel()
	alert := Meta{Actor: Actor{Way: WayAPI, Token: "monitoring"}}
	i := New(42, Declaration{Title: "Checkout is down", Kind: KindIncident, Severity: 1, Actor: alert.Actor}, monday)
	do(t, i, Invite{Meta: alert, Person: "dan@example.com"})
	do(t, i, Remove{Meta: alice, Person: "dan@example.com"})
	res := do(t, i, MakePrivate{Meta: by("Bob@example.com")})
	require.Contains(t, res.Text, "those who are part of it: bob@example.com. bob@example.com is part of it by this")
	require.True(t, i.PartOf("bob@example.com"))
	require.False(t, i.responder("bob@example.com").JoinedAt.IsZero(), "by an act of their own")
	require.Contains(t, refuse(t, i, Remove{Meta: by("bob@example.com"), Person: "bob@example.com"}).Reason, "is the only one")
	do(t, i, Invite{Meta: by("bob@example.com"), Person: "eve@example.com"})

	i = New(43, Declaration{Title: "Checkout is down", Kind: KindIncident, Severity: 1, Actor: alice.Actor}, monday)
	require.NotContains(t, do(t, i, MakePrivate{Meta: alice}).Text, "by this", "she was part of it before")
	require.Len(t, i.Responders, 1)
}

// Among very many responders there is no room for one more, who would lose sight of it.
func TestWhoFindsNoRoomDoesNotHideItFromThemselves(t *testing.T) {
	t.Parallel()
	i := New(42, Declaration{Title: "Checkout is down", Kind: KindIncident, Severity: 1, Actor: alice.Actor}, monday)
	for n := 0; i.roomFor("bob@example.com"); n++ {
		i.Invite(monday, fmt.Sprintf("guest%03d@example.com", n))
	}
	require.Contains(t, refuse(t, i, MakePrivate{Meta: by("bob@example.com")}).Mend, "who is part of it")
	do(t, i, MakePrivate{Meta: alice})
}

// Each change takes a new channel. The last one leaves it private, whatever it was declared as.
func TestPrivacyChangesTenTimesAtMost(t *testing.T) {
	t.Parallel()
	for _, private := range []bool{false, true} {
		i := New(42, Declaration{Title: "Checkout is down", Kind: KindIncident, Severity: 1, Private: private, Actor: alice.Actor}, monday)
		changes := 0
		for ; changes < 100; changes++ {
			var next Command = MakePrivate{Meta: alice}
			if i.Private {
				next = MakePublic{Meta: alice, Confirm: true}
			}
			if next.Check(i, minute(30)) != nil {
				break
			}
			do(t, i, next)
		}
		require.InDelta(t, maxPrivacyChanges, changes, 1)
		require.LessOrEqual(t, changes, maxPrivacyChanges)
		require.Equal(t, changes, i.PrivacyChanges)
		require.True(t, i.Private)
		p := refuse(t, i, MakePublic{Meta: alice, Confirm: true})
		require.Equal(t, CodeIllegal, p.Code)
		require.Contains(t, p.Mend, "invite those who should see it")
		already(t, i, MakePrivate{Meta: alice})
	}
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
