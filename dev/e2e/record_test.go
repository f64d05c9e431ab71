package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

// TestRecordReplayFixtures records histories for workflows/testdata/replay. It does so only
// when asked, with MUSTER_RECORD=1: fixtures come from the version that is deployed, never from
// the change under test.
func TestRecordReplayFixtures(t *testing.T) {
	if os.Getenv("MUSTER_RECORD") == "" {
		t.Skip("records only with MUSTER_RECORD=1")
	}
	scenarios := map[string]func(t *testing.T) *installation{
		"whole": func(t *testing.T) *installation {
			t.Helper()
			m := install(t)
			wholeIncident(m)
			return m
		},
		"continued": func(t *testing.T) *installation {
			t.Helper()
			m := install(t, func(o *sandbox.Options) {
				o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 20}
			})
			wholeIncident(m)
			return m
		},
		"troubles": troubles,
		"alone":    leftAlone,
		"slack": func(t *testing.T) *installation {
			t.Helper()
			m := install(t, slackBook)
			m.Sims.Slack.AddChannel("checkout-news")
			wholeIncidentInSlack(m)
			return m
		},
	}
	for name, run := range scenarios {
		t.Run(name, func(t *testing.T) { record(t, name, run(t), "") })
	}
	t.Run("sweep", func(t *testing.T) { record(t, "sweep", swept(t), api.SweepID) })
	morning := mornings(t)
	t.Run("digest", func(t *testing.T) { record(t, "digest", morning, api.DigestPrefix) })
	t.Run("report", func(t *testing.T) { record(t, "report", morning, api.ReportID) })
	for name, run := range paths() {
		t.Run(name, func(t *testing.T) { record(t, name, run(t), "") })
	}
	t.Run("checkup", func(t *testing.T) { record(t, "checkup", checkedUp(t), api.DoctorID) })
	t.Run("canary", func(t *testing.T) { record(t, "canary", canaried(t), "") })
	t.Run("many", func(t *testing.T) { record(t, "many", manyDeclared(t), api.RegisterID) })
}

// swept has a Sweep over a page and a follow-up that are open.
func swept(t *testing.T) *installation {
	t.Helper()
	m := install(t)
	i := m.declares("bob@example.com", "Search is slow", 1, "search")
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	i.becomes("tracked", func(f incident.Incident) bool { return len(f.FollowUps) == 1 && f.FollowUps[0].Issue.Key != "" })
	run, err := m.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: api.SweepID, TaskQueue: api.QueueMuster}, api.TypeSweep)
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
	return m
}

// manyDeclared has a Register that was continued as new.
func manyDeclared(t *testing.T) *installation {
	t.Helper()
	m := install(t, func(o *sandbox.Options) {
		o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 20}
	})
	for n := range 12 {
		m.declares("bob@example.com", fmt.Sprintf("Search is slow, number %d", n+1), 5, "search")
	}
	return m
}

// troubles has an outage, a snag, an unanswered page, a signal that means nothing, a reopening
// and a review on hold.
func troubles(t *testing.T) *installation {
	t.Helper()
	m := install(t)
	down := m.Sims.Slack.Faults().Add(simkit.Fault{Kind: simkit.Down})
	m.Sims.Jira.RequireField("customfield_10042", "Root team")
	i := m.declares("bob@example.com", "Search is slow", 1, "search")
	i.becomes("stuck at Jira", func(f incident.Incident) bool { return len(f.Snags) == 1 })
	m.eventually(func() bool { return len(i.pages()) == 2 }, "escalated")
	m.Sims.Slack.Faults().Clear(down)
	m.Sims.Jira.FreeField("customfield_10042")
	i.does(api.Retry, incident.Retry{Meta: by("bob@example.com")})
	i.isOpen()
	require.NoError(t, m.Client.SignalWorkflow(t.Context(), i.key(), "", "Frobnicate", nil))
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	i.does(api.Reopen, incident.Reopen{Meta: by("bob@example.com"), Reason: "it is back"})
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	i.becomes("planned again", func(f incident.Incident) bool { return f.Review().Issue.Key != "" })
	i.does(api.WaiveReview, incident.WaiveReview{Meta: by("bob@example.com"), Reason: "nothing new"})
	i.becomes("closed", func(f incident.Incident) bool { return f.Status == incident.StatusClosed })
	return m
}

// record writes the history of every run of every workflow whose ID begins with the prefix.
func record(t *testing.T, scenario string, m *installation, prefix string) {
	t.Helper()
	dir := filepath.Join("..", "..", "workflows", "testdata", "replay")
	require.NoError(t, os.MkdirAll(dir, 0o750))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	resp, err := m.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: "default", PageSize: 500})
	require.NoError(t, err)
	runs := map[string]int{}
	for _, e := range resp.Executions {
		id := e.Execution.WorkflowId
		if strings.HasPrefix(id, "temporal-sys") || !strings.HasPrefix(id, prefix) {
			continue
		}
		runs[id]++
		h, err := m.Client.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
			Namespace: "default", Execution: e.Execution, MaximumPageSize: 1000,
		})
		require.NoError(t, err)
		if len(h.History.Events) < 3 {
			continue // it was continued as new this moment and has not run yet
		}
		data, err := protojson.Marshal(h.History)
		require.NoError(t, err)
		name := fmt.Sprintf("%s--%d--%s.json", scenario, runs[id], strings.ReplaceAll(id, "/", "--"))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
}
