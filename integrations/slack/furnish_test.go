package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

var furniture = incident.Furnishing{
	Topic:  "SEV1 <Checkout> & more | commander: nobody",
	Invite: []string{alice, "Bob@Example.com"},
	Bookmarks: []incident.Link{
		{Label: "Runbook & friends", URL: "https://runbooks.example.com/checkout?a=1&b=2"},
		{Label: "OPS-7", URL: "https://jira.example.com/browse/OPS-7"},
	},
}

func TestAChannelIsFurnished(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)

	done, err := d.FurnishChannel(t.Context(), ref.ID, furniture)

	require.NoError(t, err)
	require.Empty(t, done.Uninvited)
	ch := d.channel(ref.ID)
	require.Equal(t, "SEV1 &lt;Checkout&gt; &amp; more | commander: nobody", ch.Topic)
	require.Equal(t, []string{alice, bob}, ch.Members)
	require.Equal(t, []slacksim.Bookmark{
		{Title: "Runbook &amp; friends", Link: "https://runbooks.example.com/checkout?a=1&b=2"},
		{Title: "OPS-7", Link: "https://jira.example.com/browse/OPS-7"},
	}, ch.Bookmarks)
}

func TestFurnishingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	_, err := d.FurnishChannel(t.Context(), ref.ID, furniture)
	require.NoError(t, err)
	before := d.channel(ref.ID)

	done, err := d.FurnishChannel(t.Context(), ref.ID, furniture)

	require.NoError(t, err)
	require.Empty(t, done.Uninvited)
	require.Equal(t, before, d.channel(ref.ID), "no topic is set again, no bookmark doubled")
	require.Equal(t, 2, d.calls("users.lookupByEmail"), "people are remembered")
}

func TestABookmarkFollowsItsLink(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	for _, url := range []string{"https://old.example.com", "https://new.example.com"} {
		_, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Bookmarks: []incident.Link{{Label: "Status", URL: url}}})
		require.NoError(t, err)
	}
	require.Equal(t, []slacksim.Bookmark{{Title: "Status", Link: "https://new.example.com"}}, d.channel(ref.ID).Bookmarks)
}

func TestALongTopicIsCut(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	topic := strings.Repeat("&ä ", 100)
	for range 2 {
		_, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Topic: topic})
		require.NoError(t, err)
	}
	got := d.channel(ref.ID)
	require.True(t, strings.HasSuffix(got.Topic, "…"))
	require.LessOrEqual(t, len([]rune(got.Topic)), 250)
	require.Equal(t, 1, d.calls("conversations.setTopic"), "a cut topic is recognised too")
}

func TestPeopleWhoCannotBeInvitedSinkNobody(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	// Carol is known to the client, then leaves the company.
	_, err := d.PostMessage(t.Context(), ref.ID, incident.Message{Headline: "hello", Mention: []string{carol}}, false)
	require.NoError(t, err)
	d.sim.DeactivateUser(carol)

	done, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{
		Invite: []string{"nobody@example.com", alice, carol, "the night shift", bob, alice, "nobody@example.com"},
	})

	require.NoError(t, err)
	require.Equal(t, []string{alice, bob}, d.channel(ref.ID).Members)
	require.Equal(t, []incident.Uninvited{
		{Person: "nobody@example.com", Reason: "Slack knows nobody by this address"},
		{Person: "the night shift", Reason: "Slack knows nobody by this address"},
		{Person: carol, Reason: "Slack does not admit this person to this channel"},
	}, done.Uninvited)
}

func TestPeopleAreTakenOutOnce(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	_, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Invite: []string{alice, bob}})
	require.NoError(t, err)
	for range 2 { // the answer to the first was lost
		_, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Remove: []string{alice, "nobody@example.com"}})
		require.NoError(t, err)
	}
	require.Equal(t, []string{bob}, d.channel(ref.ID).Members)

	d.refuses("conversations.kick", "restricted_action")
	_, err = d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Remove: []string{bob}})
	f, _ := fault.As(err)
	require.Equal(t, "restricted_action", f.Reason)
	require.NotEmpty(t, f.Mend)
}

func TestNobodyCanBeInvited(t *testing.T) {
	t.Parallel()
	for _, people := range [][]string{{carol}, {carol, bob}} {
		d := workspace(t)
		ref := d.open(checkout)
		_, err := d.PostMessage(t.Context(), ref.ID, incident.Message{Headline: "hello", Mention: people}, false)
		require.NoError(t, err)
		for _, p := range people {
			d.sim.DeactivateUser(p)
		}

		done, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Invite: people})

		require.NoError(t, err)
		require.Len(t, done.Uninvited, len(people))
	}
}

func TestARefusalWithoutNamesIsTriedOneByOne(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	d.refuses("conversations.invite", "user_is_restricted")

	done, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Invite: []string{alice, bob}})

	require.NoError(t, err)
	require.Empty(t, done.Uninvited)
	require.Equal(t, []string{alice, bob}, d.channel(ref.ID).Members)
	require.Equal(t, 3, d.calls("conversations.invite"))
}

func TestManyPeopleAreInvitedInBatches(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	var all []string
	for n := range 230 {
		all = append(all, fmt.Sprintf("person%03d@example.com", n))
		d.sim.AddUser(all[n], fmt.Sprint("Person ", n))
	}

	_, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Invite: all})

	require.NoError(t, err)
	require.Len(t, d.channel(ref.ID).Members, 230)
	require.Equal(t, 3, d.calls("conversations.invite"))
}

func TestAPartThatIsForbiddenLeavesTheOthersDone(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	d.sim.SetScopes("channels:manage", "channels:read", "users:read.email", "chat:write")

	_, err := d.FurnishChannel(t.Context(), ref.ID, furniture)

	e := requireClass(t, err, fault.Permanent, "missing_scope: bookmarks:read")
	require.Equal(t, "give the app the scope bookmarks:read and reinstall it", e.Mend)
	require.Equal(t, []string{alice, bob}, d.channel(ref.ID).Members)
	require.NotEmpty(t, d.channel(ref.ID).Topic)

	d.sim.SetScopes("channels:read", "users:read.email")
	_, err = d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Topic: "other", Bookmarks: furniture.Bookmarks})
	require.ErrorContains(t, err, "channels:manage")
	require.ErrorContains(t, err, "bookmarks:read", "both refusals are told")
}

func TestTroubleAtSlackEndsTheFurnishing(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	d.fails("conversations.invite", simkit.DropBefore)

	_, err := d.FurnishChannel(t.Context(), ref.ID, furniture)

	requireClass(t, err, fault.Retryable, "no answer")
	require.Empty(t, d.channel(ref.ID).Topic)
	_, err = d.FurnishChannel(t.Context(), ref.ID, furniture)
	require.NoError(t, err)
}

func TestChannelsThatCannotBeFurnished(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	require.NoError(t, d.ArchiveChannel(t.Context(), ref.ID))
	for reason, id := range map[string]string{"is_archived": ref.ID, "channel_not_found": "C0NOSUCH01"} {
		_, err := d.FurnishChannel(t.Context(), id, furniture)
		requireClass(t, err, fault.Gone, reason)
	}
	_, err := d.FurnishChannel(t.Context(), "", furniture)
	requireClass(t, err, fault.Permanent, "no channel")
}

func TestPeopleAreLookedUpAgainAfterAWhile(t *testing.T) {
	t.Parallel()
	clock := simkit.NewManualClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	d := workspace(t)
	c := d.another(slack.Options{Now: clock.Now})
	ref := d.open(checkout)
	dave := incident.Furnishing{Invite: []string{"dave@example.com"}}
	invite := func() []incident.Uninvited {
		done, err := c.FurnishChannel(t.Context(), ref.ID, dave)
		require.NoError(t, err)
		return done.Uninvited
	}

	require.Len(t, invite(), 1)
	d.sim.AddUser("dave@example.com", "Dave Dole")
	require.Len(t, invite(), 1, "the miss is remembered for five minutes")
	clock.Advance(5 * time.Minute)
	require.Empty(t, invite())
	require.Equal(t, []string{"dave@example.com"}, d.channel(ref.ID).Members)
}
