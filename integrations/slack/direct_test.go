package slack_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

var hello = incident.Message{Key: "inst1/INC-42/tell/alice", Headline: "Checkout is down"}

func TestADirectMessageIsSentOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []simkit.Kind{simkit.DropAfter, simkit.DropBefore} {
		d := workspace(t)
		d.fails("chat.postMessage", kind)
		requireClass(t, d.SendDirectOnce(t.Context(), alice, hello, false), fault.Retryable, "no answer")
		require.NoError(t, d.SendDirectOnce(t.Context(), alice, hello, true))
		require.NoError(t, d.SendDirectOnce(t.Context(), alice, hello, true))
		require.Len(t, d.sim.DirectMessages(alice), 1)
	}
}

// Whoever has left is unknown at once, though their ID was looked up a minute ago.
func TestWhoseAccountWasDeactivatedIsUnknownAtOnce(t *testing.T) {
	t.Parallel()
	for _, look := range []bool{false, true} {
		d := workspace(t)
		require.NoError(t, d.SendDirectOnce(t.Context(), alice, hello, false))
		d.sim.DeactivateUser(alice)
		next := incident.Message{Key: "inst1/digest/2026-11-23/alice", Headline: "1 follow-up waits for you"}
		err := d.SendDirectOnce(t.Context(), alice, next, look)
		require.True(t, fault.IsClass(err, fault.Permanent), "%v", err)
		require.True(t, fault.Means(err, fault.PersonUnknown), "%v", err)
		require.Len(t, d.sim.DirectMessages(alice), 1)
	}
}

// What a subscriber is told is for members of the workspace who see all of it.
func TestNewsAreForMembersOnly(t *testing.T) {
	t.Parallel()
	told := func(d *desk, person string) error {
		_, err := d.TellSubscriber(t.Context(), incident.Subscriber{Person: person}, hello, false)
		return err
	}
	for name, become := range map[string]func(*slacksim.Sim){
		"a stranger":                  func(s *slacksim.Sim) { s.MakeStranger(alice) },
		"a stranger in a channel":     func(s *slacksim.Sim) { s.MakeStranger(alice); shareChannel(t, s) },
		"a guest":                     func(s *slacksim.Sim) { s.MakeGuest(alice) },
		"somebody who left":           func(s *slacksim.Sim) { s.DeactivateUser(alice) },
		"somebody who is not to find": func(s *slacksim.Sim) { s.Faults().Add(notFound("users.info", "user_not_visible")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := workspace(t)
			person := slack.PersonOf(d.sim.Person(alice).ID)
			_, err := d.Member(t.Context(), d.sim.Person(alice).ID)
			require.NoError(t, err, "she was a member an hour ago")
			become(d.sim)
			err = told(d, person)
			require.True(t, fault.Means(err, fault.PersonUnknown), "%v", err)
			require.Empty(t, d.sim.DirectMessages(alice))
		})
	}
	d := workspace(t)
	limited := d.sim.Faults().Add(simkit.Fault{Operation: "users.info", Kind: simkit.Status, Status: http.StatusTooManyRequests})
	requireClass(t, told(d, alice), fault.Retryable, "")
	require.Empty(t, d.sim.DirectMessages(alice), "nobody is told while Slack does not say who they are")
	d.sim.Faults().Clear(limited)
	require.NoError(t, told(d, alice))
	require.Len(t, d.sim.DirectMessages(alice), 1)
}

func notFound(operation, code string) simkit.Fault {
	return simkit.Fault{Operation: operation, Kind: simkit.Status, Status: http.StatusOK, Body: `{"ok":false,"error":"` + code + `"}`}
}

func shareChannel(t *testing.T, s *slacksim.Sim) {
	t.Helper()
	require.NoError(t, s.Person(alice).Joins(s.AddChannel("shared")))
}

// Another workspace is known by its ID alone, so Slack need not answer for it.
func TestAnotherWorkspaceIsForeign(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	_, err := d.Check(t.Context())
	require.NoError(t, err)
	d.sim.Faults().Add(simkit.Fault{Kind: simkit.Down})
	for o, want := range map[slack.Origin]bool{
		{}: false, {TeamID: slacksim.TeamID}: false, {TeamID: "T0OTHER001"}: true, {TeamID: "T0OTHER001", EnterpriseID: "E1"}: true,
	} {
		foreign, err := d.Foreign(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, want, foreign, "%+v", o)
	}
}

func TestWithoutTheScopesADirectMessageIsStillSent(t *testing.T) {
	t.Parallel()
	for _, lacking := range []string{"im:write", "im:history"} {
		d := workspace(t)
		d.sim.SetScopes(allBut(lacking)...)
		require.NoError(t, d.SendDirectOnce(t.Context(), alice, hello, false))
		require.NoError(t, d.SendDirectOnce(t.Context(), alice, hello, true))
		require.Len(t, d.sim.DirectMessages(alice), 2, "at least once")
	}
}

// allBut are the scopes of everything without some.
func allBut(lacking ...string) []string {
	var names []string
	for _, s := range slack.Scopes() {
		names = append(names, s.Name)
		for _, l := range lacking {
			if s.Name == l {
				names = names[:len(names)-1]
			}
		}
	}
	return names
}

func TestSubscribersAreTold(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	where := d.sim.AddChannel("leads")
	tell := func(s incident.Subscriber, look bool) incident.MessageRef {
		ref, err := d.TellSubscriber(t.Context(), s, hello, look)
		require.NoError(t, err)
		require.NotEmpty(t, ref.ID)
		return ref
	}
	first := tell(incident.Subscriber{Person: alice}, false)
	require.Equal(t, first, tell(incident.Subscriber{Person: alice}, true))
	require.Len(t, d.sim.DirectMessages(alice), 1)
	first = tell(incident.Subscriber{Channel: where}, false)
	require.Equal(t, first, tell(incident.Subscriber{Channel: where}, true))
	require.Len(t, d.channel("leads").Messages, 1)

	for _, nobody := range []incident.Subscriber{{}, {Group: "S0SRE0000"}, {Channel: "leads"}} {
		_, err := d.TellSubscriber(t.Context(), nobody, hello, false)
		requireClass(t, err, fault.Permanent, "")
	}
	_, err := d.TellSubscriber(t.Context(), incident.Subscriber{Person: "nobody@example.com"}, hello, false)
	requireClass(t, err, fault.Permanent, "users_not_found")
}

func TestThePeopleOfAUserGroup(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	id := d.sim.AddUserGroup("sre", alice, bob, carol)
	d.sim.HideEmail(bob)
	d.sim.DeactivateUser(carol)
	for _, group := range []string{"sre", "@SRE", id} {
		people, err := d.GroupMembers(t.Context(), group)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{alice, slack.PersonOf(d.sim.Person(bob).ID)}, people)
	}
	require.Equal(t, 1, d.calls("usergroups.list"), "handles are remembered")
	e := requireClass(t, second(d.GroupMembers(t.Context(), "@nobody")), fault.Gone, "no_such_subteam")
	require.NotEmpty(t, e.Mend)
}

func TestUserGroupsAreInvited(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	d.sim.AddUserGroup("sre", alice, bob)
	d.sim.AddUserGroup("empty")

	done, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{
		Topic: "SEV1", Invite: []string{alice}, Groups: []string{"sre", "@nobody", "empty"},
	})

	require.NoError(t, err)
	require.Equal(t, []incident.Uninvited{{Person: "@nobody", Reason: "Slack has no user group of this name"}}, done.Uninvited)
	ch := d.channel(checkout.Name)
	require.Contains(t, ch.Members, alice)
	require.Contains(t, ch.Members, bob)
	require.Equal(t, "SEV1", ch.Topic)
}

func TestGroupsThatCannotBeReadKeepNobodyOut(t *testing.T) {
	t.Parallel()
	d := workspace(t)
	ref := d.open(checkout)
	d.sim.SetScopes(allBut("usergroups:read")...)
	done, err := d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Invite: []string{alice}, Groups: []string{"sre"}})
	require.NoError(t, err)
	require.Len(t, done.Uninvited, 1)
	require.Contains(t, done.Uninvited[0].Reason, "usergroups:read")
	require.Contains(t, d.channel(checkout.Name).Members, alice)

	d.sim.SetScopes(allBut()...)
	d.fails("usergroups.list", simkit.DropBefore)
	_, err = d.FurnishChannel(t.Context(), ref.ID, incident.Furnishing{Invite: []string{bob}, Groups: []string{"sre"}})
	requireClass(t, err, fault.Retryable, "no answer")
	require.Contains(t, d.channel(checkout.Name).Members, bob, "people do not wait for groups")
}

func TestAQuietChannelIsArchived(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	clock := simkit.NewManualClock(start)
	d := workspace(t, func(o *slacksim.Options) { o.Clock = clock })
	ref := d.open(checkout)
	person := d.sim.Person(alice)
	require.NoError(t, person.Joins(ref.ID))
	first, err := person.Posts(ref.ID, "looking")
	require.NoError(t, err)

	quiet := func(since time.Time) incident.Quiet {
		q, err := d.ArchiveQuiet(t.Context(), ref.ID, since)
		require.NoError(t, err)
		return q
	}
	clock.Advance(24 * time.Hour)
	_, err = d.PostMessage(t.Context(), ref.ID, hello, false)
	require.NoError(t, err)
	q := quiet(start.Add(-time.Minute))
	require.False(t, q.Archived)
	require.WithinDuration(t, start, q.LastSaid, time.Minute)

	_, err = person.Replies(ref.ID, first.TS, "one more thing")
	require.NoError(t, err)
	q = quiet(start.Add(time.Hour))
	require.False(t, q.Archived, "a thread that goes on is not quiet")
	require.WithinDuration(t, start.Add(24*time.Hour), q.LastSaid, time.Minute)

	clock.Advance(24 * time.Hour)
	_, err = d.PostReply(t.Context(), incident.MessageRef{Channel: ref.ID, ID: first.TS}, hello, false)
	require.NoError(t, err)
	require.Equal(t, incident.Quiet{Archived: true}, quiet(start.Add(47*time.Hour)), "what the app says is no sign of life")
	require.True(t, d.channel(checkout.Name).Archived)
	require.Equal(t, incident.Quiet{Archived: true}, quiet(start.Add(47*time.Hour)))

	q, err = d.ArchiveQuiet(t.Context(), "C0NOTHERE", start)
	require.NoError(t, err)
	require.True(t, q.Archived, "a channel that was deleted is quiet")
}

func TestAChannelIsNotArchivedWhileSlackIsUnwell(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"conversations.info", "conversations.history", "conversations.archive"} {
		d := workspace(t)
		ref := d.open(checkout)
		d.fails(operation, simkit.DropBefore)
		_, err := d.ArchiveQuiet(t.Context(), ref.ID, time.Now())
		requireClass(t, err, fault.Retryable, "no answer")
		q, err := d.ArchiveQuiet(t.Context(), ref.ID, time.Now())
		require.NoError(t, err)
		require.True(t, q.Archived)
	}
}
