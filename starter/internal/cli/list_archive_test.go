package cli_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/gateway/incidents"
	"muster/starter/internal/cli"
)

// remembering is a terminal with an archive, and without Temporal.
func remembering(t *testing.T) *terminal {
	t.Helper()
	tm := searching(t)
	tm.dialErr = nil
	a, err := archive.New(tm.env["MUSTER_ARCHIVE"])
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	tm.lists = incidents.New(incidents.Options{Temporal: incidents.NoTemporal{}, Archive: a, Now: func() time.Time { return now }})
	return tm
}

func TestAListOfAllComesFromTheArchive(t *testing.T) {
	t.Parallel()
	tm := remembering(t)
	o := tm.run("list --all")
	require.Equal(t, cli.ExitOK, o.code)
	require.Contains(t, o.stdout, ""+
		"KEY    SEV  STATUS  COMMANDER  SERVICES  OPEN  STUCK  TITLE\n"+
		"INC-2  2    open    -          checkout  -     -      A [31mred [0m disk\n")
	require.Contains(t, o.stdout, "Temporal does not answer; this is from the archive, whose newest change is of 1970-01-01 00:00:00 UTC")
	o = tm.run("list --all -o json")
	require.Contains(t, o.stdout, `"source":"archive"`)
	require.Contains(t, o.stdout, `"note":"Temporal does not answer`)
	require.Contains(t, tm.run("follow-up list --all").stdout, "no follow-ups\n")
	tm.run("follow-up list --all --overdue").fails(cli.ExitUsage, "what has ended is neither")
}

func TestWithoutAnArchiveAListOfAllSaysSoInOneLine(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.note = incidents.NoArchiveNote
	tm.run("list --all").prints("no incidents\nthere is no archive: incidents that Temporal does not keep any more are not listed\n")
	tm.run("list --all -o json").printsJSON(`{"incidents":[],"next_page_token":"","source":"temporal","note":"there is no archive: incidents that Temporal does not keep any more are not listed"}`)
}

func TestListsAreRecalledWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	tm := remembering(t)
	tm.dialErr = fmt.Errorf("%w at 127.0.0.1:7233", incidents.ErrAway)
	tm.run("list").fails(cli.ExitAway, "temporal does not answer")
	tm.recall = func(context.Context, cli.Target) (cli.Incidents, func(), error) { return tm.fake, func() {}, nil }
	require.Contains(t, tm.run("list").stdout, "INC-1")
	require.Contains(t, tm.run("search disk*").stdout, "INC-1")
	require.Contains(t, tm.run("follow-up list").stdout, "no follow-ups")
	require.Regexp(t, "^Temporal or its workers do not answer; this is from the archive, .*\nINC-1  The disk of checkout is full\n", tm.run("show INC-1").stdout)
	tm.run("show INC-7").fails(cli.ExitAway, "temporal does not answer at 127.0.0.1:7233")
	tm.run("resolve INC-1").fails(cli.ExitAway, "temporal does not answer")
	tm.recall = func(context.Context, cli.Target) (cli.Incidents, func(), error) { return nil, nil, nil }
	tm.run("list").fails(cli.ExitAway, "temporal does not answer")
}
