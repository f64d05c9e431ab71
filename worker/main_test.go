package main

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway"
)

// typed is what came of a command line.
type typed struct {
	code     int
	out, err string
	worked   bool
}

// types runs the command with these arguments, where a worker would end with the error.
func types(t *testing.T, env map[string]string, ends error, args ...string) typed {
	t.Helper()
	var out, errOut strings.Builder
	var o typed
	o.code = run(t.Context(), args, environment{
		lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		out:    &out, err: &errOut,
		work: func(context.Context) error { o.worked = true; return ends },
	})
	o.out, o.err = out.String(), errOut.String()
	return o
}

func TestWithoutArgumentsItWorks(t *testing.T) {
	t.Parallel()
	require.Equal(t, typed{worked: true}, types(t, nil, nil))
	require.Equal(t, typed{code: exitFailed, err: "worker: Temporal is away\n", worked: true}, types(t, nil, errors.New("Temporal is away")))
}

func TestWhatItDoesNotKnowItRefuses(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"worker: it takes no arguments, and \"serve\" is one; see `worker --help`\n":               {"serve"},
		"worker: it takes no arguments, and \"now\" is one; see `worker --help`\n":                 {"--version", "now"},
		"worker: flag provided but not defined: -queue; see `worker --help`\n":                     {"--queue", "muster"},
		"worker: invalid boolean value \"maybe\" for -version: parse error; see `worker --help`\n": {"--version=maybe"},
	} {
		require.Equal(t, typed{code: exitUsage, err: want}, types(t, nil, nil, args...))
	}
}

func TestItSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, flag := range []string{"--help", "-h"} {
		o := types(t, nil, nil, flag)
		require.Zero(t, o.code)
		require.Empty(t, o.err)
		require.False(t, o.worked)
		for _, want := range []string{"It takes no arguments", "MUSTER_WORKER_LISTEN", "127.0.0.1:8089", "-health", "-version"} {
			require.Contains(t, o.out, want)
		}
	}
}

func TestItSaysItsVersion(t *testing.T) {
	t.Parallel()
	o := types(t, nil, nil, "--version")
	require.Zero(t, o.code)
	require.Regexp(t, `^worker \S+ \(go1\.\d+`, o.out)
	require.False(t, o.worked)
}

func TestItAsksTheWorkerOfThisMachineForItsHealth(t *testing.T) {
	t.Parallel()
	var away error
	s := httptest.NewServer(gateway.Health(nil, gateway.Check{Name: "temporal", Run: func(context.Context) error { return away }}))
	t.Cleanup(s.Close)
	env := map[string]string{"MUSTER_WORKER_LISTEN": strings.TrimPrefix(s.URL, "http://")}
	require.Equal(t, typed{out: "temporal: ok\n"}, types(t, env, nil, "--health"))
	away = errors.New("no connection")
	require.Equal(t, typed{code: exitFailed, out: "temporal: no connection\n", err: "worker: not ready\n"}, types(t, env, nil, "--health"))

	off := types(t, map[string]string{"MUSTER_WORKER_LISTEN": "off"}, nil, "--health")
	require.Equal(t, typed{code: exitFailed, err: "worker: the worker serves no health: MUSTER_WORKER_LISTEN is off\n"}, off)
	wrong := types(t, map[string]string{"MUSTER_WORKER_LISTEN": "8089"}, nil, "--health")
	require.Equal(t, exitFailed, wrong.code)
	require.Contains(t, wrong.err, `MUSTER_WORKER_LISTEN is "8089": write host:port`)
}
