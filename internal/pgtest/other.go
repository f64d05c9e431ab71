//go:build !unix

// Package pgtest starts a PostgreSQL for the tests of one package, where it can.
package pgtest

import (
	"os"
	"testing"
)

// Main runs the tests of a package.
func Main(m *testing.M) { os.Exit(m.Run()) }

// Database skips the test: PostgreSQL is started on Unix only.
func Database(t testing.TB) string {
	t.Helper()
	t.Skip("SKIPPED, no PostgreSQL: tests start it on Unix only")
	return ""
}

// End has nothing to end.
func End() {}

// Server is a PostgreSQL of the tests.
type Server struct{}

// Alone skips the test, as Database does.
func Alone(t testing.TB) *Server {
	t.Helper()
	Database(t)
	return nil
}

// Do does nothing.
func Do(testing.TB, string, ...string) {}

// Database does nothing.
func (*Server) Database(testing.TB) string { return "" }

// DatabaseIn does nothing.
func (*Server) DatabaseIn(testing.TB, string) string { return "" }

// Stop does nothing.
func (*Server) Stop(testing.TB) {}

// Start does nothing.
func (*Server) Start(testing.TB) {}

// Freeze does nothing.
func (*Server) Freeze(testing.TB) {}

// Thaw does nothing.
func (*Server) Thaw(testing.TB) {}
