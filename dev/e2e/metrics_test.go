package e2e

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/workflows/api"
)

// scrapes asks for the metrics of the process as Prometheus does.
func (m *installation) scrapes() string {
	m.t.Helper()
	w := httptest.NewRecorder()
	m.Metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(m.t, http.StatusOK, w.Code)
	return w.Body.String()
}

// Whatever the tests of each part say, Temporal must understand what it is asked, and a history that is
// replayed must count nothing.
func TestAnIncidentIsSeenInTheMetricsAndReplayCountsNothing(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) { o.NoWorker = true })
	stop := m.startsWorkers()
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	by := incident.Meta{Actor: incident.Actor{Person: "alice@example.com", Way: incident.WaySlack}}
	i.does(api.Acknowledge, incident.Acknowledge{Meta: by})
	i.becomes("mustered", func(f incident.Incident) bool { return !f.MusteredAt.IsZero() })
	stop()
	m.startsWorkers()
	i.does(api.Mitigate, incident.Mitigate{Meta: by})

	served := m.scrapes()
	for _, want := range []string{
		`muster_commands_total{command="Acknowledge",outcome="applied",way="slack"} 1`,
		`muster_commands_total{command="Mitigate",outcome="applied",way="slack"} 1`,
		`muster_time_to_muster_seconds_count{severity="1"} 1`,
		`muster_reading_up{part="incidents"} 1`, `muster_reading_up{part="pages"} 1`, `muster_reading_up{part="snags"} 1`,
		`muster_reading_up{part="follow_ups"} 1`, `muster_reading_up{part="overdue"} 1`, `muster_reading_up{part="queues"} 1`,
		`muster_reading_up{part="register"} 1`,
		`muster_task_queue_pollers{queue="pager",type="activity"} 1`,
		`muster_vendor_calls_total{call="conversations.create",outcome="ok",vendor="slack"} 1`,
		"temporal_workflow_task_execution_latency_seconds_bucket{", "temporal_request_total{",
	} {
		require.Contains(t, served, want)
	}
	require.Regexp(t, `muster_incidents_open\{severity="1",status="(open|mitigated)"\} 1`, served, "visibility lags by a moment")
	require.Regexp(t, `muster_pages_total\{outcome="acknowledged",severity="1"\} [12]\b`, served)
	require.NotContains(t, served, "Checkout is down")
	require.NotContains(t, served, "example.com")
}
