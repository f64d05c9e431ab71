package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

// One incident from its declaration to its archived channel and back, by people who never leave
// Slack.
func TestAWholeIncidentInSlack(t *testing.T) {
	eachWayIn(t, wholeIncidentInSlack)
}

func TestAWholeIncidentInSlackContinuedAsNewInEveryState(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook, func(o *sandbox.Options) {
		o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 10}
	})
	m.Sims.Slack.AddChannel("checkout-news")
	wholeIncidentInSlack(m)
	require.Greater(t, m.runs("INC-1"), 3, "the incident was continued as new")
}

func TestAWholeIncidentInSlackWithSlackAtItsWorst(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook)
	m.Sims.Slack.AddChannel("checkout-news")
	m.Sims.Slack.Events().SetMode(simkit.Mode{Duplicate: 1})
	for _, f := range []simkit.Fault{
		{Kind: simkit.RateLimited, RetryAfter: "1", Times: 1, Operation: "chat.postMessage"},
		{Kind: simkit.RateLimited, Times: 1, Skip: 2, Operation: "chat.postMessage"},
		{Kind: simkit.DropAfter, Times: 1, Skip: 4, Operation: "chat.postMessage"},
		{Kind: simkit.EmptyAfter, Times: 1, Skip: 6, Operation: "chat.postMessage"},
		{Kind: simkit.EmptyAfter, Times: 1, Operation: "conversations.create"},
		{Kind: simkit.StatusAfter, Status: 502, Times: 1, Skip: 1, Operation: "chat.update"},
		{Kind: simkit.DropAfter, Times: 1, Operation: "conversations.archive"},
	} {
		m.Sims.Slack.Faults().Add(f)
	}
	wholeIncidentInSlack(m)
}

func wholeIncidentInSlack(m *installation) {
	t := m.t
	alice, bob := m.inSlack("alice@example.com"), m.inSlack("bob@example.com")
	said := alice.slash("incidents", "/incident Checkout is down for all")
	require.Contains(t, said.Shown(), "INC-1 is declared")
	i := &opened{m: m, number: 1}
	f := i.isOpen()
	require.Equal(t, "inc-1-checkout-is-down-for-all", f.Links.Channel.Name)
	m.eventually(func() bool { return strings.Contains(strings.Join(i.channel().Members, " "), "alice@example.com") }, "who declared is in the channel")
	channel := f.Links.Channel.ID

	// Worse than thought: the answer to the declaration has a button for it.
	severity, ok := said.Button("Severity")
	require.True(t, ok)
	alice.clicks(severity)
	alice.submits("severity", map[string]string{"severity": "1", "reason": "nobody can pay"})
	m.eventually(func() bool { return len(i.pages()) == 1 }, "severity 1 pages")

	// Bob comes, takes the page and the role.
	require.NoError(t, bob.Joins(channel))
	bob.presses(i, "Acknowledge")
	i.becomes("mustered", func(f incident.Incident) bool { return !f.MusteredAt.IsZero() })
	bob.presses(i, "Take a role")
	bob.submits("role", map[string]string{"role": "commander"})
	m.eventually(func() bool { return says(i.channel(), "Ask what customers see") }, "a new commander gets the first steps")
	m.eventually(func() bool { return strings.Contains(i.channel().Topic, "bob@example.com") }, "the topic names the commander")

	// They work.
	require.Contains(t, bob.slash(channel, "/incident update The database is full next:30m").Shown(), "The database is full")
	m.eventually(func() bool {
		return says(i.channel(), "The database is full") && strings.Contains(i.channel().Topic, "next update")
	}, "an update is in the channel and in the topic")
	msg := alice.posts(channel, "We should have an alert on disk space")
	require.NoError(t, alice.Reacts(channel, msg.TS, "pushpin"))
	require.NoError(t, bob.Reacts(channel, msg.TS, "fast_forward"))
	i.becomes("with a follow-up and the message on its timeline", func(f incident.Incident) bool {
		return len(f.FollowUps) == 1 && strings.Contains(timeline(f), "alice@example.com: We should have an alert")
	})
	require.NoError(t, alice.Edits(channel, msg.TS, "We need an alert on disk space"))
	i.becomes("with the edit", func(f incident.Incident) bool { return strings.Contains(timeline(f), "We need an alert on disk space") })
	bob.presses(i, "Mitigate")
	bob.presses(i, "Resolve")
	bob.submits("resolve", map[string]string{"learning": "Disks fill silently"})

	// Everybody outside has one message, kept true, with what changed in its thread.
	m.eventually(func() bool {
		n := m.slackChannel("incidents")
		return says(n, "esolved") && says(n, "itigated") && says(n, "everity 1")
	}, "the announcement and its thread tell the changes: %s", lazy(func() string { return shown(m.slackChannel("incidents")) + timeline(i.facts()) }))
	i.becomes("with its issues", func(f incident.Incident) bool {
		return f.FollowUps[0].Issue.Key != "" && f.Review() != nil && f.Review().Issue.Key != ""
	})
	require.Contains(t, alice.slash(channel, "/incident follow-up set 1 dropped there is one").Shown(), "dropped")
	require.Contains(t, alice.slash(channel, "/incident review held").Shown(), "held")
	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed && len(f.Snags) == 0 })
	announced := 0
	for _, msg := range m.slackChannel("incidents").Messages {
		if msg.Thread == "" && strings.Contains(msg.Key, "INC-1") {
			announced++
		}
	}
	require.Equal(t, 1, announced, "one announcement")
	m.eventually(func() bool { ch, _ := m.Sims.Slack.Channel(channel); return ch.Archived }, "a quiet channel is archived")

	// It is back: a bot cannot unarchive, so there is a new channel that leads to the old one.
	alice.slash("incidents", "/incident reopen INC-1 it is back")
	f = i.becomes("open with another channel", func(f incident.Incident) bool {
		return f.Status == incident.StatusOpen && f.Links.Channel.ID != "" && f.Links.Channel.ID != channel && f.Links.Board.ID != ""
	})
	require.Len(t, f.Links.Former, 1)
	m.eventually(func() bool { return strings.Contains(i.board().Shown, "inc-1-checkout-is-down-for-all") }, "the new board leads to the old channel")
	require.Len(t, i.channels(), 2)
	alice.slash(f.Links.Channel.ID, "/incident cancel INC-1")
	alice.submits("cancel", nil)
	i.becomes("cancelled", func(f incident.Incident) bool { return f.Status == incident.StatusCancelled })
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "the page is withdrawn")
}

// Who asked to be told is told once, whatever else happens.
func TestSubscribersAreToldOnceEach(t *testing.T) {
	eachWayIn(t, func(m *installation) {
		alice, carol := m.inSlack("alice@example.com"), m.inSlack("carol@example.com")
		m.Sims.Slack.AddUser("erin@example.com", "Erin")
		sre := m.Sims.Slack.AddUserGroup("sre", "carol@example.com", "erin@example.com")
		status := m.Sims.Slack.AddChannel("status")
		require.Contains(t, carol.slash("incidents", "/incident subscribe severity<=2 service:checkout").Shown(), "severity")
		carol.slash("incidents", "/incident subscribe <!subteam^"+sre+"|@sre> severity<=1")
		carol.slash("incidents", "/incident subscribe <#"+status+"|status> severity<=2")
		i := m.declares("bob@example.com", "Checkout is down", 2, "checkout")
		told := func(email string) int {
			n := 0
			for _, msg := range m.Sims.Slack.DirectMessages(email) {
				if strings.Contains(msg.Shown, "Checkout is down") {
					n++
				}
			}
			return n
		}
		m.eventually(func() bool {
			return told("carol@example.com") == 1 && says(m.slackChannel("status"), "Checkout is down")
		}, "a person and a channel are told")
		require.Zero(t, told("erin@example.com"), "it is not as bad as she asked for")
		i.does(api.ChangeSeverity, incident.ChangeSeverity{Meta: by("bob@example.com"), Severity: 1})
		m.eventually(func() bool { return told("erin@example.com") == 1 }, "a group is told when it gets worse")
		i.does(api.ChangeSeverity, incident.ChangeSeverity{Meta: by("bob@example.com"), Severity: 2})
		i.does(api.ChangeSeverity, incident.ChangeSeverity{Meta: by("bob@example.com"), Severity: 1})
		i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
		i.becomes("resolved and quiet", func(f incident.Incident) bool { return f.Review() != nil && f.Review().Issue.Key != "" })
		require.Equal(t, 1, told("carol@example.com"))
		require.Equal(t, 1, told("erin@example.com"))
		_ = alice
	})
}

// A private incident is in its own channel and in nobody else's Slack.
func TestAPrivateIncidentLeaksNothingIntoSlack(t *testing.T) {
	eachWayIn(t, func(m *installation) {
		alice, carol := m.inSlack("alice@example.com"), m.inSlack("carol@example.com")
		carol.slash("incidents", "/incident subscribe")
		alice.slash("incidents", "/incident")
		alice.submits("declare", map[string]string{"title": "Insider takeover", "severity": "1", "options": "private"})
		i := &opened{m: m, number: 1}
		i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" })
		require.True(t, i.channel().Private)
		alice.slash(i.channel().ID, "/incident update The badge was copied")
		for _, line := range []string{"list", "show INC-1", "mitigate INC-1", "update INC-1 hello"} {
			require.NotContains(t, strings.ToLower(carol.slash("incidents", "/incident "+line).Shown()), "insider", line)
		}
		require.NoError(t, carol.OpensHome())
		m.eventually(func() bool { _, ok := carol.Home(); return ok }, "carol's home tab")
		home, _ := carol.Home()
		require.NotContains(t, home.Shown(), "Insider")
		require.Equal(t, incident.StatusOpen, i.facts().Status)
		alice.slash(i.channel().ID, "/incident mitigate it no longer hurts")
		i.becomes("mitigated", func(f incident.Incident) bool { return f.Status == incident.StatusMitigated })
		for _, ch := range m.Sims.Slack.Channels() {
			if ch.ID == i.channel().ID {
				continue
			}
			require.False(t, says(ch, "Insider") || strings.Contains(ch.Name, "insider"), "#%s", ch.Name)
		}
		for _, direct := range m.Sims.Slack.DirectMessages("carol@example.com") {
			require.NotContains(t, direct.Shown, "Insider")
		}
	})
}

// What people do to the channel by hand is lived with.
func TestPeopleTouchTheChannelByHand(t *testing.T) {
	eachWayIn(t, func(m *installation) {
		alice := m.inSlack("alice@example.com")
		alice.slash("incidents", "/incident checkout is down")
		i := &opened{m: m, number: 1}
		first := i.isOpen()
		channel := first.Links.Channel.ID

		require.NoError(t, alice.Deletes(channel, first.Links.Board.ID))
		alice.slash("incidents", "/incident update INC-1 Looking")
		i.becomes("with another board", func(f incident.Incident) bool {
			return f.Links.Board.ID != first.Links.Board.ID && f.Links.Board.ID != ""
		})

		require.NoError(t, alice.Removes(channel))
		alice.slash("incidents", "/incident update INC-1 Still looking")
		m.eventually(func() bool { return says(i.channel(), "Still looking") && i.channel().BotInside }, "the bot comes back")

		require.NoError(t, alice.Archives(channel))
		i.becomes("stuck", func(f incident.Incident) bool { return !f.Links.Archived.IsZero() && len(f.Snags) > 0 })
		alice.slash("incidents", "/incident retry INC-1")
		f := i.becomes("in another channel", func(f incident.Incident) bool {
			return f.Links.Channel.ID != channel && f.Links.Board.ID != "" && len(f.Snags) == 0
		})
		require.NotEqual(t, first.Links.Channel.Name, f.Links.Channel.Name)
		alice.slash(f.Links.Channel.ID, "/incident mitigate it no longer hurts")
		i.becomes("mitigated", func(f incident.Incident) bool { return f.Status == incident.StatusMitigated })
	})
}

func TestTwoIncidentsThatAreOneAreMergedInSlack(t *testing.T) {
	eachWayIn(t, func(m *installation) {
		alice, bob := m.inSlack("alice@example.com"), m.inSlack("bob@example.com")
		alice.slash("incidents", "/incident Checkout is down")
		bob.slash("incidents", "/incident Payments fail for everybody")
		target, source := &opened{m: m, number: 1}, &opened{m: m, number: 2}
		target.isOpen()
		source.isOpen()
		bob.slash(source.channel().ID, "/incident follow-up Alert on failing payments <@"+bob.ID+">")
		source.becomes("with a follow-up", func(f incident.Incident) bool { return len(f.FollowUps) == 1 && f.FollowUps[0].Issue.Key != "" })
		bob.slash(source.channel().ID, "/incident merge")
		bob.submits("merge", map[string]string{"into": "INC-1"})
		source.becomes("merged", func(f incident.Incident) bool { return f.Status == incident.StatusMerged && f.MergedInto == 1 })
		f := target.becomes("with what the other one had", func(f incident.Incident) bool { return len(f.FollowUps) == 1 })
		require.Equal(t, "Alert on failing payments", f.FollowUps[0].Title)
		require.Contains(t, timeline(f), "INC-2")
		m.eventually(func() bool { return strings.Contains(strings.Join(target.channel().Members, " "), "bob@example.com") }, "its people are invited")
		alice.slash("incidents", "/incident cancel INC-1")
		alice.submits("cancel", nil)
		require.Contains(t, bob.slash("incidents", "/incident merge INC-2 into INC-1").Shown(), "cancelled", "nothing is merged into what is over")
	})
}
