package cli_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/starter/internal/cli"
)

func TestSetupRestoredLeavesOutNumbers(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.run("setup restored --last INC-57").prints("Recorded. Once a worker runs, no number up to INC-57 is handed out; the first incident afterwards shows it.\n")
	require.Equal(t, 57, tm.skipped)
	tm.run("setup restored --last 58 -o json").printsJSON(`{"last":"INC-58"}`)
	require.Equal(t, 58, tm.skipped)
}

func TestSetupRestoredNeedsANumber(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.run("setup restored").fails(cli.ExitUsage, "--last: name the newest incident that anybody has seen, such as INC-57")
	for _, wrong := range []string{"newest", "0", "INC--3"} {
		tm.run("setup restored --last "+wrong).fails(cli.ExitUsage, "--last: \""+wrong+"\" is no incident")
	}
	require.Zero(t, tm.skipped)
	tm.err = &incidents.NotRecordedError{Err: errors.New("connection refused")}
	tm.run("setup restored --last INC-57").fails(cli.ExitAway, "not recorded: connection refused")
}
