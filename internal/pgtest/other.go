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
