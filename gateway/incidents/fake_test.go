package incidents_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"muster/gateway/incidents"
	"muster/playbook"
	"muster/playbook/file"
	"muster/workflows/api"
)

// fake stands in for Temporal. Each call is answered by its hook; a call without one fails.
type fake struct {
	update    func(ctx context.Context, o client.UpdateWorkflowOptions) (any, error)
	declare   func(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (any, error)
	signal    func(ctx context.Context, id, name string, arg any) error
	query     func(id, name string) (any, error)
	list      func(r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	memo      func(id string) (*commonpb.Memo, error)
	status    enumspb.WorkflowExecutionStatus // what a workflow that is described is
	execute   func(o client.StartWorkflowOptions, workflow any) error
	schedules client.ScheduleClient
	first     string // the first run of Register
	starting  []int  // the incidents whose start Register waits for

	mu     sync.Mutex
	starts []client.StartWorkflowOptions
	calls  []string
}

func (f *fake) called(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

// handle answers an update. Temporal gives a handle without an error also for a refusal.
type handle struct {
	result any
	err    error
}

func (handle) WorkflowID() string { return "" }
func (handle) RunID() string      { return "" }
func (handle) UpdateID() string   { return "" }
func (h handle) Get(_ context.Context, into any) error {
	if h.err != nil {
		return h.err
	}
	return value{h.result}.Get(into)
}

type value struct{ v any }

func (v value) HasValue() bool { return v.v != nil }
func (v value) Get(into any) error {
	raw, err := json.Marshal(v.v)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

type startOperation struct{}

func (startOperation) Get(context.Context) (client.WorkflowRun, error) { return nil, nil }

func (f *fake) NewWithStartWorkflowOperation(o client.StartWorkflowOptions, workflow any, _ ...any) client.WithStartWorkflowOperation {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = append(f.starts, o)
	return startOperation{}
}

func (f *fake) UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.called("declare")
	res, err := f.declare(ctx, o)
	return answer(res, err)
}

func (f *fake) UpdateWorkflow(ctx context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.called("update %s %s", o.WorkflowID, o.UpdateName)
	res, err := f.update(ctx, o)
	return answer(res, err)
}

// later marks an error that shows only when the handle is asked.
type later struct{ error }

func answer(res any, err error) (client.WorkflowUpdateHandle, error) {
	if l, ok := err.(later); ok { //nolint:errorlint // made by the test itself
		return handle{err: l.error}, nil
	}
	if err != nil {
		return nil, err
	}
	return handle{result: res}, nil
}

func (f *fake) SignalWorkflow(ctx context.Context, id, _, name string, arg any) error {
	f.called("signal %s %s", id, name)
	return f.signal(ctx, id, name, arg)
}

func (f *fake) SignalWithStartWorkflow(ctx context.Context, id, name string, arg any, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	f.called("signal %s %s", id, name)
	f.mu.Lock()
	f.starts = append(f.starts, o)
	f.mu.Unlock()
	return nil, f.signal(ctx, id, name, arg)
}

func (f *fake) QueryWorkflow(_ context.Context, id, _, name string, _ ...any) (converter.EncodedValue, error) {
	f.called("query %s %s", id, name)
	if f.query == nil {
		return nil, serviceerror.NewNotFound("nothing was ever declared")
	}
	res, err := f.query(id, name)
	if err != nil {
		return nil, err
	}
	return value{res}, nil
}

func (f *fake) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return f.list(r)
}

func (f *fake) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.called("describe %s", id)
	if id == api.RegisterID {
		first := f.first
		if first == "" {
			first = "0197-the-first-run"
		}
		d := &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{FirstRunId: first}}
		for _, n := range f.starting {
			d.PendingChildren = append(d.PendingChildren, &workflowpb.PendingChildExecutionInfo{WorkflowId: api.IncidentID(n)})
		}
		return d, nil
	}
	if f.memo == nil {
		return nil, serviceerror.NewNotFound("workflow not found for ID: " + id)
	}
	m, err := f.memo(id)
	if err != nil {
		return nil, err
	}
	info := &workflowpb.WorkflowExecutionInfo{Memo: m, Status: f.status}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

func (f *fake) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, workflow any, _ ...any) (client.WorkflowRun, error) {
	return nil, f.execute(o, workflow)
}

func (f *fake) ScheduleClient() client.ScheduleClient { return f.schedules }

// now is when every test takes place.
var now = time.Date(2026, 11, 21, 3, 4, 5, 0, time.UTC)

// newClient makes a client of the fake that waits for nothing between attempts.
func newClient(t *testing.T, f *fake) *incidents.Client {
	t.Helper()
	c := incidents.New(incidents.Options{
		Temporal: f, Playbook: book{t}, UIURL: "http://ui.example.com/", Namespace: "muster", TimeoutScale: 0.5,
		Now: func() time.Time { return now },
	})
	incidents.WaitForNothing(c)
	return c
}

// book is the example playbook.
type book struct{ t *testing.T }

func (b book) Current() (*playbook.Playbook, error) {
	p, err := file.Load("../../muster.yaml", now)
	require.NoError(b.t, err)
	return p, err
}

func payload(t *testing.T, v any) *commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(v)
	require.NoError(t, err)
	return p
}
