package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/integrations/slack"
	"muster/internal/metrics"
)

// watched serves health and metrics as worker and gateway do.
func watched(t *testing.T) (address string, m *metrics.Metrics) {
	t.Helper()
	m, err := metrics.New(nil)
	require.NoError(t, err)
	srv := newServer(gateway.Health(m.Handler()), watchTime)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return l.Addr().String(), m
}

func TestScrapersThatHangKeepNobodyElseOut(t *testing.T) {
	t.Parallel()
	address, _ := watched(t)
	for _, says := range []string{"", "GET /met", "GET /metrics HTTP/1.1\r\nHost: muster\r\n", "GET /metrics HTTP/1.1\r\nHost: muster\r\n\r\n"} {
		for range 20 {
			c, err := net.Dial("tcp", address)
			require.NoError(t, err)
			defer c.Close()
			_, err = io.WriteString(c, says)
			require.NoError(t, err)
		}
	}
	client := http.Client{Timeout: 5 * time.Second}
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		require.EventuallyWithT(t, func(c *assert.CollectT) { // so many at once are told to come again
			resp, err := client.Get("http://" + address + path)
			require.NoError(c, err)
			_, err = io.Copy(io.Discard, resp.Body)
			require.NoError(c, err)
			require.NoError(c, resp.Body.Close())
			require.Equal(c, http.StatusOK, resp.StatusCode)
		}, 10*time.Second, 20*time.Millisecond, path)
	}
}

func TestAScraperThatHangsIsLetGo(t *testing.T) {
	t.Parallel()
	srv := newServer(http.NotFoundHandler(), watchTime)
	require.LessOrEqual(t, srv.WriteTimeout, 15*time.Second)
	require.LessOrEqual(t, srv.ReadHeaderTimeout, 5*time.Second)
}

// says answers everything from Slack in one way.
type says struct{ slack.Answer }

func (s says) Command(context.Context, slack.SlashCommand) slack.Answer    { return s.Answer }
func (s says) Interaction(context.Context, slack.Interaction) slack.Answer { return s.Answer }
func (s says) Event(context.Context, slack.Event) slack.Answer             { return s.Answer }

func TestWhatComesFromSlackIsCountedOnWhicheverWayItComes(t *testing.T) {
	t.Parallel()
	address, m := watched(t)
	for _, refused := range []bool{false, true} {
		in := countedInbound{says{slack.Answer{Refused: refused}}, m, nil}
		in.Command(t.Context(), slack.SlashCommand{})
		in.Interaction(t.Context(), slack.Interaction{})
		in.Event(t.Context(), slack.Event{})
	}
	forbids := countedInbound{metrics: m}.refusals(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	other := newServer(forbids, watchTime)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = other.Serve(l) }()
	t.Cleanup(func() { _ = other.Close() })
	for _, url := range []string{"http://" + l.Addr().String(), "http://" + address + "/metrics"} {
		resp, err := http.Get(url)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		if resp.StatusCode != http.StatusOK {
			continue
		}
		for outcome, n := range map[string]int{"taken": 3, "put_off": 3, "refused": 1, "ignored": 0} {
			require.Contains(t, string(body), fmt.Sprintf("muster_webhooks_total{outcome=%q,vendor=\"slack\"} %d\n", outcome, n))
		}
	}
}
