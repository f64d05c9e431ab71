//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"muster/dev/process"
)

// weight is what everything takes at one moment.
type weight struct {
	database, memory  int64   // bytes
	temporal, workers float64 // seconds on processors
}

func (t *topology) weigh(ctx context.Context) (w weight, err error) {
	if w.database, err = t.database.size(ctx); err != nil {
		return w, err
	}
	for _, name := range workers {
		memory, err := memoryOf(t.processes[name].PID())
		if err != nil {
			return w, err
		}
		w.memory += memory
	}
	if w.workers, err = t.spent(workers); err != nil {
		return w, err
	}
	w.temporal, err = t.spent(temporalProcesses())
	return w, err
}

// spent is the seconds that processes have taken of all processors.
func (t *topology) spent(names []string) (all float64, err error) {
	for _, name := range names {
		one, err := processorTime(t.processes[name].PID())
		if err != nil {
			return 0, err
		}
		all += one
	}
	return all, nil
}

// size is that of all databases together.
func (d *database) size(ctx context.Context) (int64, error) {
	out, err := d.client(ctx, "psql", "--dbname=postgres", "--no-align", "--tuples-only", "--command=SELECT sum(pg_database_size(datname)) FROM pg_database").Output()
	if err != nil {
		return 0, fmt.Errorf("ask PostgreSQL for its size: %w", err)
	}
	return strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
}

// memoryOf is the resident memory of a process in bytes, where the system has /proc.
func memoryOf(pid int) (int64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/%d/statm is %q", pid, data)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// processorTime is what a process has spent on all processors.
func processorTime(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	const user, system, ticks = 11, 12, 100 // counted behind the name, which may hold blanks
	_, behind, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(behind)
	if len(fields) <= system {
		return 0, fmt.Errorf("/proc/%d/stat is %q", pid, data)
	}
	u, err := strconv.ParseFloat(fields[user], 64)
	if err != nil {
		return 0, err
	}
	s, err := strconv.ParseFloat(fields[system], 64)
	return (u + s) / ticks, err
}

// calls is how many calls to vendors the workers have made since their start.
func (t *topology) calls(ctx context.Context) (float64, error) {
	total := 0.0
	for _, name := range workers {
		a, err := request(ctx, http.MethodGet, "http://"+t.metrics[name]+"/metrics", nil)
		if err != nil || !a.Done() {
			return 0, errors.Join(err, fmt.Errorf("metrics of %s: %d", name, a.Status))
		}
		for line := range strings.Lines(string(a.Body)) {
			if !strings.HasPrefix(line, "muster_vendor_calls_total{") {
				continue
			}
			fields := strings.Fields(line)
			n, err := strconv.ParseFloat(fields[len(fields)-1], 64)
			if err != nil {
				return 0, fmt.Errorf("metrics of %s: %w", name, err)
			}
			total += n
		}
	}
	return total, nil
}

// stillness is how long no vendor is called when everything is done: the slowest mirror waits no longer.
const stillness = 5 * time.Second

// rest waits until no vendor is called any more for so many incidents, and says when the last call was seen.
func (t *topology) rest(ctx context.Context, n int) (last time.Time, err error) {
	seen := -1.0
	for ends := time.Now().Add(5*patience + time.Duration(n)*time.Second); time.Now().Before(ends) && ctx.Err() == nil; process.Wait(ctx, 200*time.Millisecond) {
		calls, err := t.calls(ctx)
		switch {
		case err != nil:
			return last, err
		case calls != seen:
			seen, last = calls, time.Now()
		case time.Since(last) > stillness:
			return last, nil
		}
	}
	return last, errors.Join(ctx.Err(), errors.New("the vendors are called without an end"))
}

// idleShare is what the workers take of one processor at most when nothing is done but what they do all the time.
const idleShare = 0.1

// idle waits until the workers have nothing to do any more: incidents go on writing to the archive when no vendor is
// called, and a question that waits behind that says nothing of questions.
func (m *measuring) idle(ctx context.Context) error {
	before, err := m.spent(workers)
	if err != nil {
		return err
	}
	wait := 5*patience + time.Duration(len(m.stories))*time.Second
	for ends := time.Now().Add(wait); time.Now().Before(ends) && ctx.Err() == nil; {
		process.Wait(ctx, stillness)
		now, err := m.spent(workers)
		if err != nil {
			return err
		}
		if now-before < idleShare*stillness.Seconds() {
			return nil
		}
		before = now
	}
	return errors.Join(ctx.Err(), fmt.Errorf("the workers have been busy for %s", wait))
}

// load is the machine's load where the system tells it.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
