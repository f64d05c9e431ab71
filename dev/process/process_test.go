//go:build unix

package process_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/process"
)

const (
	patience = 10 * time.Second
	interval = 10 * time.Millisecond
)

// sleeper runs a shell that sleeps until the test ends.
func sleeper(t *testing.T, script string) *process.Process {
	t.Helper()
	p := process.New(process.Options{
		Name: "sleeper", Log: filepath.Join(t.TempDir(), "log"), Pause: time.Millisecond,
		Command: func(ctx context.Context) (*exec.Cmd, error) {
			return exec.CommandContext(ctx, "/bin/sh", "-c", script), nil
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-ended) })
	require.Eventually(t, p.Running, patience, interval)
	return p
}

func TestWhatIsKilledComesBack(t *testing.T) {
	t.Parallel()
	p := sleeper(t, "exec sleep 60")
	first := p.PID()
	require.True(t, p.Kill())
	require.Eventually(t, func() bool { return p.PID() != 0 && p.PID() != first }, patience, interval)
	require.Equal(t, process.Counts{Starts: 2, Killed: 1}, p.Counts())
}

func TestWhatEndsByItselfComesBackAndIsCounted(t *testing.T) {
	t.Parallel()
	p := sleeper(t, "exit 1")
	require.Eventually(t, func() bool { return p.Counts().Ended > 2 }, patience, interval)
	require.Zero(t, p.Counts().Killed)
}

func TestWhatIsStoppedStaysAwayUntilItIsStarted(t *testing.T) {
	t.Parallel()
	p := sleeper(t, "exec sleep 60")
	require.NoError(t, p.Stop(patience))
	require.False(t, p.Running())
	require.Equal(t, 1, p.Counts().Starts)
	require.NoError(t, p.Stop(patience), "again")
	p.Start()
	require.Eventually(t, p.Running, patience, interval)
	require.Equal(t, 2, p.Counts().Starts)
}

func TestWhatDoesNotEndWhenAskedIsKilled(t *testing.T) {
	t.Parallel()
	p := sleeper(t, "trap '' TERM; while :; do sleep 0.01; done")
	// The shell may not have come to its trap yet.
	require.Eventually(t, func() bool {
		defer p.Start()
		return p.Stop(20*time.Millisecond) != nil
	}, patience, interval)
}

func TestAFrozenProcessIsThereAndThaws(t *testing.T) {
	t.Parallel()
	p := sleeper(t, "exec sleep 60")
	require.NoError(t, p.Freeze())
	require.True(t, p.Running())
	require.NoError(t, p.Thaw())
	require.True(t, p.Ask(syscall.SIGTERM))
	require.Eventually(t, func() bool { return p.Counts().Starts == 2 }, patience, interval)
}

func TestWhatCannotBeStartedIsSaid(t *testing.T) {
	t.Parallel()
	p := process.New(process.Options{
		Name: "nobody", Log: filepath.Join(t.TempDir(), "log"),
		Command: func(ctx context.Context) (*exec.Cmd, error) { return exec.CommandContext(ctx, "/does/not/exist"), nil },
	})
	require.ErrorContains(t, p.Run(t.Context()), "start the nobody")
}

func TestLinesAreHeardAndTheRestIsInTheLog(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	var heard atomic.Value
	p := process.New(process.Options{
		Name: "speaker", Log: log, Line: func(s string) { heard.Store(s) }, KeepInput: true,
		Command: func(ctx context.Context) (*exec.Cmd, error) {
			return exec.CommandContext(ctx, "/bin/sh", "-c", "echo said; echo logged >&2; exec cat"), nil
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	require.Eventually(t, func() bool { return heard.Load() == "said" }, patience, interval)
	stop()
	require.NoError(t, <-ended)
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Equal(t, "logged\n", string(text))
}

func TestPortsAreDifferentAndFree(t *testing.T) {
	t.Parallel()
	ports, err := process.Ports(t.Context(), 20)
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, p := range ports {
		require.False(t, seen[p])
		seen[p] = true
	}
}
