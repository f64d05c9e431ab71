package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

// secret stands for every secret: it must not appear in what goes into a history.
const secret = "xoxb-do-not-tell-anybody"

// worker runs activities as a Temporal worker does, on their first attempt.
func worker(t *testing.T, activities ...any) *testsuite.TestActivityEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	for _, a := range activities {
		env.RegisterActivity(a)
	}
	return env
}

// result runs an activity that must succeed.
func result[T any](t *testing.T, env *testsuite.TestActivityEnvironment, activity any, args ...any) T {
	t.Helper()
	value, err := env.ExecuteActivity(activity, args...)
	require.NoError(t, err)
	var out T
	if value.HasValue() {
		require.NoError(t, value.Get(&out))
	}
	return out
}

// failure runs an activity that must fail, and gives what a workflow sees of it.
func failure(t *testing.T, env *testsuite.TestActivityEnvironment, activity any, args ...any) (*temporal.ApplicationError, Failure) {
	t.Helper()
	_, err := env.ExecuteActivity(activity, args...)
	require.Error(t, err)
	return application(t, err)
}

func application(t *testing.T, err error) (*temporal.ApplicationError, Failure) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	var f Failure
	if app.HasDetails() {
		require.NoError(t, app.Details(&f))
	}
	history := temporal.GetDefaultFailureConverter().ErrorToFailure(err).String()
	require.NotContains(t, err.Error()+history, secret)
	return app, f
}

// fakePager is a pager whose pages are by key. It notes every call.
type fakePager struct {
	calls []string
	pages map[string]incident.PageState
	fails map[string]error // by call
	// hang makes a look-up take all the time that it is given.
	hang bool
	// notified are whom it notified, by key.
	notified map[string][]incident.Woken
}

func (p *fakePager) called(format string, args ...any) error {
	c := fmt.Sprintf(format, args...)
	p.calls = append(p.calls, c)
	return p.fails[c]
}

func (p *fakePager) Trigger(ctx context.Context, routingKey fault.Secret, call incident.PageRequest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if call.Reach != "" {
		return p.called("page %s for %s", call.Key, call.Reach)
	}
	return p.called("page %s with %s", call.Key, routingKey.Reveal())
}

func (p *fakePager) Acknowledge(_ context.Context, routingKey fault.Secret, key string) error {
	return p.called("acknowledge %s with %s", key, routingKey.Reveal())
}

func (p *fakePager) Resolve(_ context.Context, routingKey fault.Secret, key string) error {
	return p.called("resolve %s with %s", key, routingKey.Reveal())
}

func (p *fakePager) AcknowledgeReached(_ context.Context, key string) error {
	return p.called("acknowledge %s as reached", key)
}

func (p *fakePager) ResolveReached(_ context.Context, key string) error {
	return p.called("resolve %s as reached", key)
}

func (p *fakePager) Find(ctx context.Context, key string) (incident.PageState, error) {
	if p.hang {
		<-ctx.Done()
		return incident.PageState{}, ctx.Err()
	}
	return p.pages[key], p.called("find %s", key)
}

func (p *fakePager) Notified(_ context.Context, key, knownID string) ([]incident.Woken, bool, error) {
	return p.notified[key], len(p.notified[key]) > 2, p.called("log %s %s", key, knownID)
}

// environment resolves credentials as a worker does from its environment.
func environment(name string) (fault.Secret, error) {
	switch name {
	case "env:PD_CHECKOUT":
		return fault.NewSecret("R1"), nil
	case "env:PD_EMPTY":
		return fault.NewSecret(""), nil
	}
	return fault.Secret{}, errors.New("is not set")
}

// fakeTemporal is a Temporal with the workflows of a test. What it does not fake panics.
type fakeTemporal struct {
	client.Client
	workflows []*workflowpb.WorkflowExecutionInfo
	pageSize  int
	// answers are what queries are answered with, by workflow; ended ones are not found.
	answers map[string]api.PageState
	// followUps are the states of follow-ups, asked the moments for which they were asked.
	followUps map[string]api.FollowUpState
	asked     []time.Time
	ended     []string
	// register is the state of Register, nil for none.
	register *api.RegisterState
	fails    error
	// mute is why nobody can be signalled.
	mute error

	queries  []string
	signals  []sent
	started  []client.StartWorkflowOptions
	startArg any
}

// sent is one signal.
type sent struct {
	id, name string
	in       any
}

func (f *fakeTemporal) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.queries = append(f.queries, r.Namespace+": "+r.Query)
	if f.fails != nil {
		return nil, f.fails
	}
	from, size := len(r.NextPageToken), int(r.PageSize)
	if f.pageSize > 0 {
		size = f.pageSize
	}
	to := min(from+size, len(f.workflows))
	resp := &workflowservice.ListWorkflowExecutionsResponse{Executions: f.workflows[from:to]}
	if to < len(f.workflows) {
		resp.NextPageToken = make([]byte, to)
	}
	return resp, nil
}

func (f *fakeTemporal) QueryWorkflow(_ context.Context, id, _, name string, args ...any) (converter.EncodedValue, error) {
	if s, ok := f.followUps[id]; ok && name == api.State {
		f.asked = append(f.asked, args[0].(api.OwedQuery).At)
		return answer{s}, nil
	}
	if slices.Contains(f.ended, id) {
		return nil, serviceerror.NewNotFound("workflow not found")
	}
	if id == api.RegisterID && f.register != nil {
		return answer{*f.register}, nil
	}
	a, ok := f.answers[id]
	if !ok || name != api.State {
		return nil, serviceerror.NewQueryFailed("no answer from " + id)
	}
	return answer{a}, nil
}

func (f *fakeTemporal) SignalWorkflow(_ context.Context, id, _, name string, in any) error {
	if id == "" {
		return serviceerror.NewInvalidArgument("WorkflowId is not set on request.")
	}
	if f.mute != nil {
		return f.mute
	}
	f.signals = append(f.signals, sent{id, name, in})
	if slices.Contains(f.ended, id) {
		return serviceerror.NewNotFound("workflow execution already completed")
	}
	return nil
}

func (f *fakeTemporal) SignalWithStartWorkflow(
	_ context.Context, id, name string, in any, o client.StartWorkflowOptions, workflow any, args ...any,
) (client.WorkflowRun, error) {
	f.signals = append(f.signals, sent{id, name, in})
	f.started = append(f.started, o)
	f.startArg = append([]any{workflow}, args...)
	return nil, f.fails
}

// answer is a query's answer as JSON.
type answer struct{ v any }

func (a answer) HasValue() bool { return true }

func (a answer) Get(out any) error {
	b, err := json.Marshal(a.v)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}

// running is a workflow as visibility shows it, with keyword attributes.
func running(t *testing.T, id string, attributes map[string]string) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	info := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}}
	if attributes != nil {
		info.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}}
	}
	for name, value := range attributes {
		p, err := converter.GetDefaultDataConverter().ToPayload(value)
		require.NoError(t, err)
		info.SearchAttributes.IndexedFields[name] = p
	}
	return info
}
