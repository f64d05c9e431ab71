package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	sqlstore "go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

const (
	databaseFile = "temporal.db"
	lockFile     = "temporal.lock"
	schemaName   = "temporal"
)

// memoryStores numbers the databases in memory, which live in one namespace per process.
var memoryStores atomic.Int64

// store is the SQLite database of one server.
//
// The server keeps one connection per database open for the life of the process and offers no way to close it; a
// second Start on the same directory gets the same connection. So close leaves the database complete on disk, or
// empty in memory, instead of closing it.
type store struct {
	config *config.SQL
	lock   *dirLock
}

// openStore makes the database, or opens the one in the data directory, with the namespace that o asks for.
func openStore(ctx context.Context, o Options) (*store, error) {
	s := &store{}
	if o.DataDir == "" {
		s.config = &config.SQL{
			PluginName:        sqlite.PluginName,
			DatabaseName:      "muster-" + strconv.FormatInt(memoryStores.Add(1), 10),
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}
		return s, s.prepare(ctx, o)
	}
	if err := s.openDir(o.DataDir); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, o); err != nil {
		_ = s.lock.release()
		return nil, fmt.Errorf("data directory %s: %w", o.DataDir, err)
	}
	return s, nil
}

func (s *store) openDir(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	// The histories hold what people wrote about incidents, private ones included.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if s.lock, err = lockDir(filepath.Join(dir, lockFile)); err != nil {
		return fmt.Errorf("data directory %s: %w", dir, err)
	}
	s.config = &config.SQL{
		PluginName: sqlite.PluginName,
		// The server builds a URI from the name without escaping it.
		DatabaseName: (&url.URL{Path: filepath.Join(dir, databaseFile)}).EscapedPath(),
		ConnectAttributes: map[string]string{
			"mode": "rwc",
			// A commit in WAL mode with synchronous=normal appends to the log without waiting for the disk. That
			// survives the death of the process at any moment, which is what dev mode promises; a power cut can
			// take the last commits, but does not damage the file.
			"journal_mode": "wal",
			"synchronous":  "normal",
			// Somebody's sqlite3 shell on the file must not fail the server's writes.
			"busy_timeout": "10000",
		},
	}
	return nil
}

func (s *store) prepare(ctx context.Context, o Options) error {
	if err := s.prepareSchema(); err != nil {
		return err
	}
	db, err := sqlstore.NewSQLDB(sqlplugin.DbKindUnknown, s.config, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { _ = db.Close() }()
	return writeNamespace(ctx, db, o)
}

// prepareSchema makes the tables in one transaction, so that a process killed here leaves no half of them.
func (s *store) prepareSchema() error {
	return s.admin(func(db sqlplugin.AdminDB) error {
		version, err := db.ReadSchemaVersion(schemaName)
		switch {
		case err == nil && version == sqliteschema.Version:
			return nil
		case err == nil:
			// The server brings no migrations for SQLite.
			return fmt.Errorf("the database has schema %s and this server needs %s; move the directory away to start afresh",
				version, sqliteschema.Version)
		}
		// Reading the version also fails when there is no such table yet; anything worse fails again below.
		if err := db.Exec("BEGIN IMMEDIATE"); err != nil {
			return fmt.Errorf("make tables: %w", err)
		}
		err = errors.Join(s.makeTables(db), db.UpdateSchemaVersion(schemaName, sqliteschema.Version, sqliteschema.Version))
		if err != nil {
			return errors.Join(fmt.Errorf("make tables: %w", err), db.Exec("ROLLBACK"))
		}
		return db.Exec("COMMIT")
	})
}

func (s *store) makeTables(db sqlplugin.AdminDB) error {
	if err := db.CreateSchemaVersionTables(); err != nil {
		return err
	}
	if s.inMemory() {
		// Opening a database in memory has made the server's tables.
		return nil
	}
	return sqliteschema.SetupSchemaOnDB(db)
}

func (s *store) inMemory() bool { return s.config.ConnectAttributes["mode"] == "memory" }

// close leaves a file that can be copied as it is, or gives a database's memory back.
func (s *store) close() error {
	err := s.admin(func(db sqlplugin.AdminDB) error {
		if s.inMemory() {
			return dropTables(db)
		}
		return db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	})
	return errors.Join(err, s.lock.release())
}

func dropTables(db sqlplugin.AdminDB) error {
	tables, err := db.ListTables("")
	if err != nil {
		return err
	}
	for _, table := range tables {
		// A full-text table takes its shadow tables along, which then are not there to be dropped.
		_ = db.DropTable(table)
	}
	return db.Exec("VACUUM")
}

func (s *store) admin(do func(sqlplugin.AdminDB) error) error {
	db, err := sqlstore.NewSQLAdminDB(sqlplugin.DbKindUnknown, s.config, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { _ = db.Close() }()
	return do(db)
}

// notFound reports whether a query found no row.
func notFound(err error) bool { return errors.Is(err, sql.ErrNoRows) }
