package tracing_test

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/tracing"
)

func TestTracesAreOffWithoutAnEndpointAndWhenSwitchedOff(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	read := func(env map[string]string) (bool, error) {
		s, err := tracing.ReadSettings(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		return s.On, err
	}
	for _, env := range []map[string]string{
		{},
		{"OTEL_TRACES_EXPORTER": "otlp"},
		{endpoint: "http://localhost:4318", "OTEL_SDK_DISABLED": "true"},
		{endpoint: "http://localhost:4318", "OTEL_TRACES_EXPORTER": "none"},
		// What other programs are told is nobody's business here.
		{"OTEL_TRACES_EXPORTER": "console"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
	} {
		on, err := read(env)
		require.NoError(t, err)
		require.False(t, on, "%v", env)
	}
	on, err := read(map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://collector.example.com/v1/traces", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
	require.NoError(t, err)
	require.True(t, on)
	for want, env := range map[string]map[string]string{
		`OTEL_TRACES_EXPORTER is "zipkin": write otlp or none`:                         {endpoint: "http://localhost:4318", "OTEL_TRACES_EXPORTER": "zipkin"},
		`OTEL_EXPORTER_OTLP_PROTOCOL is "http/json": write http/protobuf or grpc`:      {endpoint: "http://localhost:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
		`OTEL_EXPORTER_OTLP_HEADERS cannot be read: write name=value`:                  {endpoint: "http://localhost:4318", "OTEL_EXPORTER_OTLP_HEADERS": "Authorization: Bearer secret"},
		`OTEL_TRACES_SAMPLER is "sometimes": write one of always_on`:                   {endpoint: "http://localhost:4318", "OTEL_TRACES_SAMPLER": "sometimes"},
		`OTEL_TRACES_SAMPLER_ARG is "10": write a part of all`:                         {endpoint: "http://localhost:4318", "OTEL_TRACES_SAMPLER_ARG": "10"},
		`OTEL_EXPORTER_OTLP_ENDPOINT is no web address: write it like http://`:         {endpoint: "collector:4317"},
		`OTEL_EXPORTER_OTLP_ENDPOINT holds a user name or password, which belong into`: {endpoint: "http://me:secret@collector"},
	} {
		_, err := read(env)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestWithoutTracesNothingIsMade(t *testing.T) {
	t.Parallel()
	traces, err := tracing.Start(t.Context(), func(string) (string, bool) { return "", false }, "test", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.Nil(t, traces)
	traces.Stop()
}

func TestAWorkflowsIDTellsNoPerson(t *testing.T) {
	t.Parallel()
	require.Equal(t, "digest/2026-11-18", tracing.Harmless("digest/2026-11-18/alice@example.com"))
	require.Equal(t, "INC-42/page/1", tracing.Harmless("INC-42/page/1"))
	require.Equal(t, "digest/Europe/Berlin", tracing.Harmless("digest/Europe/Berlin"))
	require.Equal(t, 42, tracing.IncidentOf("INC-42/page/1"))
	require.Zero(t, tracing.IncidentOf("register"))
}
