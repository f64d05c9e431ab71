package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

func TestAWholeIncident(t *testing.T) {
	t.Parallel()
	m := install(t)
	wholeIncident(m)
}

// The server suggests continue-as-new after every few events, so that each workflow is carried
// over in every state it is ever in.
func TestAWholeIncidentContinuedAsNewInEveryState(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) {
		o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 8}
	})
	i := wholeIncident(m)
	require.Greater(t, m.runs(i.key()), 3, "the incident was continued as new")
}

// Every vendor answers late, twice, not at all or with a refusal for a while, now and then, and
// every webhook is delivered twice.
func TestAWholeIncidentWithVendorsAtTheirWorst(t *testing.T) {
	t.Parallel()
	m := install(t)
	m.Sims.Pager.Webhooks.SetMode(simkit.Mode{Duplicate: 1})
	m.Sims.Jira.Webhooks.SetMode(simkit.Mode{Duplicate: 1})
	faults := []simkit.Fault{
		{Kind: simkit.RateLimited, RetryAfter: "1", Times: 1},
		{Kind: simkit.RateLimited, Times: 1, Skip: 6},
		{Kind: simkit.DropAfter, Times: 1, Skip: 12},
		{Kind: simkit.EmptyAfter, Times: 1, Skip: 18},
		{Kind: simkit.StatusAfter, Status: 502, Times: 1, Skip: 24},
		{Kind: simkit.DropBefore, Times: 1, Skip: 30},
	}
	for _, f := range faults {
		m.Sims.Slack.Faults().Add(f)
		m.Sims.Jira.Faults.Add(f)
	}
	m.Sims.Pager.Faults.Add(simkit.Fault{Operation: "events.trigger", Kind: simkit.StatusAfter, Status: 500, Times: 1})
	wholeIncident(m)
	require.Len(t, m.Sims.Pager.Notifications(), 1, "nobody was woken twice")
}

func wholeIncident(m *installation) *opened {
	t := m.t
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	f := i.isOpen()
	require.Equal(t, "inc-1-checkout-is-down", f.Links.Channel.Name)
	i.onceEverywhere()
	m.eventually(func() bool { return slices.Contains(i.channels()[0].Members, "alice@example.com") }, "the service's people are invited")

	require.NoError(t, m.Sims.Pager.Acknowledge(i.pages()[0].Key, "alice@example.com"))
	i.becomes("mustered", func(f incident.Incident) bool { return !f.MusteredAt.IsZero() })

	i.does(api.Assign, incident.Assign{Meta: by("bob@example.com"), Role: incident.RoleCommander, Person: "bob@example.com"})
	i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: "The database is full"})
	i.does(api.ChangeSeverity, incident.ChangeSeverity{Meta: by("bob@example.com"), Severity: 2})
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on disk space", Owner: "alice@example.com"})
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Bigger disks", Owner: "bob@example.com"})
	i.does(api.Mitigate, incident.Mitigate{Meta: by("alice@example.com")})
	i.does(api.Resolve, incident.Resolve{Meta: by("alice@example.com"), Learning: "Disks fill silently"})

	f = i.becomes("with children in the tracker", func(f incident.Incident) bool {
		return f.FollowUps[0].Issue.Key != "" && f.FollowUps[1].Issue.Key != "" && f.Review() != nil && f.Review().Issue.Key != ""
	})
	require.Len(t, m.Sims.Jira.Children(f.Links.Tracker.Key), 3)
	m.eventually(func() bool { return len(m.Sims.Pager.OpenIncidents()) == 0 }, "resolving withdraws the page")

	i.does(api.HoldReview, incident.HoldReview{Meta: by("bob@example.com")})
	require.NoError(t, m.Sims.Jira.MoveTo(f.FollowUps[0].Issue.Key, "Done", "alice@example.com"))
	i.becomes("with a follow-up done in Jira", func(f incident.Incident) bool { return f.FollowUps[0].Status == incident.FollowUpDone })
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 2, Status: incident.FollowUpDropped, Reason: "The disks are in the cloud"})

	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed && len(f.Snags) == 0 })
	m.eventually(func() bool {
		parent, _ := m.Sims.Jira.Issue(f.Links.Tracker.Key)
		return parent.Status == "Done"
	}, "closing moves the parent issue")
	for _, child := range m.Sims.Jira.Children(f.Links.Tracker.Key) {
		m.eventually(func() bool { c, _ := m.Sims.Jira.Issue(child.Key); return c.Status == "Done" }, "%s is done", child.Key)
	}
	m.eventually(func() bool {
		for _, msg := range i.channels()[0].Messages {
			if strings.Contains(msg.Key, "/board/") && strings.Contains(msg.Shown, "closed") {
				return true
			}
		}
		return false
	}, "the board says closed")
	i.onceEverywhere()
	return i
}

func TestFiveDeclarationsWithOneKeyAreOneIncident(t *testing.T) {
	t.Parallel()
	m := install(t)
	numbers := make([]int, 5)
	together(5, func(k int) {
		res, err := m.incidents.Declare(t.Context(), "the-key", incident.Declaration{Title: "Checkout is down", Severity: 1, Services: []string{"checkout"}})
		if err == nil {
			numbers[k] = res.Number
		}
	})
	require.Equal(t, []int{1, 1, 1, 1, 1}, numbers)
	i := &opened{m: m, number: 1}
	i.isOpen()
	i.onceEverywhere()
}

func TestAHundredDeclarationsAtOnceAllGetNumbersAndPage(t *testing.T) {
	t.Parallel()
	m := install(t)
	var mu sync.Mutex
	seen := map[int]bool{}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	together(100, func(k int) {
		res, err := m.incidents.Declare(ctx, fmt.Sprintf("key-%d", k), incident.Declaration{Title: fmt.Sprintf("Alert %d", k), Severity: 2, Services: []string{"checkout"}})
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			seen[res.Number] = true
		}
	})
	require.Len(t, seen, 100, "every declaration has a number of its own")
	m.eventually(func() bool { return len(m.Sims.Pager.Incidents()) == 100 }, "all of them page")
	m.eventually(func() bool { return len(m.Sims.Slack.Channels()) == 101 }, "all of them open a channel")
	m.eventually(func() bool { return m.Sims.Jira.Count() == 100 }, "all of them have an issue")
}

func TestSlackDownForTheWholeOpening(t *testing.T) {
	t.Parallel()
	m := install(t)
	down := m.Sims.Slack.Faults().Add(simkit.Fault{Kind: simkit.Down})
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.becomes("paged and tracked", func(f incident.Incident) bool {
		return f.Links.Tracker.Key != "" && f.Pages[0].Attempts == 1 && f.Links.Channel.ID == ""
	})
	m.Sims.Slack.Faults().Clear(down)
	i.isOpen()
	i.onceEverywhere()
}

func TestAnswersThatGetLostMakeNothingTwice(t *testing.T) {
	t.Parallel()
	m := install(t)
	for _, op := range []string{"conversations.create", "chat.postMessage"} {
		m.Sims.Slack.Faults().Add(simkit.Fault{Operation: op, Kind: simkit.DropAfter, Times: 1})
	}
	m.Sims.Jira.Faults.Add(simkit.Fault{Operation: "issue.create", Kind: simkit.DropAfter, Times: 1})
	m.Sims.Pager.Faults.Add(simkit.Fault{Operation: "events.trigger", Kind: simkit.DropAfter, Times: 1})
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	i.becomes("paged", func(f incident.Incident) bool { return f.Pages[0].Attempts == 1 })
	i.onceEverywhere()
	require.Len(t, m.Sims.Pager.Notifications(), 1, "nobody was woken twice")
	announced := 0
	incidentsChannel, _ := m.Sims.Slack.Channel("incidents")
	for _, msg := range incidentsChannel.Messages {
		if strings.Contains(msg.Key, i.key()) {
			announced++
		}
	}
	require.Equal(t, 1, announced)
}

func TestARequiredFieldIsASnagThatIsMendedAndRetried(t *testing.T) {
	t.Parallel()
	m := install(t)
	m.Sims.Jira.RequireField("customfield_10042", "Root team")
	i := m.declares("bob@example.com", "Checkout is down", 4, "checkout")
	f := i.becomes("with a snag", func(f incident.Incident) bool { return len(f.Snags) == 1 })
	require.Contains(t, f.Snags[0].Reason, "Root team")
	require.NotEmpty(t, f.Snags[0].Mend)
	m.Sims.Jira.FreeField("customfield_10042")
	i.does(api.Retry, incident.Retry{Meta: by("bob@example.com")})
	i.becomes("free of snags", func(f incident.Incident) bool { return len(f.Snags) == 0 && f.Links.Tracker.Key != "" })
}

func TestAnUnansweredPageEscalatesAndAnAcknowledgementStopsIt(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Search is slow", 1, "search")
	m.eventually(func() bool { return len(i.pages()) == 2 }, "the second step is paged")
	i.does(api.Acknowledge, incident.Acknowledge{Meta: by("carol@example.com")})
	m.eventually(func() bool {
		for _, p := range i.pages() {
			if p.Status != "acknowledged" {
				return false
			}
		}
		return true
	}, "the pager is told that somebody took it")
}

func TestDoneInJiraIsDoneInMusterThoughTheWebhookIsLost(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) { o.SweepEvery = time.Second })
	i := m.declares("bob@example.com", "Odd log lines", 5)
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Quieter logs", Owner: "bob@example.com"})
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	f := i.becomes("with an issue", func(f incident.Incident) bool { return f.FollowUps[0].Issue.Key != "" })
	m.Sims.Jira.Webhooks.SetMode(simkit.Mode{Lose: true})
	require.NoError(t, m.Sims.Jira.MoveTo(f.FollowUps[0].Issue.Key, "Done", "bob@example.com"))
	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed })
}

// together runs f n times at once and waits for all.
func together(n int, f func(k int)) {
	var wg sync.WaitGroup
	for k := range n {
		wg.Go(func() { f(k) })
	}
	wg.Wait()
}
