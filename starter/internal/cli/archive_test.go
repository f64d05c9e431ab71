package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
	"muster/internal/pgtest"
	"muster/starter/internal/cli"
)

// archived is a terminal with an archive in a file of its own, in which some incidents are.
func archived(t *testing.T, change ...func(*archive.Archive)) *terminal {
	t.Helper()
	tm := newTerminal(t)
	path := filepath.Join(t.TempDir(), "archive.db")
	tm.env["MUSTER_ARCHIVE"] = "sqlite:" + path
	a, err := archive.New(tm.env["MUSTER_ARCHIVE"])
	require.NoError(t, err)
	require.NoError(t, a.Ready(t.Context()))
	for _, c := range change {
		c(a)
	}
	require.NoError(t, a.Close())
	return tm
}

// kept writes an incident that was declared some days ago.
func kept(t *testing.T, number, days int, change func(*incident.Incident)) func(*archive.Archive) {
	t.Helper()
	return func(a *archive.Archive) {
		i := incident.New(number, incident.Declaration{
			Title: "Checkout is down", Severity: 2, Kind: incident.KindIncident, Services: []string{"checkout"}, Actor: incident.Actor{Person: "eve@example.com", Way: incident.WayCLI},
		}, now.AddDate(0, 0, -days))
		if change != nil {
			change(i)
		}
		over := i.Status == incident.StatusClosed
		_, err := a.Keep(t.Context(), archive.Record{Workflow: i.Key(), Type: "Incident", Incident: number, Version: 1, Over: over, Facts: i, State: json.RawMessage(`{}`)})
		require.NoError(t, err)
	}
}

// lately has a workflow keep its record now: by that the archive knows how late it is.
func lately(t *testing.T) func(*archive.Archive) {
	t.Helper()
	return func(a *archive.Archive) {
		_, err := a.Keep(t.Context(), archive.Record{Workflow: "register", Type: "Register", Version: now.UnixMicro(), State: json.RawMessage(`{}`)})
		require.NoError(t, err)
	}
}

func closed(i *incident.Incident) {
	i.Status, i.ClosedAt = incident.StatusClosed, i.DeclaredAt.Add(time.Hour)
}

func TestAReportIsATable(t *testing.T) {
	t.Parallel()
	tm := archived(t, kept(t, 1, 3, nil), kept(t, 2, 10, nil))
	tm.run("report counts --since 14d --zone UTC").prints(`How many incidents, near misses, drills and externals were declared, from 2026-11-07 03:04 to 2026-11-21 03:04 UTC

WEEK      INCIDENTS  NEAR MISSES  DRILLS  EXTERNALS
2026-W45  0          0            0       0
2026-W46  1          0            0       0
2026-W47  1          0            0       0

▁██  incidents a week
▁▁▁  near misses a week

More is good: what is declared can be learnt from. A month with fewer was not a better one.
Counted by when it was declared, in weeks of UTC. Cancelled and merged ones, and the canary's drills, are left out.
`)
	tm.run("report counts --by service --csv").prints("service,incidents,near_misses,drills,externals\r\ncheckout,2,0,0,0\r\n")
	for _, form := range []string{"--json", "--output json"} {
		out := tm.run("report counts --by severity " + form)
		require.Equal(t, cli.ExitOK, out.code)
		require.Contains(t, out.stdout, `"rows":[{"severity":"sev1","incidents":0,"near_misses":0,"drills":0,"externals":0},{"severity":"sev2","incidents":2,`)
		require.Contains(t, out.stdout, `"zone":"Europe/Berlin"`, "weeks begin where the playbook's calendar is")
	}
	require.Contains(t, tm.run("report nights").stdout, "\nnothing\n")
	require.Zero(t, tm.dials, "Temporal is not asked")
}

func TestAReportThatCannotBeGivenNamesItsMend(t *testing.T) {
	t.Parallel()
	tm := archived(t)
	tm.run("report nights --by moon").fails(cli.ExitUsage, "by: nights cannot be by \"moon\"; write person, service or week")
	tm.run("report nights --since soon").fails(cli.ExitUsage, "write it like 90d")
	tm.run("report nights --zone Mars").fails(cli.ExitUsage, "write one such as Europe/Berlin")
	tm.run("report nights --csv --json").fails(cli.ExitUsage, "leave out one")
	tm.run("report mttr").fails(cli.ExitUsage, "unknown command")
	tm.env["MUSTER_ARCHIVE"] = "sqlite:" + filepath.Join(t.TempDir(), "elsewhere.db")
	tm.run("report nights").fails(cli.ExitUsage, "elsewhere.db does not exist; correct the path")
	tm.env["MUSTER_ARCHIVE"] = "mysql://root:hunter2@db/muster"
	out := tm.run("report nights")
	out.fails(cli.ExitUsage, "it is no address of an archive")
	require.NotContains(t, out.text, "hunter2")
	delete(tm.env, "MUSTER_ARCHIVE")
	tm.run("report nights").fails(cli.ExitIllegal, "there is no archive here; set MUSTER_ARCHIVE")
	tm.run("report nights --output json").failsJSON(cli.ExitIllegal, "illegal")
}

func TestTheArchiveMovesByAFile(t *testing.T) {
	t.Parallel()
	from := archived(t, kept(t, 1, 3, nil), kept(t, 2, 10, nil))
	path := filepath.Join(t.TempDir(), "export.jsonl")
	from.args("export", path).prints("2 incidents are in " + path + ", with all that belongs to them.\n")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds private incidents too")
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1)

	to := archived(t)
	to.args("import", path).prints("Taken in: 2 incidents and 2 records. Held already as new or newer: 0.\n")
	to.stdin = from.run("export").stdout
	to.run("import - --output json").printsJSON(`{"incidents":0,"records":0,"held":2,"erasures":0,"settings":0}`)
	require.Equal(t, from.run("export -").stdout, to.run("export").stdout)

	to.stdin = "nothing of the kind"
	to.run("import -").fails(cli.ExitUsage, "line 1: cannot be read")
	to.run("import /nowhere/at/all").fails(cli.ExitUsage, "no such file")
	to.run("export /nowhere/at/all").fails(cli.ExitUsage, "no such file")
	// What is imported may be the first that there is.
	to.env["MUSTER_ARCHIVE"] = "sqlite:" + filepath.Join(t.TempDir(), "new.db")
	to.args("import", path)
	require.Equal(t, from.run("export").stdout, to.run("export").stdout)
}

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestAnArchiveMovesFromAFileToPostgreSQLAndBack(t *testing.T) {
	t.Parallel()
	from := archived(t, kept(t, 1, 3, closed), kept(t, 2, 10, nil))
	to := newTerminal(t)
	to.env["MUSTER_ARCHIVE"] = pgtest.Database(t)
	to.stdin = from.run("export").stdout
	to.run("import -").prints("Taken in: 2 incidents and 2 records. Held already as new or newer: 0.\n")
	require.Equal(t, to.stdin, to.run("export").stdout)
	for _, report := range []string{"counts --by severity", "nights", "offhours", "muster", "follow-ups", "overdue", "repeats", "learnings"} {
		require.Equal(t, from.run("report "+report).stdout, to.run("report "+report).stdout)
	}
	to.run("erase eve@example.com --reason x").fails(cli.ExitIllegal, "is still responder of INC-2")
	back := archived(t)
	back.stdin = to.run("export").stdout
	back.run("import -").prints("Taken in: 2 incidents and 2 records. Held already as new or newer: 0.\n")
	require.Equal(t, to.run("export").stdout, back.run("export").stdout)
}

func TestAPersonIsErasedByTheirAddress(t *testing.T) {
	t.Parallel()
	tm := archived(t, kept(t, 1, 3, closed))
	out := tm.run("erase eve@example.com --reason request|17 --alias former-1@erased.invalid")
	require.Equal(t, cli.ExitOK, out.code, out.text)
	require.Contains(t, out.stdout, "Erased: former-1@erased.invalid stands in their place, in 1 incident and 0 records.\n")
	require.Contains(t, out.stdout, "are not changed by this")
	lines := tm.run("export").stdout
	require.NotContains(t, lines, "eve@example.com")
	require.Contains(t, lines, `"asked_by":"alice@example.com","reason":"request 17"`)
	require.Contains(t, tm.run("erase eve@example.com --reason again").stdout, "They had been erased before, and keep their alias.")

	tm.run("erase eve@example.com").fails(cli.ExitUsage, "reason: is missing")
	tm.run("erase eve --reason x").fails(cli.ExitUsage, "is no person")
	delete(tm.env, "MUSTER_PERSON")
	tm.run("erase eve@example.com --reason x").fails(cli.ExitUsage, "it is not known who you are")

	tm = archived(t, kept(t, 1, 3, nil))
	tm.run("erase eve@example.com --reason x").fails(cli.ExitIllegal, "is still responder of INC-1; hand it over first, and try again a moment later: `starter remove INC-1 eve@example.com`")
}

func TestWhatIsPastItsTimeIsForgotten(t *testing.T) {
	t.Parallel()
	drill := func(i *incident.Incident) { closed(i); i.Kind = incident.KindDrill }
	tm := archived(t, kept(t, 1, 100, drill), kept(t, 2, 100, drill), kept(t, 3, 100, closed), kept(t, 4, 100, drill), kept(t, 5, 3, drill), lately(t))
	tm.run("archive forget").prints("The playbook keeps everything for ever: there is no archive.keep in it.\n")
	book := filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(book, []byte("version: 1\narchive: {keep: {drill: 90d}}\n"), 0o600))
	tm.env["MUSTER_PLAYBOOK"] = book
	tm.run("archive forget --dry-run").prints("Nothing is taken out yet. Past their time: INC-1 to INC-2, INC-4.\n")
	tm.run("archive forget").prints("Forgotten: INC-1 to INC-2, INC-4.\n")
	tm.run("archive forget").prints("Nothing is past its time.\n")
	require.Equal(t, 2, strings.Count(tm.run("export").stdout, `{"incident":`))
}
