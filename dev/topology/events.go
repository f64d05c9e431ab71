//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"muster/dev/judge"
	"muster/dev/process"
	"muster/incident"
)

// event is something that happens to a part while people work.
type event struct {
	what string
	// happens brings it about and returns at once; what must follow is done by after.
	happens func(t *topology) error
	after   func(ctx context.Context, t *topology) error
}

// row is an event of the table, with what it cost.
type row struct {
	what string
	when time.Duration
	took time.Duration // until the next command was answered
	how  string        // what the answer promised
}

const freezeFor, freezeShort = 20 * time.Second, 4 * time.Second

func kills(name string) event {
	return event{what: name + " killed (SIGKILL)", happens: func(t *topology) error {
		if !t.processes[name].Kill() {
			return fmt.Errorf("there is no %s to kill", name)
		}
		return nil
	}}
}

func asks(name, how string, signal os.Signal) event {
	return event{what: name + " " + how, happens: func(t *topology) error {
		if !t.processes[name].Ask(signal) {
			return fmt.Errorf("there is no %s to stop", name)
		}
		return nil
	}}
}

func freezes(name string, d time.Duration) event {
	return event{
		what:    fmt.Sprintf("%s stopped for %s (SIGSTOP)", name, d),
		happens: func(t *topology) error { return t.processes[name].Freeze() },
		after: func(ctx context.Context, t *topology) error {
			process.Wait(ctx, d)
			return t.processes[name].Thaw()
		},
	}
}

// upgrades replaces a process by its next version, as a roll-out does.
func upgrades(name string) event {
	e := asks(name, "upgraded to "+versionAfter, syscall.SIGTERM)
	ask := e.happens
	e.happens = func(t *topology) error {
		t.setVersion(name, versionAfter)
		return ask(t)
	}
	return e
}

// shortEvents are for every change; longEvents do everything to everybody.
func shortEvents() []event {
	return []event{
		kills("worker-1"), kills("gateway-1"), kills("temporal-history"), kills("temporal-frontend"), freezes("worker-2", freezeShort), freezesDatabase(freezeShort),
		asks(postgres, "restarted (immediate)", syscall.SIGQUIT), upgrades("worker-1"), upgrades("gateway-2"), kills(simulators),
	}
}

func longEvents(smallDisk bool) []event {
	everybody := slices.Concat(workers, gateways, []string{simulators})
	for _, s := range temporalServices {
		everybody = append(everybody, "temporal-"+s)
	}
	var all []event
	for _, name := range everybody {
		all = append(all, kills(name))
	}
	for _, name := range everybody {
		all = append(all, asks(name, "restarted (SIGTERM)", syscall.SIGTERM))
	}
	for _, name := range everybody {
		all = append(all, freezes(name, freezeFor))
	}
	all = append(all, freezesDatabase(freezeFor),
		asks(postgres, "restarted (fast)", os.Interrupt), asks(postgres, "restarted (immediate)", syscall.SIGQUIT), kills(postgres))
	for _, name := range slices.Concat(workers, gateways) {
		all = append(all, upgrades(name))
	}
	if smallDisk {
		all = append(all, fills(freezeFor))
	}
	return all
}

// disturb has the events happen one after another, while commands for one incident go to the gateways in
// turn and a burst of others is declared. The rows are filled as far as it came.
func (t *topology) disturb(ctx context.Context, events []event, burst int) (stories []*judge.Story, rows []row, err error) {
	working, err := t.declare(ctx, 0, incident.Declaration{Title: "Working through it", Severity: 2, Services: []string{"search"}})
	if err != nil {
		return nil, nil, err
	}
	stories = append(stories, working)
	declared := make(chan *judge.Story, burst)
	failed := make(chan error, 1)
	each := max(1, burst/len(events))
	go func() {
		defer close(declared)
		for n := range burst {
			s, err := t.declare(ctx, n, incident.Declaration{Title: fmt.Sprintf("One of a burst %d", n+1), Severity: incident.Severity(2 + n%3), Services: []string{"checkout"}})
			if err != nil {
				failed <- err
				return
			}
			declared <- s
			if n%each == each-1 { // a few for each event
				process.Wait(ctx, 500*time.Millisecond)
			}
		}
	}()
	for n, e := range events {
		r, err := t.happens(ctx, n, e, working)
		rows = append(rows, r)
		if err != nil {
			return stories, rows, fmt.Errorf("%s: %w", e.what, err)
		}
	}
	for s := range declared {
		stories = append(stories, s)
		if s.Number%3 == 0 {
			if err := t.resolve(ctx, s.Number, s); err != nil {
				return stories, rows, err
			}
		}
	}
	select {
	case err := <-failed:
		return stories, rows, err
	default:
	}
	return stories, rows, t.resolve(ctx, 1, working)
}

// happens has one event happen, measures how long the next command waits for its answer, and lets
// everything come back.
func (t *topology) happens(ctx context.Context, n int, e event, s *judge.Story) (row, error) {
	r := row{what: e.what, when: time.Since(t.began)}
	t.say("%s", e.what)
	began := time.Now()
	if err := e.happens(t); err != nil {
		return r, err
	}
	after := make(chan error, 1)
	go func() {
		if e.after == nil {
			after <- nil
			return
		}
		after <- e.after(ctx, t)
	}()
	// The one that is struck is asked first, where it is a gateway.
	if err := t.update(ctx, t.struck(n, e), s, fmt.Sprintf("Update %d: %s", n+1, e.what)); err != nil {
		return r, err
	}
	r.took = time.Since(began)
	r.how = "done"
	if len(s.Promises) > 0 && s.Promises[len(s.Promises)-1].Recorded {
		r.how = "recorded"
	}
	if err := <-after; err != nil {
		return r, err
	}
	// The judge looks for a text wherever it is, so none may begin another.
	if err := t.update(ctx, n, s, fmt.Sprintf("Afterwards, %d.", n+1)); err != nil {
		return r, err
	}
	return r, t.allReady(ctx)
}

func (t *topology) struck(n int, e event) int {
	for k, name := range gateways {
		if strings.HasPrefix(e.what, name) {
			return k
		}
	}
	return n
}

// printTable prints the rows as Markdown.
func printTable(out io.Writer, rows []row) {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "| event\t| at\t| next command answered after\t| as\t|")
	fmt.Fprintln(w, "|---\t|---\t|---\t|---\t|")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s\t| %.0f s\t| %.2f s\t| %s\t|\n", r.what, r.when.Seconds(), r.took.Seconds(), r.how)
	}
	_ = w.Flush() // to a person
}
