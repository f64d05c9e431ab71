package app

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/internal/config"
	"muster/playbook/file"
)

// pages are what a worker with these variables says about the shipped playbook.
func pages(t *testing.T, env map[string]string) []mutePage {
	t.Helper()
	p, err := file.Parse("muster.yaml", file.Example, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	c, err := config.Load(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	require.NoError(t, err)
	return mutePages(p.Credentials(), p.Targets(), c.Secret)
}

func TestAWorkerWithEveryCredentialHasNothingToSay(t *testing.T) {
	t.Parallel()
	require.Empty(t, pages(t, map[string]string{"PD_CHECKOUT": "a", "PD_PLATFORM": "b", "PD_SEARCH": "c"}))
}

func TestEachCredentialThatIsNotSetIsNamedWithWhatWillNotHappen(t *testing.T) {
	t.Parallel()
	require.Equal(t, []mutePage{
		{"env:PD_PLATFORM", "PD_PLATFORM", []string{"nobody is paged for platform", "step 2 of 2 of checkout pages nobody"}},
		{"env:PD_SEARCH", "PD_SEARCH", []string{"nobody is paged for search"}},
	}, pages(t, map[string]string{"PD_CHECKOUT": "a", "PD_SEARCH": "  "}))
}

// Where a whole chain is silent, that is what is said, and not that one of its steps is.
func TestAChainWithoutAnyCredentialPagesNobody(t *testing.T) {
	t.Parallel()
	for _, m := range pages(t, nil) {
		for _, what := range m.Lost {
			require.Contains(t, what, "nobody is paged for ")
		}
	}
}

func TestThePagesThatCannotGoOutAreLoggedAsErrors(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	env := map[string]string{"MUSTER_PLAYBOOK": "../../muster.yaml", "PD_CHECKOUT": "a", "PD_PLATFORM": "b"}
	a, err := New(Options{Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	a.warnOfPages(t.Context())
	require.Contains(t, log.String(), `level=ERROR msg="a credential for pages is not set" credential=env:PD_SEARCH lost="nobody is paged for search" mend="set PD_SEARCH for the worker`)
	require.NotContains(t, log.String(), "PD_CHECKOUT")
}

// A worker runs what was declared before without a playbook of its own: each incident brings its
// part along.
func TestAWorkerWithoutAPlaybookSaysThatItCannotTell(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	env := map[string]string{"MUSTER_PLAYBOOK": "no-such-file.yaml"}
	a, err := New(Options{Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	a.warnOfPages(t.Context())
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), "playbook=no-such-file.yaml")
}
