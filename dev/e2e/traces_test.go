package e2e

import (
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/tracing"
	"muster/workflows/api"
)

// traced keeps every span that Muster makes.
func traced(kept *tracetest.SpanRecorder) option {
	return func(o *sandbox.Options) {
		o.Traces = tracing.With(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(kept)), slog.New(slog.DiscardHandler))
	}
}

// spansOf are the spans of a trace that have ended.
func spansOf(kept *tracetest.SpanRecorder, id string) []sdktrace.ReadOnlySpan {
	return slices.DeleteFunc(kept.Ended(), func(s sdktrace.ReadOnlySpan) bool { return s.SpanContext().TraceID().String() != id })
}

func namesOf(spans []sdktrace.ReadOnlySpan) []string {
	var names []string
	for _, s := range spans {
		names = append(names, s.Name())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// posts sends a request to the gateway as a program that is traced itself.
func (m *installation) postsTraced(traceID, path, body string) string {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, m.Gateway+path, strings.NewReader(body))
	require.NoError(m.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Traceparent", "00-"+traceID+"-00f067aa0ba902b7-01")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(m.t, err)
	defer func() { require.NoError(m.t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(m.t, err)
	require.Less(m.t, resp.StatusCode, 300, string(text))
	return string(text)
}

const (
	declareTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	resolveTrace = "aaaabbbbccccddddeeeeffff00001111"
)

// One declaration, followed from the request to each vendor's call; and one command, whose effects belong to its own
// trace, though the incident has replayed its history in between.
func TestOneTraceFollowsADeclarationAndAnotherACommand(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewSpanRecorder()
	m := install(t, traced(kept), func(o *sandbox.Options) { o.NoWorker = true })
	stop := m.startsWorkers()
	m.postsTraced(declareTrace, "/v1/incidents", `{"title":"Checkout is down","severity":1,"services":["checkout"]}`)
	i := &opened{m: m, number: 1}
	i.isOpen()
	wants := func(trace string, names ...string) {
		t.Helper()
		m.eventually(func() bool {
			have := namesOf(spansOf(kept, trace))
			return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(have, n) })
		}, "%v in the trace", names)
		t.Log(namesOf(spansOf(kept, trace)))
		isWhole(t, spansOf(kept, trace))
	}
	wants(declareTrace, "POST /v1/incidents", "UpdateWithStartWorkflow:Declare", "HandleUpdate:Declare", "StartChildWorkflow:Incident")

	stop()
	m.startsWorkers()
	m.postsTraced(resolveTrace, "/v1/incidents/1/resolve", `{"person":"alice@example.com"}`)
	i.becomes("resolved", func(f incident.Incident) bool { return f.Status == incident.StatusResolved })
	wants(resolveTrace, "POST /v1/incidents/{incident}/"+strings.ToLower(api.Resolve), "UpdateWorkflow:Resolve", "HandleUpdate:Resolve")
	first := 0
	for _, s := range kept.Ended() {
		if s.Name() == "HandleUpdate:Declare" {
			first++
		}
	}
	require.Equal(t, 1, first, "what is replayed makes no span again")
}

// isWhole requires that every span hangs below another one of the trace, or below the caller's.
func isWhole(t *testing.T, spans []sdktrace.ReadOnlySpan) {
	t.Helper()
	known := map[string]bool{"00f067aa0ba902b7": true}
	for _, s := range spans {
		known[s.SpanContext().SpanID().String()] = true
	}
	for _, s := range spans {
		require.True(t, known[s.Parent().SpanID().String()], "%s hangs below nothing", s.Name())
	}
}
