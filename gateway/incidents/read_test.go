package incidents_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/internal/plaintest"
	"muster/workflows/api"
)

func TestSnapshot(t *testing.T) {
	t.Parallel()
	f := &fake{query: func(id, name string) (any, error) {
		require.Equal(t, "INC-3", id)
		require.Equal(t, api.Snapshot, name)
		return incident.Incident{Number: 3, Title: "Checkout is down"}, nil
	}}
	i, err := newClient(t, f).Snapshot(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, "Checkout is down", i.Title)
}

func TestSnapshotSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cause error
		away  bool
		text  string
	}{
		"no worker":    {serviceerror.NewFailedPrecondition("no poller seen for task queue recently, worker may be down"), true, "no worker is running"},
		"no answer":    {serviceerror.NewDeadlineExceeded("context deadline exceeded"), true, "do not answer in time"},
		"no server":    {serviceerror.NewUnavailable("connection refused"), true, "Temporal does not answer: it refuses the connection; try again"},
		"a bad query":  {serviceerror.NewQueryFailed("unknown queryType Snapshot"), false, "unknown queryType"},
		"no such one":  {serviceerror.NewNotFound("workflow not found"), false, "INC-3 does not exist"},
		"not admitted": {serviceerror.NewPermissionDenied("no", ""), false, "no"},
	} {
		f := &fake{query: func(string, string) (any, error) { return nil, tc.cause }}
		_, err := newClient(t, f).Snapshot(t.Context(), 3)
		require.ErrorContains(t, err, tc.text, name)
		require.Equal(t, tc.away, errors.Is(err, incidents.ErrAway), name)
	}
	_, err := newClient(t, &fake{}).Snapshot(t.Context(), -1)
	require.ErrorContains(t, err, "-1 is no incident")
}

func private() incident.Incident {
	return incident.Incident{
		Number: 3, Private: true, Title: "Secret", DeclaredBy: incident.Actor{Person: "alice@example.com"},
		Responders: []incident.Responder{{Person: "bob@example.com"}}, Roles: []incident.RoleHolder{{Role: "scribe", Person: "carol@example.com"}},
	}
}

func TestPrivateIncidentsExistForThoseWhoArePartOfThem(t *testing.T) {
	t.Parallel()
	c := newClient(t, &fake{
		query: func(string, string) (any, error) { return private(), nil },
		memo:  memoOf(t, private()),
	})
	for viewer, sees := range map[incidents.Viewer]bool{
		{}:                            false,
		{Person: "dan@example.com"}:   false,
		{Person: "Alice@example.com"}: true,
		{Person: "bob@example.com"}:   true,
		{Person: "carol@example.com"}: true,
		{Private: true}:               true,
	} {
		_, err := c.SnapshotFor(t.Context(), 3, viewer)
		may := c.MayCommand(t.Context(), 3, viewer)
		if sees {
			require.NoError(t, err, viewer)
			require.NoError(t, may, viewer)
			continue
		}
		require.Equal(t, newNotFound(3), err, "it looks as if it did not exist")
		require.Equal(t, newNotFound(3), may)
	}
}

func newNotFound(number int) error {
	return &incident.Problem{
		Code: incident.CodeNotFound, Field: "incident", Reason: incident.Key(number) + " does not exist, or has ended long ago", Mend: "see `starter list`",
	}
}

func TestCommandsOfPublicIncidentsNeedNoWorkerToBeAllowed(t *testing.T) {
	t.Parallel()
	f := &fake{memo: func(string) (*commonpb.Memo, error) {
		return &commonpb.Memo{Fields: map[string]*commonpb.Payload{api.MemoTitle: payload(t, "Public")}}, nil
	}}
	require.NoError(t, newClient(t, f).MayCommand(t.Context(), 3, incidents.Viewer{}))
	require.Equal(t, []string{"describe INC-3"}, f.calls)

	f = &fake{memo: func(string) (*commonpb.Memo, error) { return nil, serviceerror.NewUnavailable("away") }}
	require.ErrorIs(t, newClient(t, f).MayCommand(t.Context(), 3, incidents.Viewer{}), incidents.ErrNotRecorded)
	f = &fake{memo: func(string) (*commonpb.Memo, error) { return nil, serviceerror.NewNotFound("gone") }}
	require.Equal(t, newNotFound(3), newClient(t, f).MayCommand(t.Context(), 3, incidents.Viewer{}))
}

func TestRegister(t *testing.T) {
	t.Parallel()
	f := &fake{query: func(id, name string) (any, error) {
		require.Equal(t, "register State", id+" "+name)
		return api.RegisterState{Installation: "abcd1234", Last: 7}, nil
	}}
	s, err := newClient(t, f).Register(t.Context())
	require.NoError(t, err)
	require.Equal(t, 7, s.Last)
	f.query = func(string, string) (any, error) { return nil, serviceerror.NewNotFound("") }
	_, err = newClient(t, f).Register(t.Context())
	p, ok := incident.AsProblem(err)
	require.True(t, ok)
	require.Equal(t, incident.CodeNotFound, p.Code)
}

func TestWatchTellsOfChangesOnlyAndOutlastsAnOutage(t *testing.T) {
	t.Parallel()
	answers := []any{
		incident.Incident{Number: 1, Title: "a"},
		incident.Incident{Number: 1, Title: "a"},
		serviceerror.NewUnavailable("away"),
		incident.Incident{Number: 1, Title: "b"},
	}
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{query: func(string, string) (any, error) {
		if len(answers) == 0 {
			cancel()
			return nil, context.Canceled
		}
		a := answers[0]
		answers = answers[1:]
		if err, ok := a.(error); ok {
			return nil, err
		}
		return a, nil
	}}
	var seen []string
	outages := 0
	err := newClient(t, f).Watch(ctx, 1, time.Second, func(i incident.Incident) error {
		seen = append(seen, i.Title)
		return nil
	}, func(error) { outages++ })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"a", "b"}, seen)
	require.Equal(t, 1, outages)
}

func TestWatchEndsWithItsReader(t *testing.T) {
	t.Parallel()
	f := &fake{query: func(string, string) (any, error) { return incident.Incident{Number: 1}, nil }}
	enough := errors.New("enough")
	require.ErrorIs(t, newClient(t, f).Watch(t.Context(), 1, 0, func(incident.Incident) error { return enough }, nil), enough)
	f.query = func(string, string) (any, error) { return nil, serviceerror.NewNotFound("") }
	require.Equal(t, newNotFound(1), newClient(t, f).Watch(t.Context(), 1, 0, nil, nil))
}

func TestListQuery(t *testing.T) {
	t.Parallel()
	const running = "WorkflowType = 'Incident' AND ExecutionStatus = 'Running'"
	for want, f := range map[string]incidents.Filter{
		running + " AND MusterStatus IN ('open', 'mitigated', 'resolved') AND MusterPrivate = false": {},
		running + " AND MusterPrivate = false":                                                       {All: true, Statuses: []incident.Status{"open"}},
		running:                                                                                      {All: true, Viewer: incidents.Viewer{Private: true}},
		running + " AND MusterStatus IN ('closed') AND MusterPrivate = false":                        {Statuses: []incident.Status{"Closed"}},
		running + " AND MusterSeverity = 2 AND MusterPrivate = false":                                {All: true, Severity: 2},
		running + ` AND MusterPrivate = false AND MusterServices = 'o''brien \\'' or 1=1'`:           {All: true, Service: `O'Brien \' or 1=1`},
		running + " AND (MusterServices = 'checkout' OR MusterPrivate = true)":                       {All: true, Service: "Checkout", Viewer: incidents.Viewer{Private: true}},
	} {
		var got *workflowservice.ListWorkflowExecutionsRequest
		fk := &fake{list: func(r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
			got = r
			return &workflowservice.ListWorkflowExecutionsResponse{}, nil
		}}
		list, err := newClient(t, fk).List(t.Context(), f)
		require.NoError(t, err)
		found, next := list.Incidents, list.NextPageToken
		require.Empty(t, found)
		require.NotNil(t, found, "a list is never null")
		require.Empty(t, next)
		require.Equal(t, want, got.Query)
		require.Equal(t, "muster", got.Namespace)
		require.Equal(t, int32(incidents.DefaultLimit), got.PageSize)
	}
}

func TestListRefusesWhatItCannotAsk(t *testing.T) {
	t.Parallel()
	for field, f := range map[string]incidents.Filter{
		"status": {Statuses: []incident.Status{"sad"}}, "severity": {Severity: 6}, "service": {Service: "a\nb"},
		"limit": {Limit: 501}, "page_token": {PageToken: "%"},
	} {
		_, err := newClient(t, &fake{}).List(t.Context(), f)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, field)
		require.Equal(t, field, p.Field)
	}
}

func TestListReadsAttributesAndMemo(t *testing.T) {
	t.Parallel()
	links := []incident.Link{{Label: "#inc-1", URL: "https://chat.example.com/inc-1"}}
	public := execution(t, "INC-1", map[string]any{
		api.AttrStatus: "open", api.AttrKind: "drill", api.AttrSeverity: 2, api.AttrCommander: "alice@example.com",
		api.AttrServices: []string{"checkout"}, api.AttrSnags: 1,
	}, map[string]any{api.MemoTitle: "DRILL - x", api.MemoLinks: links, api.MemoFollowUps: 3})
	hidden := execution(t, "INC-2", map[string]any{api.AttrStatus: "open", api.AttrSeverity: 1}, nil)
	odd := execution(t, "something", nil, nil)
	var token []byte
	f := &fake{list: func(r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		token = r.NextPageToken
		return &workflowservice.ListWorkflowExecutionsResponse{
			Executions: []*workflowpb.WorkflowExecutionInfo{public, hidden, odd}, NextPageToken: []byte{0, 255},
		}, nil
	}}
	c := newClient(t, f)
	everything := incidents.Viewer{Private: true}
	list, err := c.List(t.Context(), incidents.Filter{Limit: 2, Viewer: everything})
	require.NoError(t, err)
	found, next := list.Incidents, list.NextPageToken
	require.Equal(t, incidents.Listed{
		Number: 1, Key: "INC-1", Title: "DRILL - x", Status: "open", Kind: "drill", Severity: 2, Commander: "alice@example.com",
		Services: []string{"checkout"}, OpenFollowUps: 3, Snags: 1, Links: links, DeclaredAt: now,
	}, found[0])
	require.Len(t, found, 2)

	_, err = c.List(t.Context(), incidents.Filter{PageToken: next, Limit: 2, Viewer: everything})
	require.NoError(t, err)
	require.Equal(t, []byte{0, 255}, token, "the token comes back as it was given out")
	require.True(t, found[1].Private)
	require.Equal(t, "(private incident)", found[1].Title)
}

func execution(t *testing.T, id string, attributes, memo map[string]any) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	e := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id}, StartTime: timestamppb.New(now), Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}},
		Memo:             &commonpb.Memo{Fields: map[string]*commonpb.Payload{}},
	}
	for k, v := range attributes {
		e.SearchAttributes.IndexedFields[k] = payload(t, v)
	}
	for k, v := range memo {
		e.Memo.Fields[k] = payload(t, v)
	}
	return e
}

func TestListSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := &fake{list: func(*workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		return nil, serviceerror.NewInvalidArgument("invalid query: unable to convert filter expression: invalid search attribute: MusterStatus")
	}}
	_, err := newClient(t, f).List(t.Context(), incidents.Filter{})
	require.ErrorContains(t, err, "run `starter setup`")
}

func TestWebURL(t *testing.T) {
	t.Parallel()
	require.Equal(t, "http://ui.example.com/namespaces/muster/workflows/INC-1%2Fpage%2F1", newClient(t, &fake{}).WebURL("INC-1/page/1"))
	require.Empty(t, incidents.New(incidents.Options{}).WebURL("INC-1"))
}

func TestGuestsSeeOnlyWhatTheyArePartOf(t *testing.T) {
	t.Parallel()
	open, private := &incident.Incident{Number: 1}, &incident.Incident{Number: 2, Private: true}
	part := &incident.Incident{Number: 3, DeclaredBy: incident.Actor{Person: "bob@example.com"}}
	guest := incidents.Viewer{Person: "bob@example.com", Guest: true}
	require.False(t, guest.Sees(open))
	require.False(t, guest.Sees(private))
	require.True(t, guest.Sees(part))
	require.True(t, incidents.Viewer{Person: "bob@example.com"}.Sees(open))

	f := &fake{
		memo: func(string) (*commonpb.Memo, error) {
			return &commonpb.Memo{Fields: map[string]*commonpb.Payload{api.MemoTitle: payload(t, "Checkout is down")}}, nil
		},
		query: func(string, string) (any, error) { return open, nil },
		list: func(*workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
			return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{{
				Execution: &commonpb.WorkflowExecution{WorkflowId: "INC-1"},
				Memo:      &commonpb.Memo{Fields: map[string]*commonpb.Payload{api.MemoTitle: payload(t, "Checkout is down")}},
			}}}, nil
		},
	}
	c := newClient(t, f)
	p, ok := incident.AsProblem(c.MayCommand(t.Context(), 1, guest))
	require.True(t, ok)
	require.Equal(t, incident.CodeNotFound, p.Code)
	require.NoError(t, c.MayCommand(t.Context(), 1, incidents.Viewer{Person: "bob@example.com"}))
	found, err := c.List(t.Context(), incidents.Filter{Viewer: guest})
	require.NoError(t, err)
	require.Empty(t, found.Incidents)
	found, err = c.List(t.Context(), incidents.Filter{})
	require.NoError(t, err)
	require.Len(t, found.Incidents, 1)
}

// Whatever Temporal's library says, a person reads why something was not recorded in words.
func TestNoReasonSpeaksGo(t *testing.T) {
	t.Parallel()
	for how, cause := range plaintest.Broken() {
		for _, err := range []error{
			cause, fmt.Errorf("Resolve INC-1: %w", cause), serviceerror.NewUnavailable(cause.Error()), serviceerror.NewInternal(cause.Error()),
			serviceerror.NewDeadlineExceeded(cause.Error()), serviceerror.NewResourceExhausted(0, cause.Error()), serviceerror.NewCanceled(cause.Error()),
		} {
			lost := &incidents.NotRecordedError{ID: "k", Err: err}
			plaintest.Plain(t, how, lost.Error()+lost.Reason())
			_, read := newClient(t, &fake{query: func(string, string) (any, error) { return nil, err }}).Snapshot(t.Context(), 3)
			if errors.Is(read, incidents.ErrAway) {
				plaintest.Plain(t, how, read.Error())
			}
		}
	}
}
