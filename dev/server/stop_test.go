package server

import (
	"net"
	"net/url"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStopReleasesEverything(t *testing.T) {
	// The first server starts what the process keeps: caches, the database connection, metrics.
	start(t, Options{}).Stop()
	settled := func(most int) func() bool {
		return func() bool { return runtime.NumGoroutine() <= most }
	}
	before := runtime.NumGoroutine()

	const rounds = 3
	for range rounds {
		s := start(t, Options{SearchAttributes: attributes})
		ui, err := url.Parse(s.UIAddr())
		require.NoError(t, err)
		began := time.Now()
		s.Stop()
		s.Stop()
		require.Less(t, time.Since(began), 5*time.Second)
		for _, addr := range []string{s.Addr(), ui.Host} {
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", addr)
			require.NoError(t, err, "still taken")
			require.NoError(t, l.Close())
		}
	}
	// A stopped server leaves its database's opener, the Web UI's connection, and little of the services; a few
	// hundred goroutines run in one that is not stopped.
	const perServer = 60
	if !waitFor(settled(before+rounds*perServer), patience) {
		buf := make([]byte, 1<<22)
		t.Fatalf("%d goroutines before, %d after %d servers\n%s", before, runtime.NumGoroutine(), rounds, buf[:runtime.Stack(buf, true)])
	}
	t.Logf("%d goroutines before, %d after %d servers", before, runtime.NumGoroutine(), rounds)
}

// waitFor polls on the test's own goroutine; require.Eventually would count its goroutines too.
func waitFor(condition func() bool, patience time.Duration) bool {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		if condition() {
			return true
		}
	}
	return condition()
}
