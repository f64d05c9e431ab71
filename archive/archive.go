package archive

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"muster/incident"
	"muster/integrations/fault"
)

//go:embed migrations
var migrations embed.FS

// Archive is an open archive. It may be used from many goroutines, and several processes may share one.
type Archive struct {
	db *sql.DB
	dialect
	// where says which database it is, without a password.
	where string
	// Observer hears of every question and of every write. It is set before the first one.
	Observer fault.Observer

	mu    sync.Mutex
	ready bool
}

// dialect is in what the databases differ.
type dialect struct {
	driver string
	goose  goose.Dialect
	folder string
}

var (
	onSQLite   = dialect{driver: "sqlite", goose: goose.DialectSQLite3, folder: "migrations/sqlite"}
	onPostgres = dialect{driver: "pgx", goose: goose.DialectPostgres, folder: "migrations/postgres"}
)

// New makes an archive from its URL, which is sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE. It calls
// nobody: a database that is away shows with the first question. An error never holds the password.
func New(address string) (*Archive, error) {
	d, dsn, where, err := parse(address)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open(d.driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("it is no address of a database for %s", d.driver)
	}
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	db.SetConnMaxIdleTime(connectionIdle)
	return &Archive{db: db, dialect: d, where: where}, nil
}

// parse reads the address of an archive, and says where it is without a secret.
func parse(address string) (d dialect, dsn, where string, err error) {
	const mend = "write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE"
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		path = strings.TrimPrefix(path, "//")
		if path == "" || strings.ContainsAny(path, "?#") || strings.HasPrefix(path, ":") {
			return d, "", "", fmt.Errorf("%q names no file; %s", path, mend)
		}
		return onSQLite, sqliteDSN(path), "sqlite:" + path, nil
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || strings.Trim(u.Path, "/") == "" {
		return d, "", "", fmt.Errorf("it is no address of an archive; %s", mend)
	}
	q := u.Query()
	if !q.Has("connect_timeout") {
		q.Set("connect_timeout", "5")
	}
	if !q.Has("application_name") {
		q.Set("application_name", "muster")
	}
	u.RawQuery = q.Encode()
	return onPostgres, u.String(), "postgres://" + u.Host + u.Path, nil
}

// sqliteDSN opens a file with a log of its own, so that readers do not wait for writers, and has a transaction
// take the right to write when it begins: one that takes it later is refused when another one has written.
func sqliteDSN(path string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
		"secure_delete(1)", // what is deleted is gone from the file, and not only from the tables
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Where says which database it is, without a password.
func (a *Archive) Where() string { return a.where }

// Close gives the connections back.
func (a *Archive) Close() error { return a.db.Close() }

// Ready brings the schema up to this version of Muster, once; several processes may do so at once. A database
// that is away, cannot be written, or was written by a newer Muster is a *fault.Error.
func (a *Archive) Ready(ctx context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ready {
		return nil
	}
	a.secure()
	if err := a.migrate(ctx); err != nil {
		return a.unready(err)
	}
	a.ready = true
	return nil
}

// unready says why the schema could not be brought up to this version. Nothing of that is the fault of the record that
// is to be kept, so each is tried again.
func (a *Archive) unready(err error) error {
	failure := a.failed("open", err)
	if e, ok := fault.As(failure); ok && e.Class == fault.Permanent {
		e.Class, e.Mend = fault.Retryable, "see whether its disk is full; if it is not, this is a fault of Muster or of a schema that somebody has changed: report it"
	}
	return failure
}

// migrateTries is how often a migration is tried that another process was just making.
const migrateTries = 5

func (a *Archive) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, a.folder)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	if a.dialect == onPostgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(a.goose, a.db, files, options...)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		has, knows, err := p.GetVersions(ctx)
		if err == nil && has > knows {
			return &newerError{has: has, knows: knows}
		}
		if err == nil && has == knows {
			return nil
		}
		if err == nil {
			_, err = p.Up(ctx)
		}
		switch {
		case err == nil:
			return nil
		// SQLite has no lock over several transactions: of two that begin at once, one finds the tables made.
		case a.dialect != onSQLite || try == migrateTries || ctx.Err() != nil:
			return err
		}
		select {
		case <-time.After(time.Duration(try) * 50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// called tells the observer of a call that has ended. Its name is the first word of what was done: the rest may
// name a workflow. That something need not be written, or may not, is no failure of the database.
func (a *Archive) called(ctx context.Context, what string, began time.Time, failure *error) {
	err := *failure
	if _, refused := incident.AsProblem(err); refused || errors.Is(err, errKept) {
		err = nil
	}
	call, _, _ := strings.Cut(what, " ")
	a.Observer.Called(ctx, Vendor, call, began, time.Now(), err)
}

// write runs one transaction that changes something.
func (a *Archive) write(ctx context.Context, what string, run func(tx *tx) error) (err error) {
	defer a.called(ctx, what, time.Now(), &err)
	if err := a.Ready(ctx); err != nil {
		return err
	}
	begun, err := a.begin(ctx, nil)
	if err != nil {
		return a.failed(what, err)
	}
	if err := run(begun); err != nil {
		_ = begun.Rollback() // what has failed says more
		if _, refused := incident.AsProblem(err); refused || errors.Is(err, errKept) {
			return err
		}
		return a.failed(what, err)
	}
	if err := begun.Commit(); err != nil {
		return a.failed(what, err)
	}
	return nil
}

// read runs one transaction that changes nothing, and in which every question sees the same moment.
func (a *Archive) read(ctx context.Context, what string, run func(tx *tx) error) (err error) {
	defer a.called(ctx, what, time.Now(), &err)
	if err := a.Ready(ctx); err != nil {
		return err
	}
	begun, err := a.begin(ctx, a.oneMoment())
	if err != nil {
		return a.failed(what, err)
	}
	defer func() { _ = begun.Rollback() }() // there is nothing to commit
	if err := run(begun); err != nil {
		return a.failed(what, err)
	}
	return nil
}

// rows asks a question, and hands over one row after the other.
func (a *Archive) rows(ctx context.Context, what, query string, args []any, each func(scan func(...any) error) error) (err error) {
	defer a.called(ctx, what, time.Now(), &err)
	if err := a.Ready(ctx); err != nil {
		return err
	}
	if err := a.handOver(ctx, a.ask, query, args, each); err != nil {
		return a.failed(what, err)
	}
	return nil
}
