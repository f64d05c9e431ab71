package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
	"muster/workflows/api"
)

// A worker is killed while each kind of call is under way, applied at Slack and not yet known
// here. The next worker finds what was done and does it no second time.
func TestAWorkerKilledWhileItSpeaksSaysNothingTwice(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook, withoutWorker)
	m.Sims.Slack.AddChannel("checkout-news")
	status := m.Sims.Slack.AddChannel("status")
	p := m.startsWorkerProcess()
	m.inSlack("carol@example.com").slash("incidents", "/incident subscribe severity<=1")
	m.inSlack("carol@example.com").slash("incidents", "/incident subscribe <#"+status+"|status> severity<=1")
	i := m.declares("bob@example.com", "Checkout is down", 2, "checkout")
	i.isOpen()
	i.isQuiet()
	first := i.facts().Links.Channel.ID
	in := func(channel, key string) func() bool {
		return func() bool { return m.posted(channel, key) > 0 }
	}
	bob, slack := by("bob@example.com"), m.Sims.Slack.Faults()
	for _, k := range []killed{
		{
			name: "the log of the channel, two threads, two subscribers", at: slack, operation: "chat.postMessage",
			does: func() {
				i.does(api.ChangeSeverity, incident.ChangeSeverity{Meta: bob, Severity: 1, Reason: "nobody can pay"})
			},
			applied: all(in(first, "/log/"), in("incidents", "/thread/"), in("checkout-news", "/thread/"), func() bool {
				return m.posted("status", "/subscriber/")+len(m.Sims.Slack.DirectMessages("carol@example.com")) > 0 // one after the other
			}),
			after: func(incident.Incident) bool {
				return m.posted("status", "/subscriber/") == 1 && len(m.Sims.Slack.DirectMessages("carol@example.com")) == 1
			},
		},
		{
			name: "the first steps", at: slack, operation: "chat.postMessage",
			does: func() {
				i.does(api.Assign, incident.Assign{Meta: bob, Role: incident.RoleCommander, Person: "bob@example.com"})
			},
			applied: in(first, "/checklist/"),
		},
		{
			name: "the reminder of a promised update", at: slack, operation: "chat.postMessage",
			does: func() {
				i.does(api.Update, incident.Update{Meta: bob, Text: "Looking", Next: time.Now().Add(time.Second)})
			},
			applied: in(first, "/update-due/"),
		},
		{
			name: "the archive", at: slack, operation: "conversations.archive",
			does:    func() { i.does(api.Cancel, incident.Cancel{Meta: bob, Reason: "it was a test"}) },
			applied: func() bool { ch, _ := m.Sims.Slack.Channel(first); return ch.Archived },
			after: func(f incident.Incident) bool {
				return !f.Links.Archived.IsZero() && len(f.Snags) == 0 && !strings.Contains(timeline(f), "by hand")
			},
		},
		{
			name: "the second channel", at: slack, operation: "conversations.create",
			does:    func() { i.does(api.Reopen, incident.Reopen{Meta: bob, Reason: "it was none"}) },
			applied: func() bool { return len(i.channels()) == 2 },
			after:   func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Channel.ID != first },
		},
	} {
		p = p.killedDuring(k)
		if k.after != nil {
			i.becomes(k.name, k.after)
		}
		i.isQuiet()
		m.nothingTwice(k.name)
	}
	require.Len(t, i.channels(), 2)
	second := i.facts().Links.Channel
	require.Equal(t, "inc-1-checkout-is-down-2", second.Name)
	require.Equal(t, 1, m.posted(second.ID, "/board/"))
	require.Empty(t, i.facts().Snags)
}

// The board of the second channel is posted when a worker is killed.
func TestAWorkerKilledWhileItPostsTheSecondBoardPostsOne(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook, withoutWorker)
	p := m.startsWorkerProcess()
	i := m.declares("bob@example.com", "Odd log lines", 4)
	i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" })
	i.does(api.Cancel, incident.Cancel{Meta: by("bob@example.com")})
	f := i.becomes("archived", func(f incident.Incident) bool { return !f.Links.Archived.IsZero() })
	first := f.Links.Channel.ID
	slow := m.Sims.Slack.Faults().Add(simkit.Fault{Operation: "chat.postMessage", Kind: simkit.Delay, Delay: simkit.Duration(time.Minute)})
	i.does(api.Reopen, incident.Reopen{Meta: by("bob@example.com")})
	m.eventually(func() bool {
		id := i.facts().Links.Channel.ID
		return id != "" && id != first && m.posted(id, "/board/") == 1
	}, "the second board is posted")
	p.kill()
	m.Sims.Slack.Faults().Clear(slow)
	m.startsWorkerProcess()
	f = i.becomes("with a board", func(f incident.Incident) bool { return f.Links.Board.ID != "" })
	i.isQuiet()
	require.Equal(t, 1, m.posted(f.Links.Channel.ID, "/board/"))
	m.nothingTwice("the second board")
}

// Every call that Muster makes of Slack by itself fails in two ways, applied or not; and the name
// of the second channel is taken.
func TestEveryCallToSlackFailsAndNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook)
	m.Sims.Slack.AddChannel("checkout-news")
	m.Sims.Slack.AddChannel("inc-1-checkout-is-down-2")
	m.Sims.Slack.AddUser("erin@example.com", "Erin")
	sre := m.Sims.Slack.AddUserGroup("sre", "erin@example.com")
	m.inSlack("carol@example.com").slash("incidents", "/incident subscribe <!subteam^"+sre+"|@sre> severity<=2")
	ways := []simkit.Fault{
		{Kind: simkit.EmptyAfter},
		{Kind: simkit.RateLimited},
		{Kind: simkit.DropAfter},
		{Kind: simkit.Empty},
		{Kind: simkit.RateLimited, RetryAfter: "1"},
		{Kind: simkit.StatusAfter, Status: 502},
		{Kind: simkit.DropBefore},
	}
	failed := map[string]string{}
	for k, operation := range []string{
		"conversations.create", "conversations.setPurpose", "conversations.invite", "conversations.setTopic", "conversations.info",
		"conversations.history", "conversations.archive", "chat.postMessage", "chat.update", "pins.add",
		"users.conversations", "usergroups.users.list",
	} {
		for n := range 2 {
			f := ways[(2*k+n)%len(ways)]
			f.Operation, f.Times, f.Skip = operation, 1, n
			if id := m.Sims.Slack.Faults().Add(f); n == 0 {
				failed[operation] = id
			}
		}
	}
	bob := by("bob@example.com")
	i := m.declares("bob@example.com", "Checkout is down", 2, "checkout")
	first := i.isOpen().Links.Channel.ID
	i.does(api.Assign, incident.Assign{Meta: bob, Role: incident.RoleCommander, Person: "bob@example.com"})
	m.eventually(func() bool { return len(m.Sims.Slack.DirectMessages("erin@example.com")) == 1 }, "a subscriber of the group is told")
	i.does(api.Cancel, incident.Cancel{Meta: bob, Reason: "it was a test"})
	i.becomes("archived", func(f incident.Incident) bool { return !f.Links.Archived.IsZero() })
	i.does(api.Reopen, incident.Reopen{Meta: bob, Reason: "it was none"})
	f := i.becomes("in its second channel", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Channel.ID != first })
	require.Equal(t, "inc-1-checkout-is-down-2-2", f.Links.Channel.Name)
	m.eventually(func() bool {
		ch, _ := m.Sims.Slack.Channel(f.Links.Channel.ID)
		return len(ch.Members) >= 2 && strings.Contains(ch.Topic, "bob@example.com") && len(i.facts().Waiting) == 0
	}, "the second channel has topic and people")
	i.isQuiet()
	for operation, id := range failed {
		require.NotZero(t, m.Sims.Slack.Faults().Hits(id), "%s was never called", operation)
	}
	require.Len(t, i.channels(), 3, "two, and the one whose name was taken")
	require.Empty(t, i.facts().Snags)
	m.nothingTwice("after all that")
}

func all(conditions ...func() bool) func() bool {
	return func() bool {
		for _, is := range conditions {
			if !is() {
				return false
			}
		}
		return true
	}
}

// posted counts the messages of a channel whose keys contain a text.
func (m *installation) posted(channel, key string) int {
	ch, _ := m.Sims.Slack.Channel(channel)
	n := 0
	for _, msg := range ch.Messages {
		if strings.Contains(msg.Key, key) {
			n++
		}
	}
	return n
}

// isQuiet waits until the incident has no call under way.
func (i *opened) isQuiet() {
	i.m.t.Helper()
	i.m.eventually(func() bool {
		d, err := i.m.Client.DescribeWorkflowExecution(i.m.t.Context(), i.key(), "")
		return err == nil && len(d.PendingActivities) == 0 && d.PendingWorkflowTask == nil
	}, "%s has no call under way", i.key())
}

// nothingTwice requires that no message is in one place twice.
func (m *installation) nothingTwice(when string) {
	m.t.Helper()
	seen := map[string]bool{}
	look := func(place string, messages []slacksim.Message) {
		for _, msg := range messages {
			id := place + " " + msg.Thread + " " + msg.Key
			require.False(m.t, msg.Key != "" && seen[id], "%s: twice: %s", when, id)
			seen[id] = true
		}
	}
	for _, ch := range m.Sims.Slack.Channels() {
		look(ch.ID, ch.Messages)
	}
	for _, person := range []string{"alice@example.com", "bob@example.com", "carol@example.com", "erin@example.com"} {
		look(person, m.Sims.Slack.DirectMessages(person))
	}
}
