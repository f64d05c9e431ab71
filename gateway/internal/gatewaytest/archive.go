package gatewaytest

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"muster/archive"
	"muster/gateway/incidents"
	"muster/incident"
)

// Searching is a client with an archive of its own, in SQLite, and a Temporal that only says who it is.
type Searching struct {
	*incidents.Client
	// Away is true while Temporal answers nothing.
	Away atomic.Bool
	// Visible is what visibility finds by a query; nil finds nothing.
	Visible func(query string) []*workflowpb.WorkflowExecutionInfo
	// Kept is the archive itself.
	Kept *archive.Archive
	// Memo is what Temporal itself shows of every incident that is described.
	Memo map[string]any
}

// Search makes a client whose archive holds incidents.
func Search(t testing.TB, now func() time.Time, held ...*incident.Incident) *Searching {
	t.Helper()
	a, err := archive.New("sqlite:" + filepath.Join(t.TempDir(), "archive.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	for _, i := range held {
		_, err := a.Keep(t.Context(), archive.Record{
			Workflow: i.Key(), Type: "Incident", Incident: i.Number, Version: 1, Facts: i, State: json.RawMessage("{}"),
		})
		require.NoError(t, err)
	}
	s := &Searching{Kept: a}
	s.Client = incidents.New(incidents.Options{Temporal: register{s: s}, Archive: a, Now: now})
	return s
}

// register is as much of Temporal as page tokens and lists need.
type register struct {
	incidents.Temporal
	s *Searching
}

// ListWorkflow implements incidents.Temporal.
func (r register) ListWorkflow(_ context.Context, q *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	if r.s.Away.Load() {
		return nil, serviceerror.NewUnavailable("temporal is away")
	}
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if r.s.Visible != nil {
		out.Executions = r.s.Visible(q.GetQuery())
	}
	return out, nil
}

// QueryWorkflow implements incidents.Temporal: no workflow runs.
func (r register) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	if r.s.Away.Load() {
		return nil, serviceerror.NewUnavailable("temporal is away")
	}
	return nil, serviceerror.NewNotFound("no workflow runs")
}

func (r register) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if r.s.Away.Load() {
		return nil, serviceerror.NewUnavailable("temporal is away")
	}
	info := &workflowpb.WorkflowExecutionInfo{FirstRunId: "the-first-run", Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	for name, v := range r.s.Memo {
		payload, err := converter.GetDefaultDataConverter().ToPayload(v)
		if err != nil {
			return nil, err
		}
		if info.Memo == nil {
			info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}
		}
		info.Memo.Fields[name] = payload
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

// Past are incidents to be found: three of disks at checkout, the second private, with Bob in it.
func Past(now time.Time) []*incident.Incident {
	var past []*incident.Incident
	for n, title := range []string{"The disk of checkout is full", "Somebody <reads> the disk", "Payments wait for the disk"} {
		i := incident.New(n+1, incident.Declaration{
			Title: title, Severity: incident.Severity(n + 1), Kind: incident.KindIncident, Services: []string{"checkout"},
			Actor: incident.Actor{Person: "carol@example.com", Way: incident.WayCLI},
		}, now.AddDate(0, 0, n-3))
		past = append(past, i)
	}
	past[0].Status, past[0].ResolvedAt = incident.StatusClosed, past[0].DeclaredAt.Add(time.Hour)
	past[0].Links.Channel = incident.ChannelRef{ID: "C1", Name: "inc-1-disk", URL: "https://chat.example.com/C1"}
	past[0].Links.Tracker = incident.IssueRef{ID: "10", Key: "OPS-1", URL: "https://jira.example.com/browse/OPS-1"}
	past[0].Note(past[0].ResolvedAt, incident.Actor{Person: "carol@example.com"}, "learning", "Learnt: A disk fills <silently>")
	past[1].Private = true
	past[1].Responders = []incident.Responder{{Person: "bob@example.com", JoinedAt: past[1].DeclaredAt}}
	return past
}
