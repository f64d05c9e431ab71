package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestADeclarationSaysWhenItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.call("POST", "/v1/incidents", `{"title":"Checkout was down","started_at":"2026-11-20T10:00:00Z","resolved_at":"2026-11-20T12:00:00+01:00"}`)
	require.Equal(t, http.StatusCreated, a.Status, a.Body)
	require.True(t, w.declared[0].StartedAt.Equal(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)))
	require.True(t, w.declared[0].ResolvedAt.Equal(time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)))
	require.True(t, w.declared[0].Over())

	w.call("POST", "/v1/incidents", `{"title":"x","started_at":null}`)
	require.Zero(t, w.declared[1].StartedAt)
}

func TestACorrectionOverHTTPKeepsWhatIsNotSaidApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.call("POST", "/v1/incidents/7/correct", `{"started_at":"2026-11-20T10:00:00Z","services":[],"reason":"the logs"}`)
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	c, ok := w.command.(incident.Correct)
	require.True(t, ok)
	require.Equal(t, []string{"started_at", "services"}, c.Fields())
	require.Equal(t, "the logs", c.Reason)
	for body, field := range map[string]string{
		`{"resolved":"2026-11-20T10:00:00Z"}`: "resolved", `{"services":"checkout"}`: "services", `{"resolved_at":"14:05"}`: "body", `{"clear":"detected_at"}`: "clear",
	} {
		w.call("POST", "/v1/incidents/7/correct", body).Problem(http.StatusBadRequest, "invalid", field)
	}
}
