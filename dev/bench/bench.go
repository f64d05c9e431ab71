package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/app"
)

//go:embed muster.yaml
var policy []byte

// patience bounds every wait for something that must happen.
const patience = 60 * time.Second

// bench is a running Muster and the bare workflows beside it.
type bench struct {
	settings
	*sandbox.Sandbox

	arrived *arrivals
	floor   *floor
	table   table
	notes   []table
	undo    []func()
}

func start(ctx context.Context, set settings, errOut io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp("", "muster-bench")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	b := &bench{settings: set, arrived: newArrivals()}
	b.undo = append(b.undo, func() { _ = os.RemoveAll(dir) }) // a leftover in the temporary folder harms nobody
	path := filepath.Join(dir, "muster.yaml")
	if err := os.WriteFile(path, policy, 0o600); err != nil {
		b.stop()
		return nil, fmt.Errorf("write the playbook: %w", err)
	}
	b.Sandbox, err = sandbox.Start(ctx, sandbox.Options{
		Playbook: path, NoUI: true, Limits: app.Limits{ChannelsPerMinute: -1}, SweepEvery: 24 * time.Hour, Wrap: b.arrived.watch,
		Logger:  slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: slog.LevelError})),
		Archive: set.archive, TimeoutScale: set.scale,
	})
	if err != nil {
		b.stop()
		return nil, err
	}
	b.undo = append(b.undo, b.Sandbox.Stop)
	b.Sims.Pager.OnTrigger(b.arrived.paged)
	if b.floor, err = startFloor(b.Client); err != nil {
		b.stop()
		return nil, err
	}
	b.undo = append(b.undo, b.floor.stop)
	return b, b.warm(ctx)
}

func (b *bench) stop() {
	for len(b.undo) > 0 {
		last := b.undo[len(b.undo)-1]
		b.undo = b.undo[:len(b.undo)-1]
		last()
	}
}

// warm opens a few incidents and runs a few bare workflows, so that no sample pays for first connections and caches.
func (b *bench) warm(ctx context.Context) error {
	for k := range 5 {
		if _, err := b.open(ctx); err != nil {
			b.stop()
			return fmt.Errorf("warm up: %w", err)
		}
		if _, err := b.floor.activity(ctx, fmt.Sprintf("warm-up-%d", k)); err != nil {
			b.stop()
			return fmt.Errorf("warm up: %w", err)
		}
	}
	return nil
}

// opening is an incident that was declared, and when.
type opening struct {
	number int
	began  time.Time
	*arrival
}

// declares declares one incident and does not wait for what it sets off.
func (b *bench) declares(ctx context.Context, key string) (opening, error) {
	o := opening{began: time.Now()}
	res, err := b.App().Incidents.Declare(ctx, key, incident.Declaration{
		Title: "Checkout is down", Severity: 1, Services: []string{"checkout"}, Actor: by("bob@example.com").Actor,
	})
	if err != nil {
		return o, err
	}
	o.number, o.arrival = res.Number, b.arrived.of(res.Number)
	return o, nil
}

// open declares one incident and waits until it is open everywhere and nothing happens any more.
func (b *bench) open(ctx context.Context) (opening, error) {
	o, err := b.declares(ctx, "")
	if err == nil {
		err = o.wait(ctx)
	}
	if err == nil {
		err = b.arrived.quiet(ctx)
	}
	return o, err
}

// unexpected fails on requests that no vendor would have understood: what was measured would mean nothing.
func (b *bench) unexpected() error {
	if list := b.Sims.Unexpected(); len(list) > 0 {
		return errors.New("requests that no vendor understands: " + strings.Join(list, "; "))
	}
	return nil
}

func by(person string) incident.Meta {
	return incident.Meta{Actor: incident.Actor{Person: person, Way: incident.WayCLI}}
}

// machine names what the numbers were measured on.
func machine() string {
	return fmt.Sprintf("%s, %s/%s, %d CPUs, load %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load())
}

// load is the machine's load where the system tells it: numbers of a busy machine are worth less.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(data))[:1], " ")
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
