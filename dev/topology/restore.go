//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"muster/dev/process"
)

// backUp writes the whole of PostgreSQL, both databases as they are at one moment, into one file, by the command
// that docs/runbook.md has.
func (t *topology) backUp(ctx context.Context) (path string, err error) {
	path = t.backUpFile()
	beside := path + ".tmp" // one that fails does not take the place of the last
	out, err := os.OpenFile(beside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	cmd := t.database.client(ctx, "pg_basebackup", "--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast")
	cmd.Stdout = out
	if err := errors.Join(t.says(process.Said(cmd)), out.Close()); err != nil {
		return "", err
	}
	return path, os.Rename(beside, path)
}

func (t *topology) backUpFile() string { return filepath.Join(t.dir, "muster.tar") }

// lose takes PostgreSQL away with all that it holds, while everybody works with it.
func (t *topology) lose() error {
	t.processes[postgres].KillAndHold()
	t.say("PostgreSQL is lost: rm -r data")
	return os.RemoveAll(t.database.data())
}

// restore stops everything that works with PostgreSQL, and starts PostgreSQL and Temporal with what was backed
// up. Muster's own programs stay down.
func (t *topology) restore(ctx context.Context, path string) error {
	if err := t.stopAll(slices.Concat(gateways, workers, temporalProcesses())); err != nil {
		return err
	}
	if err := t.database.folder(t.database.data()); err != nil {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	cmd := t.database.system(ctx, "tar", "--extract", "--directory", t.database.data())
	cmd.Stdin = in
	if err := t.says(process.Said(cmd)); err != nil {
		return err
	}
	t.startAgain(postgres)
	if err := t.await(ctx, "PostgreSQL", t.database.ready); err != nil {
		return err
	}
	t.startAgain(temporalProcesses()...)
	return t.await(ctx, "the frontend of Temporal", func(ctx context.Context) bool { return listens(ctx, t.at["frontend"]) })
}

// stopAll asks processes to end, as `docker compose stop` does, and keeps them away.
func (t *topology) stopAll(names []string) error {
	var errs []error
	for _, name := range names {
		t.say("stop %s", name)
		errs = append(errs, t.processes[name].Stop(t.grace(name)))
	}
	return errors.Join(errs...)
}

func (t *topology) startAgain(names ...string) {
	for _, name := range names {
		t.say("start %s", name)
		t.processes[name].Start()
	}
}

func temporalProcesses() []string {
	var names []string
	for _, s := range temporalServices {
		names = append(names, "temporal-"+s)
	}
	return names
}

// says puts a command and what it said into the transcript.
func (t *topology) says(command, said string, err error) error {
	t.say("%s%s", command, said)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, said)
	}
	return nil
}
