package cli_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/gateway/incidents"
	"muster/incident"
	"muster/starter/internal/cli"
)

// searching is a terminal with an archive behind it that holds two incidents.
func searching(t *testing.T) *terminal {
	t.Helper()
	a, err := archive.New("sqlite:" + filepath.Join(t.TempDir(), "archive.db"))
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
	tm.searches = incidents.New(incidents.Options{Archive: a, Now: func() time.Time { return now }})
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

func TestASearchIsAskedAsItWasTyped(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.found = incidents.Found{NextPageToken: "more"}
	tm.found.Hits = []archive.Hit{{Number: 7, Key: "INC-7", Title: "Disk", Status: incident.StatusOpen, Severity: 3, DeclaredAt: now}}
	tm.found.Count, tm.found.More = 1000, true
	tm.args("search", "--limit", "1", "--page-token", "T", `"disk is full"`, "in:title").prints("" +
		"KEY    SEV  STATUS  DECLARED    SERVICES  TITLE\n" +
		"INC-7  3    open    2026-11-21  -         Disk\n" +
		"more than 1000 were found\n" +
		"there are more: add --page-token more\n")
	require.Equal(t, incidents.Search{
		Text: `"disk is full" in:title`, Zone: time.UTC, Limit: 1, PageToken: "T", Viewer: incidents.Viewer{Person: "alice@example.com", Private: true},
	}, tm.searched)
	tm.run("search disk -o json").printsJSON(`{
		"hits": [{"number": 7, "key": "INC-7", "title": "Disk", "kind": "", "status": "open", "severity": 3, "declared_at": "2026-11-21T03:04:05Z", "open_follow_ups": 0}],
		"count": 1000, "more": true, "next_page_token": "more"
	}`)
}

func TestASearchThatCannotBeAnsweredSaysWhy(t *testing.T) {
	t.Parallel()
	tm := searching(t)
	tm.run("search severity:9").fails(cli.ExitUsage, `q: "9" is no severity; write severity<=2`)
	tm.run("search disk --limit 0").fails(cli.ExitUsage, "limit")
	tm.searches = incidents.New(incidents.Options{})
	tm.run("search disk").fails(cli.ExitIllegal, "there is no archive here; set MUSTER_ARCHIVE")
}
