package health_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/internal/health"
)

// serving is a part of Muster with one check, and the address at which it listens.
func serving(t *testing.T, temporal error) string {
	t.Helper()
	s := httptest.NewServer(gateway.Health(nil, gateway.Check{Name: "temporal", Run: func(context.Context) error { return temporal }}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestReadinessIsAskedWhereItIsServed(t *testing.T) {
	t.Parallel()
	said, err := health.Ask(t.Context(), serving(t, nil))
	require.NoError(t, err)
	require.Equal(t, "temporal: ok", said)

	said, err = health.Ask(t.Context(), serving(t, errors.New("it is away")))
	require.ErrorIs(t, err, health.ErrNotReady)
	require.Equal(t, "temporal: it is away", said)
}

// Whoever listens on every address of a machine is asked on the machine's own.
func TestAnAddressToListenOnIsAsked(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 3)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Host + r.URL.Path }))
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	require.NoError(t, err)
	for _, listen := range []string{":" + port, "0.0.0.0:" + port, "[::]:" + port} {
		_, err := health.Ask(t.Context(), listen)
		require.NoError(t, err, listen)
		require.Equal(t, "127.0.0.1:"+port+"/readyz", <-asked, listen)
	}
}

func TestWhatCannotBeAskedIsSaid(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for listen, want := range map[string]string{
		"127.0.0.1:0":                            "its port must be known",
		"off":                                    "its port must be known",
		strings.TrimPrefix(other.URL, "http://"): "404 Not Found, which is no readiness",
		strings.TrimPrefix(gone.URL, "http://"):  "nothing answers",
	} {
		_, err := health.Ask(t.Context(), listen)
		require.ErrorContains(t, err, want)
		require.NotErrorIs(t, err, health.ErrNotReady)
	}
}
