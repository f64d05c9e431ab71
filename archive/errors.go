package archive

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"muster/integrations/fault"
)

// Vendor names the archive where a failure names who failed.
const Vendor = "archive"

// forAll is the class of what would meet every other call, too: one snag for the archive, and not one for each
// incident.
const forAll = fault.Credential

// newerError says that the schema is one that this Muster does not know.
type newerError struct{ has, knows int64 }

func (e *newerError) Error() string {
	return fmt.Sprintf("its schema has version %d, and this Muster knows those up to %d", e.has, e.knows)
}

// failed says what a failure of the database means. Its own words may hold an address or a value, so they are
// kept only where they say what is missing.
func (a *Archive) failed(operation string, err error) error {
	if e, ok := fault.As(err); ok {
		return e
	}
	e := &fault.Error{Vendor: Vendor, Operation: operation, Class: fault.Retryable, Reason: "the database does not answer", Err: err}
	var newer *newerError
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var lite *sqlite.Error
	var network net.Error
	switch {
	case errors.As(err, &newer):
		e.Class, e.Reason = forAll, newer.Error()
		e.Mend = "run the Muster that wrote it, or a newer one; to go back, see docs/archive.md"
	case errors.As(err, &pg):
		ofPostgres(e, pg)
	case errors.As(err, &lite):
		ofSQLite(e, lite)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		e.Reason = "no answer in time"
	case errors.As(err, &connect), errors.As(err, &network):
	default:
		e.Reason = fault.Words(err.Error())
	}
	return e
}

// ofPostgres reads the codes of https://www.postgresql.org/docs/current/errcodes-appendix.html.
func ofPostgres(e *fault.Error, pg *pgconn.PgError) {
	e.Reason = fmt.Sprintf("%s (%s)", fault.Words(pg.Message), pg.Code)
	switch {
	case pg.Code == "25006":
		e.Class, e.Reason, e.Mend = forAll, "the database is read-only", "point MUSTER_ARCHIVE at the primary, or let the database be written"
	case pg.Code == "53100":
		e.Reason, e.Mend = "the database's disk is full", "make room on it"
	case pg.Code[:2] == "28":
		e.Class, e.Reason, e.Mend = fault.Credential, "the database refuses user or password", "correct them in MUSTER_ARCHIVE"
	case pg.Code == "3D000":
		e.Class, e.Reason, e.Mend = forAll, "there is no such database", "create it, or correct its name in MUSTER_ARCHIVE"
	case pg.Code == "42501":
		e.Class, e.Mend = forAll, "grant the user of MUSTER_ARCHIVE all rights on the schema"
	case pg.Code == "57014":
		e.Reason = "no answer in time"
	case pg.Code[:2] == "42", pg.Code[:2] == "22", pg.Code[:2] == "23":
		e.Class, e.Mend = fault.Permanent, "this is a fault of Muster or of a schema that somebody has changed: report it"
	}
}

func ofSQLite(e *fault.Error, lite *sqlite.Error) {
	switch code := lite.Code(); code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		e.Reason = "the database is busy"
	case sqlite3.SQLITE_FULL:
		e.Reason, e.Mend = "the database's disk is full", "make room on it"
	case sqlite3.SQLITE_READONLY:
		e.Class, e.Reason, e.Mend = forAll, "the database is read-only", "let the file and its folder be written"
	case sqlite3.SQLITE_CANTOPEN:
		e.Class, e.Reason, e.Mend = forAll, "the file cannot be opened", "make its folder, or correct the path in MUSTER_ARCHIVE"
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		e.Class, e.Reason, e.Mend = forAll, "the file is no database, or a damaged one", "restore it, or move it away and run `starter archive rebuild`"
	case sqlite3.SQLITE_INTERRUPT:
		e.Reason = "no answer in time"
	default:
		e.Reason = fault.Words(fmt.Sprintf("%s (%d)", lite.Error(), code))
		if p := code & 0xff; p == sqlite3.SQLITE_ERROR || p == sqlite3.SQLITE_CONSTRAINT || p == sqlite3.SQLITE_MISMATCH || p == sqlite3.SQLITE_TOOBIG {
			e.Class, e.Mend = fault.Permanent, "this is a fault of Muster or of a schema that somebody has changed: report it"
		}
	}
}
