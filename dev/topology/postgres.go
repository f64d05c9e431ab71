//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"muster/internal/postgresql"
)

// database is a PostgreSQL of our own in a folder of its own.
type database struct {
	bin, dir       string
	port           int
	user, password string
	owner          *postgresql.Owner
}

// prepare makes the database's files.
func (d *database) prepare(ctx context.Context) (err error) {
	if d.owner, err = postgresql.FindOwner(); err != nil {
		return err
	}
	if err := d.owner.Owns(d.dir); err != nil {
		return err
	}
	secret := filepath.Join(d.dir, "password")
	if err := os.WriteFile(secret, []byte(d.password), 0o600); err != nil {
		return err
	}
	if err := d.owner.Owns(secret); err != nil {
		return err
	}
	cmd := d.command(ctx, "initdb", "--pgdata", d.data(), "--username", d.user, "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, said)
	}
	return os.Remove(secret)
}

func (d *database) data() string { return filepath.Join(d.dir, "data") }

// serve is the server itself, on the loopback address and with its socket in its own folder.
func (d *database) serve(ctx context.Context) *exec.Cmd {
	return d.command(ctx, "postgres", "-D", d.data(), "-p", strconv.Itoa(d.port), "-k", d.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=64MB", "-c", "max_connections=200")
}

func (d *database) ready(ctx context.Context) bool {
	return d.client(ctx, "pg_isready").Run() == nil
}

// client is a program of PostgreSQL that connects to the server.
func (d *database) client(ctx context.Context, program string, args ...string) *exec.Cmd {
	where := []string{"--host=127.0.0.1", "--port=" + strconv.Itoa(d.port), "--username=" + d.user}
	return d.command(ctx, program, append(where, args...)...)
}

// folder makes an empty folder for the database.
func (d *database) folder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	return d.owner.Owns(path)
}

func (d *database) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	return d.system(ctx, filepath.Join(d.bin, program), args...)
}

// system is a program of this machine, run as PostgreSQL is.
func (d *database) system(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = d.dir
	cmd.Env = []string{"PATH=" + d.bin + ":/usr/bin:/bin", "LC_ALL=C", "PGPASSWORD=" + d.password}
	d.owner.Runs(cmd)
	return cmd
}
