package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	broken := errors.New("no answer")
	h := gateway.Health(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metrics")) }),
		gateway.Check{Name: "temporal", Run: func(context.Context) error { return broken }},
		gateway.Check{Name: "playbook", Run: func(ctx context.Context) error {
			_, bounded := ctx.Deadline()
			require.True(t, bounded)
			return nil
		}},
		gateway.Check{Name: "slack", Told: true, Run: func(context.Context) error { return errors.New("the socket is not open") }})
	get := func(path string) (int, string) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		return rec.Code, strings.TrimSpace(rec.Body.String())
	}
	code, body := get("/healthz")
	require.Equal(t, 200, code)
	require.JSONEq(t, `{"status":"ok"}`, body)
	code, body = get("/readyz")
	require.Equal(t, 503, code)
	require.JSONEq(t, `{"temporal":"no answer","playbook":"ok","slack":"the socket is not open"}`, body)
	broken = nil
	code, body = get("/readyz")
	require.Equal(t, 200, code, "what is only told of makes nothing unready")
	require.Contains(t, body, "the socket is not open")
	_, body = get("/metrics")
	require.Equal(t, "metrics", body)
}
