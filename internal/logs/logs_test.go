package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	sdklog "go.temporal.io/sdk/log"

	"muster/internal/logs"
)

func written(t *testing.T, do func(*slog.Logger)) map[string]any {
	t.Helper()
	var b bytes.Buffer
	do(logs.New(&b, logs.Options{}))
	var line map[string]any
	require.NoError(t, json.Unmarshal(b.Bytes(), &line), b.String())
	delete(line, "time")
	delete(line, "level")
	return line
}

func TestALineSaysWhichIncidentRequestAndTraceItIsAbout(t *testing.T) {
	t.Parallel()
	ctx := logs.With(context.Background(), slog.String("request_id", "r-1"))
	ctx = logs.Workflow(ctx, "INC-42/page/1")
	ctx = trace.ContextWithSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}}))
	require.Equal(t, map[string]any{
		"msg": "x", "a": "b", "request_id": "r-1", "workflow_id": "INC-42/page/1", "incident": "INC-42",
		"trace_id": "01000000000000000000000000000000", "span_id": "0200000000000000",
	}, written(t, func(l *slog.Logger) { l.InfoContext(ctx, "x", "a", "b") }))
}

func TestTheSDKsLinesAreAboutTheSame(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]any{"msg": "x", "workflow_id": "INC-42", "incident": "INC-42", "run_id": "r", "attempt": 1.0, "workflow_type": "Incident"},
		written(t, func(l *slog.Logger) {
			sdklog.With(sdklog.NewStructuredLogger(l), "WorkflowID", "INC-42", "RunID", "r", "WorkflowType", "Incident").
				Info("x", "Attempt", 1, "TraceID", trace.TraceID{})
		}))
	require.Equal(t, map[string]any{"msg": "x", "workflow_id": "digest/2026-11-18"}, written(t, func(l *slog.Logger) {
		l.Info("x", "WorkflowID", "digest/2026-11-18/alice@example.com") //nolint:sloglint // as the SDK writes it
	}), "and tell no person")
}

func TestWhatACallerGroupsIsLeftAlone(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]any{"msg": "x", "g": map[string]any{"WorkflowID": "INC-1"}}, written(t, func(l *slog.Logger) {
		l.WithGroup("g").Info("x", "WorkflowID", "INC-1") //nolint:sloglint // as the SDK writes it
	}))
}
