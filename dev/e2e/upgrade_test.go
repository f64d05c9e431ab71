package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/incident"
	"muster/internal/rollout"
	"muster/workflows/api"
)

// upgrades runs the command as an operator would, until it succeeds: workers of a version are known to the server a
// moment after they have begun to ask for work.
func (m *installation) upgrades(args ...string) {
	m.t.Helper()
	if slices.Contains(args, "--back") { // said twice, it would lead back to where one has left
		code, out := m.types(append([]string{"upgrade", "--deployment", "muster", "--rate", "100", "--wait", "60s"}, args...)...)
		require.Zero(m.t, code, out)
		return
	}
	var out string
	m.eventually(func() bool {
		var code int
		code, out = m.types(append([]string{"upgrade", "--deployment", "muster", "--rate", "100", "--wait", "20s"}, args...)...)
		return code == 0
	}, "upgrade %v: %s", args, lazy(func() string { return out }))
}

// versions is how many open workflows each version holds, and which is the current one.
func (m *installation) versions() (current string, open map[string]int64) {
	m.t.Helper()
	code, out := m.types("upgrade", "--deployment", "muster", "--status", "-o", "json")
	require.Zero(m.t, code, out)
	var res struct {
		Current  string            `json:"current"`
		Versions []rollout.Version `json:"versions"`
	}
	require.NoError(m.t, json.Unmarshal([]byte(out), &res), out)
	open = map[string]int64{}
	for _, v := range res.Versions {
		open[v.Build] = v.Open
	}
	return res.Current, open
}

// versionOf is the version that holds the present run of a workflow.
func (m *installation) versionOf(id string) string {
	resp, err := m.Client.DescribeWorkflowExecution(m.t.Context(), id, "")
	if err != nil {
		return ""
	}
	return resp.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId()
}

func (m *installation) allOn(build string, ids ...string) {
	m.t.Helper()
	for _, id := range ids {
		m.eventually(func() bool { return m.versionOf(id) == build }, "%s is on %s and not on %s", id, build, lazy(func() string { return m.versionOf(id) }))
	}
}

// An incident with its page, its review and a follow-up begins on one version, moves to the next while people go on
// giving commands, is moved back, and forward again to its end. Nothing happens twice.
func TestAnIncidentIsUpgradedAndRolledBack(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker)
	stopFirst := m.startsWorkersOf("v1")
	m.upgrades("--to", "v1")
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on disk space", Owner: "alice@example.com"})
	i.becomes("with its follow-up tracked", func(f incident.Incident) bool { return f.FollowUps[0].Issue.Key != "" })
	open := []string{api.RegisterID, "INC-1", "INC-1/page/1", "INC-1/follow-up/1"}
	m.allOn("v1", open...)

	stopSecond := m.startsWorkersOf("v2")
	m.allOn("v1", open...) // nothing moves by itself
	done := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() { m.keepsTelling(i, done) })
	m.upgrades("--to", "v2")
	close(done)
	told.Wait()
	m.allOn("v2", open...)
	current, left := m.versions()
	require.Equal(t, "v2", current)
	require.Zero(t, left["v1"], "the version before can be stopped")
	stopFirst()

	i.does(api.Resolve, incident.Resolve{Meta: by("alice@example.com"), Learning: "Disks fill silently"})
	i.becomes("with its review", func(f incident.Incident) bool { return f.Review() != nil && f.Review().Issue.Key != "" })
	m.allOn("v2", "INC-1/review")
	other := m.declares("bob@example.com", "Search is odd", 4)
	other.isOpen()
	m.allOn("v2", other.key())

	stopFirst = m.startsWorkersOf("v1")
	m.upgrades("--back")
	m.allOn("v1", api.RegisterID, "INC-1", "INC-1/review", "INC-1/follow-up/1", other.key())
	stopSecond()
	i.does(api.HoldReview, incident.HoldReview{Meta: by("bob@example.com")})
	i.does(api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "in the cloud"})
	f := i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed && len(f.Snags) == 0 })
	i.onceEverywhere()
	require.Len(t, m.Sims.Pager.Notifications(), 1, "nobody was woken twice")
	require.NotEmpty(t, f.Timeline)
	stopFirst()
}

// keepsTelling gives one command after the other until done, and each must be answered.
func (m *installation) keepsTelling(i *opened, done <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-done:
			f := i.whole() // there may have been more than an incident keeps itself
			for k := range n {
				require.Equal(m.t, 1, countEntries(f, fmt.Sprintf("still looking %d.", k)), "each once")
			}
			require.Positive(m.t, n)
			return
		default:
			i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: fmt.Sprintf("still looking %d.", n)})
		}
	}
}

func countEntries(f incident.Incident, text string) int {
	n := 0
	for _, e := range f.Timeline {
		if e.Text == text {
			n++
		}
	}
	return n
}

// What Schedules start begins on the version that is current then.
func TestAScheduledWorkflowBeginsOnTheCurrentVersion(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker)
	stop := m.startsWorkersOf("v1")
	m.upgrades("--to", "v1")
	m.startsWorkersOf("v2")
	m.upgrades("--to", "v2")
	stop()
	require.NoError(t, m.Client.ScheduleClient().GetHandle(t.Context(), api.SweepID).Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	m.eventually(func() bool {
		resp, err := m.Client.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: "default", Query: "WorkflowType = 'Sweep' AND ExecutionStatus = 'Completed' AND TemporalWorkerDeploymentVersion = 'muster:v2'",
		})
		return err == nil && resp.Count == 1
	}, "the Sweep has run on v2")
}

// An operator asks before a roll-out whom the new program could not follow: nobody, of open ones and ended ones.
func TestAnInstallationsHistoriesAreReplayed(t *testing.T) {
	t.Parallel()
	m := install(t)
	wholeIncident(m)
	dir := t.TempDir()
	m.eventually(func() bool {
		code, out := m.types("replay", "--closed", "24h", "--dir", dir, "-o", "json")
		var res struct{ Replayed int }
		return code == 0 && json.Unmarshal([]byte(out), &res) == nil && res.Replayed >= 5
	}, "register, incident, page, review and two follow-ups")
	code, out := m.types("replay", "--query", "WorkflowType = 'Incident'")
	require.Zero(t, code, out)
	require.Contains(t, out, "1 histories replayed, 0 would break")
}

// What is open when workers get versions goes over to the first one.
func TestOpenWorkflowsGoOnWhenWorkersGetVersions(t *testing.T) {
	t.Parallel()
	m := install(t, withoutWorker)
	stop := m.startsWorkers()
	i := m.declares("bob@example.com", "Odd log lines", 4)
	i.isOpen()
	m.startsWorkersOf("v1")
	m.upgrades("--to", "v1")
	stop()
	i.does(api.Update, incident.Update{Meta: by("bob@example.com"), Text: "Still odd"})
	m.allOn("v1", i.key())
	require.Len(t, i.channels(), 1)
}
