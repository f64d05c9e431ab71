package metrics_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"muster/gateway/incidents"
	"muster/gateway/webhooks"
	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/metrics"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// scrapes asks for the metrics as Prometheus does.
func scrapes(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	return w.Body.String()
}

func fresh(t *testing.T) *metrics.Metrics {
	t.Helper()
	m, err := metrics.New(nil)
	require.NoError(t, err)
	return m
}

// everything counts one of each metric, so that all of them are in a scrape.
func everything(t *testing.T) *metrics.Metrics {
	t.Helper()
	m := fresh(t)
	m.VendorCalled("slack", "chat.postMessage", time.Second, nil)
	m.Answered(incident.WayAPI, incidents.AnswerDone)
	m.Delivered("jira", webhooks.Taken)
	m.ArchiveCalled("keep", time.Millisecond, nil)
	m.ArchiveCalled("keep", time.Second, &fault.Error{Class: fault.Retryable})
	sdk := m.SDK().WithTags(map[string]string{"namespace": "default", "severity": "1", "outcome": "applied", "way": "api", "command": "Resolve", "kind": "digest"})
	for _, s := range metrics.Table() {
		switch {
		case s.Served != metrics.Worker:
		case s.Type == metrics.Histogram:
			sdk.Timer(s.Name).Record(time.Minute)
		default:
			sdk.Counter(s.Name).Inc(1)
		}
	}
	sdk.Counter("temporal_request").Inc(1)
	sdk.Gauge("temporal_worker_task_slots_available").Update(3)
	sdk.Timer("temporal_request_latency").Record(time.Second)
	m.Read(metrics.Reader{Temporal: newServer(), Namespace: "default"})
	return m
}

func TestNamesAndHelpFollowTheConventionsOfPrometheus(t *testing.T) {
	t.Parallel()
	problems, err := promlint.New(strings.NewReader(scrapes(t, everything(t)))).Lint()
	require.NoError(t, err)
	for _, p := range problems {
		require.False(t, strings.HasPrefix(p.Metric, "muster_"), "%s: %s", p.Metric, p.Text)
	}
}

func TestEveryMetricOfTheTableIsServed(t *testing.T) {
	t.Parallel()
	served := scrapes(t, everything(t))
	for _, s := range metrics.Table() {
		require.Contains(t, served, "# TYPE "+s.Name+" "+string(s.Type)+"\n")
	}
}

func TestTheMetricsOfTheSDKComeInSecondsAndWithItsLabels(t *testing.T) {
	t.Parallel()
	served := scrapes(t, everything(t))
	require.Contains(t, served, "# TYPE temporal_request_total counter")
	require.Contains(t, served, "# TYPE temporal_request_latency_seconds histogram")
	require.Regexp(t, `temporal_request_latency_seconds_bucket\{[^}]*namespace="default"[^}]*le="1"\} 1`, served)
	require.Regexp(t, `temporal_worker_task_slots_available\{[^}]*\} 3`, served)
	require.NotContains(t, served, "otel_scope", "they would only be more series")
	require.NotContains(t, served, "target_info")
}

func TestWhatWorkflowsCountHasTheLabelsOfTheTableAndNoOthers(t *testing.T) {
	t.Parallel()
	m := fresh(t)
	sdk := m.SDK().WithTags(map[string]string{"namespace": "default", "task_queue": "muster", "workflow_type": "Incident"})
	sdk.WithTags(map[string]string{"severity": "2"}).Timer(api.MetricTimeToMuster).Record(90 * time.Second)
	sdk.WithTags(map[string]string{"severity": "2", "outcome": "acknowledged"}).Counter(api.MetricPages).Inc(1)
	served := scrapes(t, m)
	require.Contains(t, served, `muster_time_to_muster_seconds_bucket{severity="2",le="120"} 1`)
	require.Contains(t, served, `muster_time_to_muster_seconds_sum{severity="2"} 90`)
	require.Contains(t, served, `muster_pages_total{outcome="acknowledged",severity="2"} 1`)
}

func TestNobodyCanMakeMoreSeriesByWhatTheyWrite(t *testing.T) {
	t.Parallel()
	m := fresh(t)
	for k := range 1000 {
		word := strings.Repeat("x", k)
		m.Answered(incident.Way("carrier pigeon "+word), incidents.AnswerDone)
		m.VendorCalled("slack", "call"+word, time.Second, nil)
		m.SDK().WithTags(map[string]string{"way": word, "command": word, "outcome": "applied", "person": "alice@example.com"}).Counter(api.MetricCommands).Inc(1)
	}
	served := scrapes(t, m)
	require.Contains(t, served, `muster_command_answers_total{outcome="done",way="other"} 1000`)
	require.Contains(t, served, `muster_commands_total{command="other",outcome="applied",way="other"} 1000`)
	require.Equal(t, 101, strings.Count(served, "muster_vendor_calls_total{"), "a hundred, and all the others as one")
	require.NotContains(t, served, "alice@example.com")
}

func TestACallToAVendorIsCountedByWhatCameOfIt(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"ok":           nil,
		"no_answer":    &fault.Error{Class: fault.Retryable},
		"failed":       &fault.Error{Class: fault.Retryable, Status: http.StatusBadGateway},
		"rate_limited": &fault.Error{Class: fault.Retryable, Status: http.StatusTooManyRequests},
		"credential":   &fault.Error{Class: fault.Credential, Status: http.StatusUnauthorized},
		"gone":         &fault.Error{Class: fault.Gone, Status: http.StatusNotFound},
		"refused":      &fault.Error{Class: fault.Permanent, Status: http.StatusBadRequest},
	} {
		m := fresh(t)
		m.VendorCalled("jira", "issue.create", 3*time.Second, err)
		served := scrapes(t, m)
		require.Contains(t, served, `muster_vendor_calls_total{call="issue.create",outcome="`+want+`",vendor="jira"} 1`)
		require.Contains(t, served, `muster_vendor_call_duration_seconds_bucket{call="issue.create",vendor="jira",le="5"} 1`)
	}
	m := fresh(t)
	m.VendorCalled("jira", "issue.create", time.Second, errors.New("of our own"))
	require.Contains(t, scrapes(t, m), `outcome="failed"`)
}

// counts is a workflow that counts once and then waits, so that it can be replayed.
func counts(ctx workflow.Context) error {
	mirror.Count(ctx, api.MetricReminders, map[string]string{api.LabelKind: api.ReminderReview})
	return workflow.Sleep(ctx, time.Hour)
}

func TestAWorkflowCounts(t *testing.T) {
	t.Parallel()
	m := fresh(t)
	var suite testsuite.WorkflowTestSuite
	suite.SetMetricsHandler(m.SDK())
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(counts)
	require.NoError(t, env.GetWorkflowError())
	require.Contains(t, scrapes(t, m), `muster_reminders_total{kind="review"} 1`)
}

func TestTheFirstEventIsAnIncrease(t *testing.T) {
	t.Parallel()
	served := scrapes(t, fresh(t))
	for _, want := range []string{
		`muster_command_answers_total{outcome="not_recorded",way="slack"} 0`, `muster_pages_total{outcome="undelivered",severity="1"} 0`,
		`muster_webhooks_total{outcome="refused",vendor="jira"} 0`, `muster_reminders_total{kind="digest"} 0`,
	} {
		require.Contains(t, served, want)
	}
	require.NotContains(t, served, "muster_commands_total{", "with so many labels only what happens is served")
}
