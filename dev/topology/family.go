//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// signalFamily sends a signal to a process and its children. PostgreSQL serves each connection by a child in a
// session of its own: to stop the first process alone stops no query.
func signalFamily(pid int, signal syscall.Signal) error {
	if pid == 0 {
		return errors.New("it does not run")
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return err
	}
	errs := []error{syscall.Kill(pid, signal)}
	for word := range strings.FieldsSeq(string(children)) {
		child, err := strconv.Atoi(word)
		if err == nil {
			err = syscall.Kill(child, signal)
		}
		if !errors.Is(err, syscall.ESRCH) { // it has just ended
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// frozen reports whether a process is stopped.
func frozen(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, behind, _ := strings.Cut(string(data), ") ")
	return strings.HasPrefix(behind, "T")
}

// freezesDatabase is freezes for PostgreSQL.
func freezesDatabase(d time.Duration) event {
	e := freezes(postgres, d)
	e.happens = func(t *topology) error { return signalFamily(t.processes[postgres].PID(), syscall.SIGSTOP) }
	thaw := e.after
	e.after = func(ctx context.Context, t *topology) error {
		return errors.Join(thaw(ctx, t), signalFamily(t.processes[postgres].PID(), syscall.SIGCONT))
	}
	return e
}
