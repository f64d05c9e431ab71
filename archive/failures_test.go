package archive_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive"
	"muster/incident"
	"muster/integrations/fault"
	"muster/internal/pgtest"
)

func TestAnAddressThatIsNoneIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "sqlite:", "sqlite::memory:", "/var/lib/muster.db", "mysql://a:hunter2hunter2@db/m", "postgres://a:hunter2hunter2@db", "postgres://a:hunter2 hunter2@ db/m%zz"} {
		_, err := archive.New(address)
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "hunter2")
		require.Contains(t, err.Error(), "write sqlite:PATH or postgres://", address)
	}
}

func TestADatabaseThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	a, err := archive.New("postgres://muster:hunter2hunter2@127.0.0.1:1/muster?sslmode=disable")
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close()) }()
	_, err = a.Keep(t.Context(), record(declared(1, "Away"), 1))
	require.True(t, fault.IsClass(err, fault.Retryable), "%v", err)
	require.NotContains(t, err.Error(), "hunter2")
}

// A restart or a failover ends every connection, and nobody hears of it before the next question.
func TestConnectionsThatTheDatabaseHasEndedAreReplaced(t *testing.T) {
	t.Parallel()
	at := pgtest.Database(t)
	a := open(t, at)
	keep(t, a, declared(1, "Before"), 1)
	for version := int64(2); version < 12; version++ {
		var wg sync.WaitGroup
		for range 8 { // each connection of the pool has just been in use
			wg.Go(func() { _, _ = a.Installation(t.Context()) })
		}
		wg.Wait()
		pgtest.Do(t, at, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		switch version % 3 {
		case 0:
			keep(t, a, declared(1, "After"), version)
		case 1:
			_, err := a.Record(t.Context(), incident.Key(1))
			require.NoError(t, err)
		case 2:
			_, err := a.Export(t.Context(), io.Discard)
			require.NoError(t, err)
		}
	}
}

func TestADatabaseThatIsSlowIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			require.NoError(t, a.Ready(t.Context()))
			ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
			defer cancel()
			_, err := a.Keep(ctx, record(declared(1, "Slow"), 1))
			require.True(t, fault.IsClass(err, fault.Retryable), "%v", err)
		})
	}
}

func TestASchemaOfANewerMusterIsRefused(t *testing.T) {
	t.Parallel()
	for name, address := range addresses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := address(t)
			a := open(t, at)
			require.NoError(t, a.Ready(t.Context()))
			require.NoError(t, a.Change(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, true)"))
			again := open(t, at)
			err := again.Ready(t.Context())
			require.True(t, fault.IsClass(err, fault.Credential), "one snag for all: %v", err)
			require.ErrorContains(t, err, "its schema has version 9000")
		})
	}
}

func TestTwoThatMigrateAtOnceMakeOneSchema(t *testing.T) {
	t.Parallel()
	for name, address := range addresses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := address(t)
			var wg sync.WaitGroup
			errs := make([]error, 4)
			for k := range errs {
				a := open(t, at)
				wg.Go(func() { errs[k] = a.Ready(t.Context()) })
			}
			wg.Wait()
			for _, err := range errs {
				require.NoError(t, err)
			}
			keep(t, open(t, at), declared(1, "One schema"), 1)
		})
	}
}

func TestADatabaseThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	t.Run("sqlite in a folder that is not there", func(t *testing.T) {
		t.Parallel()
		a := open(t, "sqlite:"+filepath.Join(t.TempDir(), "nowhere", "archive.db"))
		require.ErrorContains(t, a.Ready(t.Context()), "the file cannot be opened")
	})
	t.Run("sqlite that is another file", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "notes.txt")
		require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("no database\n", 100)), 0o600))
		require.ErrorContains(t, open(t, "sqlite:"+path).Ready(t.Context()), "the file is no database")
	})
	t.Run("postgres that is read-only", func(t *testing.T) {
		t.Parallel()
		at := pgtest.Database(t)
		a := open(t, at)
		require.NoError(t, a.Ready(t.Context()))
		replica := open(t, at+"&default_transaction_read_only=on")
		_, err := replica.Keep(t.Context(), record(declared(1, "Read"), 1))
		require.True(t, fault.IsClass(err, fault.Credential), "%v", err)
		require.ErrorContains(t, err, "the database is read-only")
	})
	t.Run("postgres without a database", func(t *testing.T) {
		t.Parallel()
		at := pgtest.Database(t)
		require.ErrorContains(t, open(t, strings.Replace(at, "/test_", "/none_", 1)).Ready(t.Context()), "there is no such database")
	})
}

func TestAnArchiveBelongsToOneInstallation(t *testing.T) {
	t.Parallel()
	for name, empty := range both {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty(t)
			r := record(declared(1, "Ours"), 1)
			r.Installation = "ours"
			_, err := a.Keep(t.Context(), r)
			require.NoError(t, err)
			r.Installation, r.Version = "theirs", 2
			_, err = a.Keep(t.Context(), r)
			require.ErrorContains(t, err, "it is the archive of another installation")
			found, err := a.Installation(t.Context())
			require.NoError(t, err)
			require.Equal(t, "ours", found)
		})
	}
}
