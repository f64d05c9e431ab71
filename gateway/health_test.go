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
	code, body = get("/readyz?only=playbook")
	require.Equal(t, 200, code)
	require.JSONEq(t, `{"playbook":"ok"}`, body)
	broken = errors.New("no answer")
	code, body = get("/readyz?only=temporal&only=playbook")
	require.Equal(t, 503, code)
	require.JSONEq(t, `{"temporal":"no answer","playbook":"ok"}`, body)
	code, body = get("/readyz?only=tempral")
	require.Equal(t, 400, code)
	require.Contains(t, body, "there is no such check here")
	_, body = get("/metrics")
	require.Equal(t, "metrics", body)
}

// What is only said when it is not so leaves the rest as it is, and one slow check does not wait for another.
func TestAQuietCheckIsMentionedWhenItFails(t *testing.T) {
	t.Parallel()
	var stopping error
	met := make(chan struct{})
	meets := func(context.Context) error {
		select {
		case met <- struct{}{}:
		case <-met:
		}
		return nil
	}
	h := gateway.Health(nil, gateway.Check{Name: "process", Quiet: true, Run: func(context.Context) error { return stopping }},
		gateway.Check{Name: "one", Run: meets}, gateway.Check{Name: "two", Run: meets})
	says := func() (int, string) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/readyz", nil))
		return rec.Code, rec.Body.String()
	}
	code, body := says()
	require.Equal(t, 200, code)
	require.JSONEq(t, `{"one":"ok","two":"ok"}`, body)
	stopping = errors.New("stopping")
	code, body = says()
	require.Equal(t, 503, code)
	require.JSONEq(t, `{"process":"stopping","one":"ok","two":"ok"}`, body)
}
