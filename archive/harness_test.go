package archive_test

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
	"muster/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// noon is the moment at which what tests write happens.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// addresses are those of the databases, each of an empty one of the test's own.
var addresses = map[string]func(t *testing.T) string{
	"sqlite": func(t *testing.T) string {
		t.Helper()
		return "sqlite:" + filepath.Join(t.TempDir(), "archive.db")
	},
	"postgres": func(t *testing.T) string {
		t.Helper()
		return pgtest.Database(t)
	},
}

// both are the databases, each with an empty archive of the test's own.
var both = map[string]func(t *testing.T) *archive.Archive{
	"sqlite":   func(t *testing.T) *archive.Archive { t.Helper(); return open(t, addresses["sqlite"](t)) },
	"postgres": func(t *testing.T) *archive.Archive { t.Helper(); return open(t, addresses["postgres"](t)) },
}

func open(t *testing.T, address string) *archive.Archive {
	t.Helper()
	a, err := archive.New(address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// declared is an incident as a person has just declared it.
func declared(number int, title string) *incident.Incident {
	return incident.New(number, incident.Declaration{
		Title: title, Severity: 2, Kind: incident.KindIncident, Actor: incident.Actor{Person: "ada@example.com", Way: incident.WayCLI},
	}, noon)
}

// record is what the incident's workflow leaves.
func record(i *incident.Incident, version int64) archive.Record {
	return archive.Record{Workflow: i.Key(), Type: "Incident", Incident: i.Number, Version: version, Facts: i, State: json.RawMessage(`{"number":1}`)}
}

func keep(t *testing.T, a *archive.Archive, i *incident.Incident, version int64) {
	t.Helper()
	held, err := a.Keep(t.Context(), record(i, version))
	require.NoError(t, err)
	require.Equal(t, version, held)
}
