//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime is the time that this process has spent on all processors. It tells more than the clock where other work
// runs on the same machine.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
