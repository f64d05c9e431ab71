package metrics_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"muster/internal/metrics"
	"muster/workflows/api"
)

// server is a Temporal of which only reading is asked.
type server struct {
	mu     sync.Mutex
	asked  int
	counts map[string]int64 // by a part of the query
	memos  map[string][]map[string]any
	state  api.RegisterState
	// away is what it answers instead, noWorker what Register does.
	away, noWorker error
	hang           bool
	noCanary       bool
}

// anyCanary is asked for what the last canary has found.
const anyCanary = "MusterStatus IN ('passed', 'failed')"

func newServer() *server {
	at := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	return &server{
		counts: map[string]int64{
			"WorkflowType = 'Incident' AND ExecutionStatus = 'Running' AND MusterStatus = 'open' AND MusterSeverity = 1 AND MusterKind IN ('incident', 'near_miss')": 2,
			"WorkflowType = 'Page' AND ExecutionStatus = 'Running' AND MusterStatus = 'unanswered'":                                                                  1,
			"WorkflowType = 'FollowUp' AND ExecutionStatus = 'Running' AND MusterStatus = 'accepted'":                                                                7,
		},
		memos: map[string][]map[string]any{
			anyCanary: {{api.MemoOutcome: api.CanaryResult{Outcome: api.CanaryFailed, Legs: []api.CanaryLeg{
				{Name: api.LegDeclare, Took: 30 * time.Millisecond},
				{Name: api.LegPage, Took: 2 * time.Second, Problem: "away"},
				{Name: api.LegAck, Problem: "was not tried", Skipped: true},
			}}}},
			"MusterSnags > 0": {
				{api.MemoSnags: []api.SnagListed{{Vendor: "jira", Since: at.Add(-time.Minute).Unix()}, {Vendor: "jira", Since: at.Add(-48 * time.Hour).Unix()}}},
				{api.MemoSnags: []api.SnagListed{{Vendor: "carrier pigeon", Since: at.Add(-2 * time.Hour).Unix()}, {Vendor: "muster", Since: at.Unix()}}},
				{api.MemoTitle: "an older one without"},
			},
			"MusterStatus = 'accepted'": {
				{api.MemoFollowUp: api.FollowUpListed{Late: at.Add(-time.Second)}},
				{api.MemoFollowUp: api.FollowUpListed{Late: at.Add(time.Second)}},
				{api.MemoFollowUp: api.FollowUpListed{}},
			},
		},
		state: api.RegisterState{Installation: "m1", Last: 42, Snags: map[string]api.VendorSnag{"jira": {Vendor: "jira", Since: at}}},
	}
}

func (s *server) ask(ctx context.Context) error {
	s.mu.Lock()
	s.asked++
	away, hang := s.away, s.hang
	s.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return away
}

func (s *server) CountWorkflow(ctx context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return &workflowservice.CountWorkflowExecutionsResponse{Count: s.counts[r.GetQuery()]}, s.ask(ctx)
}

func (s *server) ListWorkflow(ctx context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	for part, memos := range s.memos {
		if !strings.HasSuffix(r.GetQuery(), part) {
			continue
		}
		for _, m := range memos {
			fields := map[string]*commonpb.Payload{}
			for k, v := range m {
				fields[k], _ = converter.GetDefaultDataConverter().ToPayload(v)
			}
			out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{
				Memo: &commonpb.Memo{Fields: fields}, CloseTime: timestamppb.New(time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)),
			})
		}
	}
	return out, s.ask(ctx)
}

func (s *server) QueryWorkflow(ctx context.Context, _, _, _ string, _ ...any) (converter.EncodedValue, error) {
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(s.state)
	if s.noWorker != nil {
		err = s.noWorker
	}
	return client.NewValue(payloads), err
}

func (s *server) WorkflowService() workflowservice.WorkflowServiceClient { return frontend{server: s} }

// frontend is the part of it that is asked without the SDK.
type frontend struct {
	workflowservice.WorkflowServiceClient
	server *server
}

func (f frontend) DescribeTaskQueue(ctx context.Context, r *workflowservice.DescribeTaskQueueRequest, _ ...grpc.CallOption) (*workflowservice.DescribeTaskQueueResponse, error) {
	out := &workflowservice.DescribeTaskQueueResponse{}
	if r.GetTaskQueue().GetName() == api.QueuePager && r.GetReportStats() {
		now, long := timestamppb.Now(), timestamppb.New(time.Now().Add(-2*time.Minute))
		out.Pollers = []*taskqueuepb.PollerInfo{{Identity: "a", LastAccessTime: now}, {Identity: "b", LastAccessTime: now}, {Identity: "killed", LastAccessTime: long}}
		out.Stats = &taskqueuepb.TaskQueueStats{ApproximateBacklogCount: 3, ApproximateBacklogAge: durationpb.New(90 * time.Second)}
	}
	return out, f.server.ask(ctx)
}

func (f frontend) DescribeSchedule(ctx context.Context, _ *workflowservice.DescribeScheduleRequest, _ ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	if err := f.server.ask(ctx); err != nil {
		return nil, err
	}
	if f.server.noCanary {
		return nil, serviceerror.NewNotFound("no schedule")
	}
	return &workflowservice.DescribeScheduleResponse{Schedule: &schedulepb.Schedule{Spec: &schedulepb.ScheduleSpec{
		Interval: []*schedulepb.IntervalSpec{{Interval: durationpb.New(time.Hour)}},
	}}}, nil
}

func TestWhatTheLastCanaryHasFoundIsRead(t *testing.T) {
	t.Parallel()
	s := newServer()
	found := s.memos[anyCanary]
	delete(s.memos, anyCanary)
	m, c := reads(t, s)
	require.Contains(t, scrapes(t, m), "muster_canary_interval_seconds 3600")
	require.Contains(t, scrapes(t, m), "muster_canary_last_success_timestamp_seconds 0", "none yet, and so the alert rings")
	require.NotContains(t, scrapes(t, m), "muster_canary_leg_seconds{")

	s.memos["MusterStatus IN ('passed')"] = []map[string]any{{}}
	s.memos[anyCanary] = found
	c.moves(time.Hour)
	for _, want := range []string{
		"muster_canary_last_success_timestamp_seconds 1.7951616e+09", `muster_canary_leg_seconds{leg="declare"} 0.03`, `muster_canary_leg_seconds{leg="page"} 2`,
		`muster_canary_leg_ok{leg="declare"} 1`, `muster_canary_leg_ok{leg="page"} 0`, `muster_canary_leg_ok{leg="acknowledge"} 0`,
	} {
		require.Contains(t, scrapes(t, m), want)
	}
	require.NotContains(t, scrapes(t, m), `muster_canary_leg_seconds{leg="acknowledge"}`)

	s.noCanary = true
	c.moves(time.Hour)
	require.NotContains(t, scrapes(t, m), "muster_canary_interval")
	require.Contains(t, scrapes(t, m), `muster_reading_up{part="canary"} 1`)
}

// clock is one that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) moves(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

func reads(t *testing.T, s *server) (*metrics.Metrics, *clock) {
	t.Helper()
	m, c := fresh(t), &clock{at: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	m.Read(metrics.Reader{Temporal: s, Namespace: "default", Now: c.now})
	return m, c
}

func TestTheStateOfTheInstallationIsReadFromTemporal(t *testing.T) {
	t.Parallel()
	m, _ := reads(t, newServer())
	served := scrapes(t, m)
	for _, want := range []string{
		`muster_incidents_open{severity="1",status="open"} 2`,
		`muster_incidents_open{severity="5",status="resolved"} 0`,
		`muster_pages_open{status="unanswered"} 1`,
		`muster_snags{age="under_1h",vendor="jira"} 1`,
		`muster_snags{age="over_1d",vendor="jira"} 1`,
		`muster_snags{age="under_1d",vendor="other"} 1`,
		`muster_snags{age="under_1h",vendor="muster"} 1`,
		`muster_snags{age="under_1h",vendor="slack"} 0`,
		`muster_vendor_refused_timestamp_seconds{vendor="jira"} 1.7951652e+09`,
		`muster_follow_ups_open{status="accepted"} 7`,
		`muster_follow_ups_overdue 1`,
		`muster_task_queue_backlog{queue="pager",type="activity"} 3`,
		`muster_task_queue_backlog_age_seconds{queue="pager",type="activity"} 90`,
		`muster_task_queue_pollers{queue="pager",type="activity"} 2`,
		`muster_task_queue_pollers{queue="muster",type="workflow"} 0`,
		`muster_register_state_bytes `,
		`muster_reading_up{part="register"} 1`,
	} {
		require.Contains(t, served, want)
	}
	require.NotContains(t, served, "carrier pigeon")
}

func TestItIsReadOnceAMinuteHoweverOftenItIsScraped(t *testing.T) {
	t.Parallel()
	s := newServer()
	m, clock := reads(t, s)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { scrapes(t, m) })
	}
	all.Wait()
	first := s.asked
	require.Less(t, first, 40, "what a reading costs")
	clock.moves(59 * time.Second)
	scrapes(t, m)
	require.Equal(t, first, s.asked)
	clock.moves(2 * time.Second)
	scrapes(t, m)
	require.Equal(t, 2*first-1, s.asked, "all but the overdue follow-ups, which are read every ten minutes")
}

func TestWhatCannotBeReadIsAbsentAndSaidToBeSo(t *testing.T) {
	t.Parallel()
	s := newServer()
	m, clock := reads(t, s)
	require.Contains(t, scrapes(t, m), "muster_register_state_bytes ")

	s.noWorker = errors.New("no worker answers")
	clock.moves(2 * time.Minute)
	served := scrapes(t, m)
	require.Contains(t, served, `muster_reading_up{part="register"} 0`)
	require.NotContains(t, served, "muster_register_state_bytes ", "how large it was says nothing of how large it is")
	require.Contains(t, served, `muster_incidents_open{severity="1",status="open"} 2`, "the others are read all the same")

	s.noWorker = nil
	clock.moves(31 * time.Second)
	require.Contains(t, scrapes(t, m), `muster_reading_up{part="register"} 1`, "a failure is tried again sooner")
}

func TestATemporalThatIsAwayIsNotAskedWithEveryScrape(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.away = errors.New("connection refused")
	m, _ := reads(t, s)
	served := scrapes(t, m)
	require.NotContains(t, served, "muster_incidents_open{")
	require.Contains(t, served, "go_goroutines ", "the rest is served")
	asked := s.asked
	scrapes(t, m)
	require.Equal(t, asked, s.asked)
}

func TestATemporalThatHangsEndsNoScrape(t *testing.T) {
	t.Parallel()
	s := newServer()
	s.hang = true
	m := fresh(t)
	m.Read(metrics.Reader{Temporal: s, Namespace: "default", Patience: 50 * time.Millisecond})
	served := scrapes(t, m)
	require.Contains(t, served, `muster_reading_up{part="queues"} 0`)
	require.Contains(t, served, "muster_build_info{")
}

func TestAGatewayThatIsStartedAgainInItsProcessReadsOnce(t *testing.T) {
	t.Parallel()
	s := newServer()
	m, _ := reads(t, newServer())
	m.Read(metrics.Reader{Temporal: s, Namespace: "default"})
	require.Contains(t, scrapes(t, m), `muster_pages_open{status="unanswered"} 1`)
	require.Positive(t, s.asked)
}
