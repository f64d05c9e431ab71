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
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// errMissing says how to mend it.
var errMissing = errors.New("PostgreSQL is not installed; on Debian: apt-get install --no-install-recommends postgresql")

// server is the one of this test binary.
var server struct {
	once sync.Once
	at   *running
	err  error
	made atomic.Int64
}

type running struct {
	dir, port string
	cmd       *exec.Cmd
	said      *bytes.Buffer
}

// Main runs the tests of a package, and ends the PostgreSQL that they have started.
func Main(m *testing.M) {
	code := m.Run()
	if r := server.at; r != nil {
		_ = r.cmd.Process.Signal(syscall.SIGINT) // a fast shutdown; the files go anyway
		_ = r.cmd.Wait()
		_ = os.RemoveAll(r.dir)
	}
	os.Exit(code)
}

// Database gives the URL of an empty database of the test's own, in a PostgreSQL that the package's TestMain
// ends. The test is skipped where PostgreSQL is not installed.
func Database(t testing.TB) string {
	t.Helper()
	server.once.Do(func() { server.at, server.err = start() })
	if errors.Is(server.err, errMissing) {
		t.Skip("SKIPPED, no PostgreSQL: " + server.err.Error())
	}
	if server.err != nil {
		t.Fatalf("start PostgreSQL: %v", server.err)
	}
	name := fmt.Sprintf("test_%d", server.made.Add(1))
	db, err := sql.Open("pgx", server.at.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // nothing is lost
	if _, err := db.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	return server.at.url(name)
}

func (r *running) url(database string) string {
	return fmt.Sprintf("postgres://muster@127.0.0.1:%s/%s?sslmode=disable", r.port, database)
}

// bin is the folder of PostgreSQL's programs: Debian's newest, or that of what is in the path.
func bin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1]), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", errMissing
}

// credential is who PostgreSQL runs as, for it refuses to be run by root; nil is whoever this is.
func credential() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // as it says
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w, with its user postgres", errMissing)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func start() (*running, error) {
	programs, err := bin()
	if err != nil {
		return nil, err
	}
	who, err := credential()
	if err != nil {
		return nil, err
	}
	r := &running{said: &bytes.Buffer{}}
	if r.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return nil, err
	}
	if who != nil {
		if err := os.Chown(r.dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(r.dir, "data")
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(context.Background(), filepath.Join(programs, name), args...) //nolint:gosec // a program of PostgreSQL
		cmd.Dir, cmd.Env = r.dir, append(os.Environ(), "TZ=UTC")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
		return cmd
	}
	if said, err := command("initdb", "--pgdata", data, "--username", "muster", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, said)
	}
	if r.port, err = freePort(); err != nil {
		return nil, err
	}
	r.cmd = command("postgres", "-D", data, "-k", r.dir, "-p", r.port, "-h", "127.0.0.1", "-F", "-c", "max_connections=200")
	r.cmd.Stdout, r.cmd.Stderr = r.said, r.said
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	return r, r.await()
}

func (r *running) await() error {
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
