//go:build unix

package server

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// dirLock keeps a second process off a data directory. The system drops it when the process dies, however it dies.
type dirLock struct{ file *os.File }

func lockDir(path string) (*dirLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("in use by another server; stop that one, or choose another directory")
	} else if err != nil {
		err = fmt.Errorf("lock: %w", err)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &dirLock{f}, nil
}

func (l *dirLock) release() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}
