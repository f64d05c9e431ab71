package tracing_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"muster/internal/tracing"
)

type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// hangs listens, and answers nobody.
func hangs(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return "http://" + l.Addr().String()
}

func away(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return "http://" + l.Addr().String()
}

func refuses(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(s.Close)
	return s.URL
}

// Whoever makes spans never waits for the collector, more spans than can wait are dropped, and the log is told once a
// minute.
func TestACollectorThatIsAwayHangsOrRefusesCostsNothing(t *testing.T) {
	for what, address := range map[string]func(*testing.T) string{"away": away, "hanging": hangs, "refusing": refuses} {
		for _, protocol := range []string{"http/protobuf", "grpc"} {
			t.Run(what+" over "+protocol, func(t *testing.T) {
				t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address(t))
				t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
				t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
				said := &lines{}
				traces, err := tracing.Start(t.Context(), os.LookupEnv, "test", slog.New(slog.NewTextHandler(said, nil)))
				require.NoError(t, err)
				require.NotNil(t, traces)
				began := time.Now()
				for range 20_000 {
					_, end := traces.Begin(t.Context(), "x", trace.SpanKindInternal)
					end("done", false)
				}
				require.Less(t, time.Since(began), 5*time.Second, "an export alone would take ten")
				stopping := time.Now()
				traces.Stop()
				require.Less(t, time.Since(stopping), 5*time.Second)
				require.LessOrEqual(t, strings.Count(said.String(), "\n"), 1, said.String())
			})
		}
	}
}
