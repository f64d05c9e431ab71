package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/gateway"
)

func TestReadinessSaysThatTheProcessStartsOrStops(t *testing.T) {
	t.Parallel()
	s := &state{}
	check := s.check()
	require.True(t, check.Quiet)
	require.False(t, check.Told)
	require.NoError(t, check.Run(t.Context()))
	require.True(t, s.say("starting"))
	require.False(t, s.say("starting"), "it is no news")
	require.EqualError(t, check.Run(t.Context()), "starting")
	require.True(t, s.say(""))
	require.NoError(t, check.Run(t.Context()))
}

func TestAllProcessesHaveIt(t *testing.T) {
	t.Parallel()
	a := &App{}
	for _, checks := range [][]gateway.Check{a.workerChecks(), a.gatewayChecks()} {
		require.Equal(t, "process", checks[0].Name)
	}
}

// What does not end in its time is left behind, and said.
func TestStoppingIsBounded(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	forEver := make(chan struct{})
	t.Cleanup(func() { close(forEver) })
	a := &App{options: Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, undo: []func(){func() { <-forEver }}}
	a.stopInTime(time.Millisecond)
	require.Contains(t, log.String(), "what was still under way is cut off")
	require.EqualError(t, a.state.check().Run(t.Context()), stopping)
}

// A request that takes longer than it may is cut off, and what came before is stopped all the same.
func TestARequestUnderWayIsAnsweredBeforeTheServerHasStopped(t *testing.T) {
	t.Parallel()
	came, answers := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { close(came); <-answers; w.WriteHeader(http.StatusTeapot) })
	var log strings.Builder
	a := &App{options: Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
	require.NoError(t, a.serve(t.Context(), "127.0.0.1:0", "MUSTER_LISTEN", newServer(h, answerTime)))
	_, address, _ := strings.Cut(log.String(), "address=")
	address, _, _ = strings.Cut(address, " ")
	got := make(chan int, 1)
	go func() {
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, "http://"+address, nil)
		assert.NoError(t, err)
		res, err := http.DefaultClient.Do(r)
		if !assert.NoError(t, err) {
			got <- 0
			return
		}
		_ = res.Body.Close()
		got <- res.StatusCode
	}()
	<-came
	stopped := make(chan struct{})
	go func() { a.Stop(); close(stopped) }()
	require.Eventually(t, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
		if err != nil {
			return false
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			_ = res.Body.Close()
		}
		return err != nil
	}, 10*time.Second, time.Millisecond, "nothing new is taken")
	select {
	case <-stopped:
		require.Fail(t, "it did not wait")
	default:
	}
	close(answers)
	require.Equal(t, http.StatusTeapot, <-got)
	<-stopped
}
