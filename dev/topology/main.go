//go:build unix

// Command topology runs what docker-compose.yml describes on this machine without Docker: a PostgreSQL of
// its own, Temporal's own server with each of its services a process, the simulated vendors, and two workers
// and two gateways. Then it kills, stops, restarts and upgrades each of them while an incident is worked on,
// and counts: nothing lost, nothing twice.
//
//	go run ./dev/topology                # a few of these events
//	go run ./dev/topology --long         # each event to each process
//	go run ./dev/topology --keep         # bring it up, say where everything is, and do what is typed
//	go run ./dev/topology --measure 300  # what so many open incidents cost, for docs/benchmark.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"muster/dev/judge"
	"muster/dev/program"
	"muster/internal/postgresql"
)

func main() { program.Main("topology", run) }

type options struct {
	keep, long bool
	measure    int
	dir, root  string
}

func parse(args []string, errOut io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("topology", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.BoolVar(&o.keep, "keep", false, "bring everything up, print where it is, and do what is typed until it is interrupted")
	flags.BoolVar(&o.long, "long", false, "each event to each process; it takes a quarter of an hour")
	flags.IntVar(&o.measure, "measure", 0, "open this `number` of incidents with four follow-ups each, and print what they cost")
	flags.StringVar(&o.dir, "dir", "", "keep logs and programs in this `folder` (default: a temporary one, kept when something was found)")
	flags.StringVar(&o.root, "root", ".", "the `folder` of docker-compose.yml")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag; see --help", flags.Arg(0))
	case o.measure != 0 && (o.measure < leastMeasured || o.keep || o.long):
		return o, fmt.Errorf("--measure stands alone, with a number of at least %d", leastMeasured)
	case o.keep && o.long:
		return o, errors.New("--keep holds it open and --long works through it: choose one")
	}
	return o, nil
}

func run(ctx context.Context, args []string, out, errOut io.Writer) (err error) {
	o, err := parse(args, errOut)
	if err != nil {
		return err
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return err
	}
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "muster-topology"); err != nil {
			return err
		}
		defer func() {
			if err == nil || ctx.Err() != nil {
				err = errors.Join(err, os.RemoveAll(dir))
			} else {
				err = fmt.Errorf("%w\nthe logs are in %s", err, dir)
			}
		}()
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if _, err := postgresql.Programs(); err != nil {
		return err
	}
	fmt.Fprintln(out, "building Temporal's server, the simulators and two versions of worker and starter")
	p, err := build(ctx, o.root, filepath.Join(dir, "programs"))
	if err != nil {
		return err
	}
	t, err := newTopology(ctx, o.root, dir, "", p, out)
	if err != nil {
		return err
	}
	t.inMemory = o.measure > 0
	// An interrupt ends it in order, and does not take everything away at once.
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		err = errors.Join(err, t.down())
		stop()
		t.all.Wait()
	}()
	if err := t.upWatched(alive); err != nil {
		return err
	}
	if o.keep {
		t.describe()
		fmt.Fprint(out, ordersHelp)
		t.obeys(ctx, alive, os.Stdin)
		return nil
	}
	if o.measure > 0 {
		return t.measured(ctx, o.measure)
	}
	return t.works(ctx, o.long)
}

// upWatched is up, with Prometheus where it is installed.
func (t *topology) upWatched(ctx context.Context) error {
	if err := t.up(ctx); err != nil {
		return err
	}
	t.say("everything runs")
	if _, err := exec.LookPath("prometheus"); err != nil {
		t.say("Prometheus is not installed and left out; on Debian: apt-get install --no-install-recommends prometheus")
		return nil
	}
	return t.watch(ctx)
}

// works has the events happen, judges, and prints the table.
func (t *topology) works(ctx context.Context, long bool) error {
	stories, err := t.disturbed(ctx, long)
	if err != nil {
		return err
	}
	t.say("settling")
	if err := t.settle(ctx, stories); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%d incidents: nothing lost, nothing twice\n", len(stories))
	return nil
}

func (t *topology) disturbed(ctx context.Context, long bool) ([]*judge.Story, error) {
	events, burst := shortEvents(), 10
	if long {
		events, burst = longEvents(false), 30
	}
	stories, rows, err := t.disturb(ctx, events, burst)
	printTable(t.out, rows)
	return stories, err
}

// describe says where everything is, for whoever looks around.
func (t *topology) describe() {
	fmt.Fprintf(t.out, `
gateways     http://%s and http://%s
token        %s
simulators   http://%s
Temporal     %s, namespace %s
PostgreSQL   %s, user %s, password %s
metrics      http://%s/metrics and, likewise, %s, %s, %s
Prometheus   http://%s
programs     %s
logs         %s

  curl -H "Authorization: Bearer %s" -H "Content-Type: application/json" -d '{"title":"Checkout is down","severity":1,"services":["checkout"]}' http://%s/v1/incidents
`, t.at[gateways[0]], t.at[gateways[1]], t.token, t.at[simulators], t.at["frontend"], t.compose.set(serviceWorker, "TEMPORAL_NAMESPACE"),
		t.at[postgres], t.database.user, t.database.password, t.metrics[workers[0]], t.metrics[workers[1]], t.metrics[gateways[0]], t.metrics[gateways[1]],
		t.at[prometheus], t.programs, t.dir, t.token, t.at[gateways[0]])
}
