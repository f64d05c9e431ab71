//go:build unix

// Package pgtest starts a PostgreSQL for the tests of one package, from the programs that Debian installs.
// Where there are none, tests that need one are skipped, and say so.
package pgtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"muster/internal/postgresql"
)

// server is the one of this test binary.
var server struct {
	once sync.Once
	at   *Server
	err  error
}

// Server is a PostgreSQL of the tests.
type Server struct {
	programs, dir, port string
	owner               *postgresql.Owner
	cmd                 *exec.Cmd
	said                *bytes.Buffer
	made                atomic.Int64
}

// Main runs the tests of a package, and ends the PostgreSQL that they have started.
func Main(m *testing.M) {
	code := m.Run()
	End()
	os.Exit(code)
}

// End ends the PostgreSQL that tests have started, for a TestMain that has more to do than Main.
func End() {
	if server.at != nil {
		server.at.remove()
	}
}

// Database gives the URL of an empty database of the test's own, in a PostgreSQL that the package's TestMain
// ends. The test is skipped where PostgreSQL is not installed.
func Database(t testing.TB) string {
	t.Helper()
	server.once.Do(func() { server.at, server.err = start() })
	orSkip(t, server.err)
	return server.at.Database(t)
}

// Alone gives a PostgreSQL that the test may stop, which ends with it.
func Alone(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	orSkip(t, err)
	t.Cleanup(s.remove)
	return s
}

func orSkip(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, postgresql.ErrMissing) {
		t.Skip("SKIPPED, no PostgreSQL: " + err.Error())
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
}

// Database makes an empty database, and gives its URL.
func (r *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", r.made.Add(1))
	Do(t, r.url("postgres"), "CREATE DATABASE "+name)
	return r.url(name)
}

// DatabaseIn makes an empty database whose files, but not its log, are in a folder, and gives its URL.
func (r *Server) DatabaseIn(t testing.TB, dir string) string {
	t.Helper()
	for at := dir; len(at) > len(os.TempDir()); at = filepath.Dir(at) { // the server may run as another user
		if err := os.Chmod(at, 0o755); err != nil { //nolint:gosec // folders of a test
			t.Fatal(err)
		}
	}
	if err := r.owner.Owns(dir); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", r.made.Add(1))
	Do(t, r.url("postgres"), "CREATE TABLESPACE "+name+" LOCATION '"+dir+"'", "CREATE DATABASE "+name+" TABLESPACE "+name)
	return r.url(name)
}

// Do has a database do something.
func Do(t testing.TB, url string, statements ...string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // nothing is lost
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// Stop shuts the server down at once, whoever is connected. Start starts it again, with what it held.
func (r *Server) Stop(t testing.TB) {
	t.Helper()
	if err := r.end(); err != nil {
		t.Fatalf("stop PostgreSQL: %v", err)
	}
}

// Start starts a server again that was stopped.
func (r *Server) Start(t testing.TB) {
	t.Helper()
	if err := r.run(); err != nil {
		t.Fatalf("start PostgreSQL again: %v", err)
	}
}

// Freeze stops every process of the server where it is: connections stay, and nobody answers. The test is skipped
// where those processes cannot be found.
func (r *Server) Freeze(t testing.TB) {
	t.Helper()
	pid := r.cmd.Process.Pid
	r.signal(t, pid, syscall.SIGSTOP) // first the one that makes others
	found, err := children(pid)
	if err != nil {
		r.signal(t, pid, syscall.SIGCONT)
		t.Skip("SKIPPED, the processes of PostgreSQL are found on Linux only: " + err.Error())
	}
	for _, child := range found {
		r.signal(t, child, syscall.SIGSTOP)
	}
}

// Thaw lets the server go on after Freeze.
func (r *Server) Thaw(t testing.TB) {
	t.Helper()
	r.goOn()
}

// goOn lets every process go on; it does nothing to one that runs.
func (r *Server) goOn() {
	pid := r.cmd.Process.Pid
	found, _ := children(pid) // where they cannot be found nobody has stopped them
	for _, p := range append(found, pid) {
		_ = syscall.Kill(p, syscall.SIGCONT) // it may have ended
	}
}

func (r *Server) signal(t testing.TB, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatalf("%v to PostgreSQL: %v", s, err)
	}
}

// children are the processes of a process, as Linux tells them.
func children(pid int) ([]int, error) {
	said, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil, err
	}
	var out []int
	for word := range strings.FieldsSeq(string(said)) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// end ends it by a fast shutdown, also when it was frozen.
func (r *Server) end() error {
	if r.cmd == nil || r.cmd.Process == nil || r.cmd.ProcessState != nil {
		return nil // it does not run
	}
	if err := r.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	r.goOn()
	return r.cmd.Wait()
}

func (r *Server) remove() {
	_ = r.end() // the files go anyway
	_ = os.RemoveAll(r.dir)
}

func (r *Server) url(database string) string {
	return fmt.Sprintf("postgres://muster@127.0.0.1:%s/%s?sslmode=disable", r.port, database)
}

func start() (*Server, error) {
	programs, err := postgresql.Programs()
	if err != nil {
		return nil, err
	}
	r := &Server{programs: programs, said: &bytes.Buffer{}}
	if r.owner, err = postgresql.FindOwner(); err != nil {
		return nil, err
	}
	if r.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return nil, err
	}
	if err := r.owner.Owns(r.dir); err != nil {
		return nil, err
	}
	if said, err := r.command("initdb", "--pgdata", r.data(), "--username", "muster", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, said)
	}
	if r.port, err = freePort(); err != nil {
		return nil, err
	}
	return r, r.run()
}

func (r *Server) data() string { return filepath.Join(r.dir, "data") }

func (r *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), filepath.Join(r.programs, name), args...) //nolint:gosec // a program of PostgreSQL
	cmd.Dir, cmd.Env = r.dir, append(os.Environ(), "TZ=UTC")
	r.owner.Runs(cmd)
	return cmd
}

func (r *Server) run() error {
	r.cmd = r.command("postgres", "-D", r.data(), "-k", r.dir, "-p", r.port, "-h", "127.0.0.1", "-F", "-c", "max_connections=200")
	r.cmd.Stdout, r.cmd.Stderr = r.said, r.said
	if err := r.cmd.Start(); err != nil {
		return err
	}
	return r.await()
}

func (r *Server) await() error {
	db, err := sql.Open("pgx", r.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing is lost
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for err = db.PingContext(ctx); err != nil; err = db.PingContext(ctx) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", err, r.said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func freePort() (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }() // it is free again
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
