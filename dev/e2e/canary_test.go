package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

const canaryBook = `canary: {every: 24h, within: 30s, channel: "#muster-canary", open_channel: true, project: CANARY, credential: "env:PD_CANARY"}
`

// canaryOf installs a Muster with a canary, whose first run comes by its schedule.
func canaryOf(t *testing.T, pairs ...string) *installation {
	t.Helper()
	return install(t, bookWith(t, strings.NewReplacer(pairs...).Replace(canaryBook)))
}

// canary runs one now.
func (m *installation) canary() api.CanaryResult {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), 3*patience)
	defer cancel()
	res, err := m.incidents.RunCanary(ctx)
	require.NoError(m.t, err)
	return res
}

// canaryPages are those of the canary's service, and all others.
func (m *installation) canaryPages() (own, others []pagerdutysim.Incident) {
	for _, p := range m.Sims.Pager.Incidents() {
		if p.Service == "PD_CANARY" || strings.HasSuffix(p.Service, "PD_CANARY") {
			own = append(own, p)
		} else {
			others = append(others, p)
		}
	}
	return own, others
}

// canariesEnd waits until so many canaries have said what they found.
func (m *installation) canariesEnd(n int) {
	m.t.Helper()
	query := fmt.Sprintf("WorkflowType = '%s' AND %s IN ('%s', '%s')", api.TypeCanary, api.AttrStatus, api.CanaryPassed, api.CanaryFailed)
	m.eventually(func() bool {
		found, err := m.Client.CountWorkflow(m.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		return err == nil && found.GetCount() >= int64(n)
	}, "%d canaries have ended", n)
}

// tidy waits until nothing of so many canaries is open anywhere, and requires that nothing else was touched.
func (m *installation) tidy(pages, posts, channels, issues int) {
	m.t.Helper()
	m.eventually(func() bool {
		for _, is := range m.Sims.Jira.Issues() {
			if is.Category != "done" {
				return false
			}
		}
		for _, c := range m.Sims.Slack.Channels() {
			if strings.HasPrefix(c.Name, "canary-") && !c.Archived {
				return false
			}
		}
		own, _ := m.canaryPages()
		for _, p := range own {
			if p.Status != "resolved" {
				return false
			}
		}
		return true
	}, "everything of the canary has ended")
	own, others := m.canaryPages()
	require.Len(m.t, own, pages, "pages")
	for _, p := range own {
		require.Contains(m.t, p.Title, "DRILL")
	}
	require.Empty(m.t, others, "nobody else is paged")
	require.Len(m.t, m.Sims.Jira.Issues(), issues, "issues")
	for _, is := range m.Sims.Jira.Issues() {
		require.Equal(m.t, "CANARY", is.Project)
	}
	opened, posted := 0, 0
	for _, c := range m.Sims.Slack.Channels() {
		switch {
		case strings.HasPrefix(c.Name, "canary-"):
			opened++
			require.Empty(m.t, c.Members, "nobody is invited")
		case c.Name == "muster-canary":
			for _, msg := range c.Messages {
				if msg.Thread == "" {
					posted++
					require.Contains(m.t, msg.Shown, "DRILL")
				}
			}
		default:
			require.Empty(m.t, c.Messages, "#%s hears nothing", c.Name)
		}
	}
	require.Equal(m.t, channels, opened, "channels")
	require.Equal(m.t, posts, posted, "messages")
	for _, person := range []string{"alice@example.com", "bob@example.com", "carol@example.com", "dan@example.com"} {
		require.Empty(m.t, m.Sims.Slack.DirectMessages(person), person)
	}
}

func TestACanaryGoesThroughEverythingAndLeavesNothing(t *testing.T) {
	t.Parallel()
	m := canaryOf(t)
	_, _, err := m.incidents.Subscribe(t.Context(), api.SubscribeInput{Subscription: incident.Subscription{
		Subscriber: incident.Subscriber{Person: "dan@example.com"},
	}, Actor: incident.Actor{Person: "dan@example.com", Way: incident.WayCLI}})
	require.NoError(t, err)
	res := m.canary()
	require.Empty(t, res.Failed())
	require.Equal(t, api.CanaryPassed, res.Outcome)
	require.Len(t, res.Legs, len(api.CanaryLegs()))
	for k, l := range res.Legs {
		require.Equal(t, api.CanaryLegs()[k], l.Name)
		require.Positive(t, l.Took, l.Name)
	}
	require.Zero(t, res.Left)
	m.eventually(func() bool { own, _ := m.canaryPages(); return len(own) == 2 }, "the schedule has run one, too")
	code, out := m.types("canary", "run")
	require.Zero(t, code, out)
	require.Contains(t, out, "Passed by INC-3")
	m.tidy(3, 3, 3, 3)
	listed, err := m.incidents.List(t.Context(), incidents.Filter{All: true, Viewer: incidents.Viewer{Private: true}})
	require.NoError(t, err)
	require.Empty(t, listed.Incidents, "canaries are not listed")
	f, err := m.incidents.Snapshot(t.Context(), res.Number)
	require.NoError(t, err)
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Empty(t, f.Reviews)
	require.Empty(t, f.Snags)
	held, err := m.App().Archive.Versions(t.Context())
	require.NoError(t, err)
	for id := range held {
		require.False(t, strings.HasPrefix(id, "INC-"), "%s is in the archive", id)
	}
}

// Each vendor is away in turn: its leg fails, the others are measured, and what is left is ended once it is back.
func TestACanaryNamesTheVendorThatIsAway(t *testing.T) {
	t.Parallel()
	for vendor, w := range map[string]struct {
		faults                         func(m *installation) *simkit.Faults
		failed                         []string
		pages, posts, channels, issues int
	}{
		"pagerduty": {func(m *installation) *simkit.Faults { return m.Sims.Pager.Faults }, []string{api.LegPage}, 1, 2, 2, 2},
		"slack":     {func(m *installation) *simkit.Faults { return m.Sims.Slack.Faults() }, []string{api.LegChat, api.LegChannel}, 2, 1, 1, 2},
		"jira":      {func(m *installation) *simkit.Faults { return m.Sims.Jira.Faults }, []string{api.LegTracker}, 2, 2, 2, 1},
	} {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			m := canaryOf(t, "within: 30s", "within: 10s")
			m.canariesEnd(1)
			down := w.faults(m).Add(simkit.Fault{Kind: simkit.Down})
			res := m.canary()
			require.Equal(t, api.CanaryFailed, res.Outcome)
			failed := []string{}
			for _, l := range res.Failed() {
				failed = append(failed, l.Name)
				require.NotEmpty(t, l.Problem)
			}
			require.Equal(t, w.failed, failed)
			w.faults(m).Clear(down)
			m.eventually(func() bool {
				f, err := m.incidents.Snapshot(t.Context(), res.Number)
				return err == nil && f.Status == incident.StatusCancelled && len(f.Snags) == 0
			}, "cancelled")
			m.tidy(w.pages, w.posts, w.channels, w.issues)
		})
	}
}

// A worker is killed as soon as the drill's page, message and issue are there and nobody has heard so, and again
// while it ends.
func TestAKilledWorkerDoublesNothingOfACanary(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker, bookWith(t, strings.ReplaceAll(canaryBook, "within: 30s", "within: 1m")))
	p := m.startsWorkerProcess()
	m.canariesEnd(1)
	ended := make(chan api.CanaryResult, 1)
	go func() {
		res, err := m.incidents.RunCanary(t.Context())
		assert.NoError(t, err)
		ended <- res
	}()
	m.eventually(func() bool { own, _ := m.canaryPages(); return len(own) == 2 }, "the second drill pages")
	p.kill()
	p = m.startsWorkerProcess()
	m.eventually(func() bool {
		own, _ := m.canaryPages()
		return len(own) == 2 && own[0].Status == "resolved" && own[1].Status == "resolved"
	}, "it goes on, and ends the page")
	p.kill()
	m.startsWorkerProcess()
	select {
	case res := <-ended:
		require.Empty(t, res.Failed())
	case <-time.After(2 * patience):
		t.Fatal("the canary never ended")
	}
	m.tidy(2, 2, 2, 2)
	require.Len(t, m.Sims.Pager.Notifications(), 2, "each rang once")
}

// canaried has the canary of its schedule.
func canaried(t *testing.T) *installation {
	t.Helper()
	m := canaryOf(t)
	m.canariesEnd(1)
	return m
}

// A canary that somebody has terminated leaves its drill to the next one.
func TestWhatACanaryHasLeftIsEndedByTheNextOne(t *testing.T) {
	t.Parallel()
	m := canaryOf(t, "within: 30s", "within: 10s")
	m.canariesEnd(1)
	down := m.Sims.Jira.Faults.Add(simkit.Fault{Kind: simkit.Down})
	in := m.canaryInput()
	_, err := m.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "canary/ended", TaskQueue: api.QueueMuster}, api.TypeCanary, in)
	require.NoError(t, err)
	m.eventually(func() bool { own, _ := m.canaryPages(); return len(own) == 2 }, "it has a drill")
	m.terminates("canary/ended")
	m.Sims.Jira.Faults.Clear(down)
	within(t, 2*patience, func() bool {
		left, err := m.incidents.LeftCanaries(t.Context(), time.Now().Add(-in.LongestCanary()))
		return err == nil && len(left) == 1
	}, "it was left behind")
	require.Equal(t, 1, m.canary().Left, "the next one finds and cancels it")
	m.eventually(func() bool {
		own, _ := m.canaryPages()
		return !slices.ContainsFunc(own, func(p pagerdutysim.Incident) bool { return p.Status != "resolved" })
	}, "and its page is resolved")
}

// canaryInput is what the schedule gives to a canary.
func (m *installation) canaryInput() api.CanaryInput {
	m.t.Helper()
	d, err := m.Client.ScheduleClient().GetHandle(m.t.Context(), api.CanaryID).Describe(m.t.Context())
	require.NoError(m.t, err)
	action, ok := d.Schedule.Action.(*client.ScheduleWorkflowAction)
	require.True(m.t, ok)
	var in api.CanaryInput
	payload, ok := action.Args[0].(*commonpb.Payload)
	require.True(m.t, ok)
	require.NoError(m.t, m.Converter.FromPayload(payload, &in))
	return in
}
