package incidents_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/archive"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// behind is a client whose archive holds INC-3 as it was when everybody saw it, open or over.
func behind(t *testing.T, f *fake, over bool) *incidents.Client {
	t.Helper()
	a, err := archive.New("sqlite:" + filepath.Join(t.TempDir(), "archive.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	i := incident.New(3, incident.Declaration{
		Title: "The zebra has escaped", Severity: 2, Kind: incident.KindIncident, Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayCLI},
	}, monday())
	if over {
		i.Status = incident.StatusCancelled
	}
	_, err = a.Keep(t.Context(), archive.Record{Workflow: i.Key(), Type: api.TypeIncident, Incident: 3, Version: 7, Over: over, Facts: i, State: json.RawMessage(`{}`), Shown: json.RawMessage(`{}`)})
	require.NoError(t, err)
	c := newClient(t, f)
	c.Archive = a
	return c
}

func requireCode(t *testing.T, err error, code incident.Code) *incident.Problem {
	t.Helper()
	p, refused := incident.AsProblem(err)
	require.True(t, refused, "%v", err)
	require.Equal(t, code, p.Code)
	return p
}

// Of what runs its workflow has the last word: the archive is behind, and what it still shows may have become private.
func TestWhatRunsIsHiddenAlthoughTheArchiveShowsIt(t *testing.T) {
	t.Parallel()
	hidden := execution(t, "INC-3", map[string]any{api.AttrStatus: "open"}, map[string]any{api.MemoMembers: []string{api.MemberMark(3, "alice@example.com")}})
	for _, status := range []enumspb.WorkflowExecutionStatus{enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED} {
		t.Run(status.String(), func(t *testing.T) {
			t.Parallel()
			f := &fake{status: status, memo: func(string) (*commonpb.Memo, error) { return hidden.GetMemo(), nil }}
			f.list = func(*workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
				return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{hidden}}, nil
			}
			c := behind(t, f, false)
			stranger := incidents.Viewer{Person: "dan@example.com"}
			_, err := c.SnapshotFor(t.Context(), 3, stranger)
			requireCode(t, err, incident.CodeNotFound)
			requireCode(t, c.MayCommand(t.Context(), 3, stranger), incident.CodeNotFound)
			found, err := c.Search(t.Context(), incidents.Search{Text: "zebra", Viewer: stranger})
			require.NoError(t, err)
			require.Empty(t, found.Hits)
		})
	}
}

func TestWhatTemporalHasForgottenIsReadInTheArchive(t *testing.T) {
	t.Parallel()
	c := behind(t, &fake{}, true)
	i, err := c.SnapshotFor(t.Context(), 3, incidents.Viewer{Person: "dan@example.com"})
	require.NoError(t, err)
	require.Equal(t, "The zebra has escaped", i.Title)
	_, err = c.SnapshotFor(t.Context(), 4, incidents.Viewer{Person: "dan@example.com"})
	requireCode(t, err, incident.CodeNotFound)
}

// unpolled is what Temporal says where no worker runs.
func unpolled(string, string) (any, error) {
	return nil, serviceerror.NewFailedPrecondition("no poller seen for task queue recently")
}

// While Temporal answers nothing, or no worker does, what the archive knows is shown, and that it is old is said.
func TestWhatIsNotAnsweredIsShownFromTheArchive(t *testing.T) {
	t.Parallel()
	hidden := execution(t, "INC-3", map[string]any{api.AttrStatus: "open"}, map[string]any{api.MemoMembers: []string{api.MemberMark(3, "alice@example.com")}})
	public := execution(t, "INC-3", map[string]any{api.AttrStatus: "open"}, map[string]any{api.MemoTitle: "The zebra has escaped"})
	dan := incidents.Viewer{Person: "dan@example.com"}
	t.Run("Temporal is away", func(t *testing.T) {
		t.Parallel()
		c := behind(t, &fake{}, false)
		c.Temporal = incidents.NoTemporal{}
		shown, err := c.Show(t.Context(), 3, dan)
		require.NoError(t, err)
		require.Equal(t, "The zebra has escaped", shown.Title)
		require.Contains(t, shown.Note, "Temporal or its workers do not answer; this is from the archive, whose newest change is of ")
		_, err = c.Show(t.Context(), 4, dan)
		require.ErrorIs(t, err, incidents.ErrAway)
	})
	t.Run("no worker answers", func(t *testing.T) {
		t.Parallel()
		c := behind(t, &fake{status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, query: unpolled, memo: func(string) (*commonpb.Memo, error) { return public.GetMemo(), nil }}, false)
		shown, err := c.Show(t.Context(), 3, dan)
		require.NoError(t, err)
		require.Equal(t, "The zebra has escaped", shown.Title)
		require.NotEmpty(t, shown.Note)
	})
	t.Run("what failed is no outage", func(t *testing.T) {
		t.Parallel()
		c := behind(t, &fake{}, false)
		for _, cause := range []error{serviceerror.NewPermissionDenied("no", ""), errors.New("a defect")} {
			lost := &incidents.NotRecordedError{ID: "INC-3", Err: cause}
			_, err := c.Recall(t.Context(), 3, dan, lost)
			require.ErrorIs(t, err, cause)
		}
	})
	t.Run("no worker answers, and it has become private", func(t *testing.T) {
		t.Parallel()
		f := &fake{status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, query: unpolled}
		f.memo = func(string) (*commonpb.Memo, error) { return hidden.GetMemo(), nil }
		_, err := behind(t, f, false).Show(t.Context(), 3, dan)
		requireCode(t, err, incident.CodeNotFound)
	})
}

// An incident that was open when Temporal's data was lost comes back with its pages or not at all.
func TestWhatWasOpenIsNotRevivedByACommand(t *testing.T) {
	t.Parallel()
	f := &fake{update: func(context.Context, client.UpdateWorkflowOptions) (any, error) {
		return nil, serviceerror.NewNotFound("no such workflow")
	}}
	c := behind(t, f, false)
	_, err := c.Command(t.Context(), 3, api.Nominate, incident.Nominate{Meta: incident.Meta{Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}}})
	p := requireCode(t, err, incident.CodeIllegal)
	require.Contains(t, p.Error(), "starter archive restore")
	require.Empty(t, f.starts)
}

// Joining what is long over changes nothing of it, and starts nothing.
func TestOnlyWhatChangesAnIncidentRevivesIt(t *testing.T) {
	t.Parallel()
	f := &fake{update: func(context.Context, client.UpdateWorkflowOptions) (any, error) {
		return nil, serviceerror.NewNotFound("no such workflow")
	}}
	c := behind(t, f, true)
	_, err := c.Command(t.Context(), 3, api.Join, incident.Join{Meta: incident.Meta{Actor: incident.Actor{Person: "alice@example.com", Way: incident.WayCLI}}})
	requireCode(t, err, incident.CodeNotFound)
	require.Empty(t, f.starts)
}
