//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"muster/dev/process"
)

// errNotRoot says why a full disk is not tried.
var errNotRoot = errors.New("only root can mount a small disk, so a full one is not tried")

// smallDisk mounts a disk in memory for the database, so small that it can be filled.
func smallDisk(ctx context.Context) (dir string, undo func() error, err error) {
	if os.Geteuid() != 0 {
		return "", nil, errNotRoot
	}
	if dir, err = os.MkdirTemp("", "muster-disk"); err != nil {
		return "", nil, err
	}
	if said, err := exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", "size=600m", "muster", dir).CombinedOutput(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("no small disk can be mounted, so a full one is not tried: %w: %s", err, said), os.Remove(dir))
	}
	return dir, func() error {
		said, err := exec.CommandContext(context.WithoutCancel(ctx), "umount", dir).CombinedOutput()
		if err != nil {
			return fmt.Errorf("umount %s: %w: %s", dir, err, said)
		}
		return os.Remove(dir)
	}, nil
}

// fills has PostgreSQL's disk full for a while.
func fills(d time.Duration) event {
	filler := func(t *topology) string { return filepath.Join(t.database.dir, "filler") }
	return event{
		what:    fmt.Sprintf("disk of postgres full for %s", d),
		happens: func(t *topology) error { return fill(filler(t)) },
		after: func(ctx context.Context, t *topology) error {
			process.Wait(ctx, d)
			return os.Remove(filler(t))
		},
	}
}

// fill writes a file until there is no room for more.
func fill(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for err == nil {
		if _, err = f.Write(block); err != nil && len(block) > 512 && errors.Is(err, syscall.ENOSPC) {
			block, err = block[:len(block)/2], nil
		}
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
