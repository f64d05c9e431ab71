package archive

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// The bounds of connections. SQLite has one writer at a time, so that more of them only wait for each other.
const (
	maxConnections = 8
	connectionIdle = 5 * time.Minute
	busyTimeout    = 5 * time.Second
)

// oneMoment is a transaction that changes nothing, and in which every question sees the same moment.
func (d dialect) oneMoment() *sql.TxOptions {
	options := &sql.TxOptions{ReadOnly: true}
	if d == onPostgres {
		options.Isolation = sql.LevelRepeatableRead // SQLite's have no other
	}
	return options
}

// begin begins a transaction.
func (a *Archive) begin(ctx context.Context, options *sql.TxOptions) (*tx, error) {
	begun, err := onOpenConnection(func() (*sql.Tx, error) { return a.db.BeginTx(ctx, options) })
	if err != nil {
		return nil, err
	}
	return &tx{Tx: begun, dialect: a.dialect}, nil
}

// ask asks a question outside of a transaction.
func (a *Archive) ask(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return onOpenConnection(func() (*sql.Rows, error) {
		return a.db.QueryContext(ctx, query, args...) //nolint:rowserrcheck,sqlclosecheck // who asked reads and closes them
	})
}

// onOpenConnection tries again what met a connection that the database had ended meanwhile. After a restart or a
// failover each connection of the pool is such a one, and the driver looks at one only after it was idle for a
// second. What is tried may only be what the database can be asked twice.
func onOpenConnection[T any](try func() (T, error)) (T, error) {
	for range maxConnections {
		got, err := try()
		if !connectionEnded(err) {
			return got, err
		}
	}
	return try()
}

// connectionEnded says that a connection that was open is so no more, as opposed to one that could not be opened. The
// codes are those of https://www.postgresql.org/docs/current/errcodes-appendix.html: somebody ended it, the server
// crashed, the database was dropped, it was idle for too long, it broke.
func connectionEnded(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return false
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case "57P01", "57P02", "57P04", "57P05", "08003", "08006":
			return true
		}
		return false
	}
	for _, broken := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return false
}
