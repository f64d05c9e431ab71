package cli_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
	"muster/starter/internal/cli"
)

// searching is a terminal with an archive behind it that holds two incidents.
func searching(t *testing.T) *terminal {
	t.Helper()
	address := "sqlite:" + filepath.Join(t.TempDir(), "archive.db")
	a, err := archive.New(address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	for n, title := range []string{"The disk of checkout is full", "A \x1b[31mred\x1b[0m disk"} {
		i := incident.New(n+1, incident.Declaration{
			Title: title, Severity: incident.Severity(n + 1), Kind: incident.KindIncident, Services: []string{"checkout"},
			Actor: incident.Actor{Person: "carol@example.com", Way: incident.WayCLI},
		}, now.AddDate(0, 0, -10+n))
		if n == 0 {
			i.Note(i.DeclaredAt, i.DeclaredBy, "learning", "Learnt: Disks fill silently")
		}
		_, err := a.Keep(t.Context(), archive.Record{Workflow: i.Key(), Type: "Incident", Incident: i.Number, Version: 1, Facts: i, State: json.RawMessage("{}")})
		require.NoError(t, err)
	}
	tm := newTerminal(t)
	tm.env["MUSTER_ARCHIVE"], tm.dialErr = address, errors.New("nobody asks Temporal")
	return tm
}

func TestASearchShowsWhereItsWordsStand(t *testing.T) {
	t.Parallel()
	tm := searching(t)
	tm.run("search disk*").prints("" +
		"KEY    SEV  STATUS  DECLARED    SERVICES  TITLE\n" +
		"INC-2  2    open    2026-11-12  checkout  A [31mred [0m disk\n" +
		"INC-1  1    open    2026-11-11  checkout  The disk of checkout is full\n" +
		"    learnt: Disks fill silently\n")
	tm.run("search silently severity<=1 since:30d").prints("" +
		"KEY    SEV  STATUS  DECLARED    SERVICES  TITLE\n" +
		"INC-1  1    open    2026-11-11  checkout  The disk of checkout is full\n" +
		"    learnt: Disks fill silently\n")
	tm.args("search", "zebra -disk").prints("nothing was found\n")
	tm.terminal = true
	tm.run("search disk* fill*").prints("" +
		"KEY    SEV  STATUS  DECLARED    SERVICES  TITLE\n" +
		"INC-1  1    open    2026-11-11  checkout  The \x1b[1mdisk\x1b[0m of checkout is full\n" +
		"    learnt: \x1b[1mDisks\x1b[0m \x1b[1mfill\x1b[0m silently\n")
}

func TestASearchGoesOnBeforeTheLastIncident(t *testing.T) {
	t.Parallel()
	tm := searching(t)
	tm.args("search", "--limit", "1", "disk*", "in:title").prints("" +
		"KEY    SEV  STATUS  DECLARED    SERVICES  TITLE\n" +
		"INC-2  2    open    2026-11-12  checkout  A [31mred [0m disk\n" +
		"2 were found\n" +
		"there are more: add --before INC-2\n")
	tm.run("search disk* in:title --before inc-2").prints("" +
		"KEY    SEV  STATUS  DECLARED    SERVICES  TITLE\n" +
		"INC-1  1    open    2026-11-11  checkout  The disk of checkout is full\n")
	tm.run("search in:learnings fill -o json").printsJSON(`{
		"hits": [{
			"number": 1, "key": "INC-1", "title": "The disk of checkout is full", "kind": "incident", "status": "open", "severity": 1, "services": ["checkout"],
			"declared_at": "2026-11-11T03:04:05Z", "open_follow_ups": 0,
			"excerpts": [{"part": "learnings", "entry": 2, "text": "Disks fill silently", "marks": [{"start": 6, "end": 10}]}]
		}],
		"count": 1, "next": ""
	}`)
	tm.run("search disk --limit 1 -o json").printsJSON(`{
		"hits": [{
			"number": 2, "key": "INC-2", "title": "A \u001b[31mred\u001b[0m disk", "kind": "incident", "status": "open", "severity": 2, "services": ["checkout"],
			"declared_at": "2026-11-12T03:04:05Z", "open_follow_ups": 0, "excerpts": [{"part": "title", "text": "A \u001b[31mred\u001b[0m disk", "marks": [{"start": 15, "end": 19}]}]
		}],
		"count": 2, "next": "INC-2"
	}`)
}

func TestASearchThatCannotBeAnsweredSaysWhy(t *testing.T) {
	t.Parallel()
	tm := searching(t)
	tm.run("search severity:9").fails(cli.ExitUsage, `q: "9" is no severity; write severity<=2`)
	tm.run("search disk --limit 0").fails(cli.ExitUsage, "limit")
	tm.run("search disk --before soon").fails(cli.ExitUsage, "write it like INC-42")
	delete(tm.env, "MUSTER_ARCHIVE")
	tm.run("search disk").fails(cli.ExitIllegal, "there is no archive here; set MUSTER_ARCHIVE")
}
