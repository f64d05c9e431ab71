//go:build unix

// Package postgresql finds the PostgreSQL that is installed on this machine, and who may run it, for tests and for
// dev/topology. Each of them starts servers of its own.
package postgresql

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// ErrMissing says how to mend it.
var ErrMissing = errors.New("PostgreSQL is not installed; on Debian: apt-get install --no-install-recommends postgresql")

// Programs finds the folder of PostgreSQL's programs: Debian's newest, or whatever is in the path. The error is
// ErrMissing where there are none.
func Programs() (string, error) {
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
	return "", ErrMissing
}

// Owner is who PostgreSQL runs as: it refuses to be run by root. A nil one is whoever this is.
type Owner struct{ uid, gid uint32 }

// FindOwner finds the user that Debian's package makes, where this is root.
func FindOwner() (*Owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // whoever this is
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w; PostgreSQL refuses to be run by root, and there is no user postgres, which that makes", ErrMissing)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &Owner{uint32(uid), uint32(gid)}, err
}

// Runs has the owner run a command.
func (o *Owner) Runs(cmd *exec.Cmd) {
	if o != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: o.uid, Gid: o.gid}}
	}
}

// Owns gives a file or a folder to the owner.
func (o *Owner) Owns(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, int(o.uid), int(o.gid))
}
