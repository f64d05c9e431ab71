// Command bench measures Muster beside the bare Temporal under it, in one run, on the embedded server and the
// simulated vendors. It prints one table with the targets. It fails when something does not work, and never because
// something is slow: how fast a machine is says nothing about the code alone, so read the ratios.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"muster/dev/program"
)

// settings say how much is measured.
type settings struct {
	phases     []string
	cpuProfile string
	listed     bool
	// archive is where records are kept, as in MUSTER_ARCHIVE; empty is a file of the benchmark's own.
	archive string
	// scale stretches time-outs, and the rest between two records; 0 counts as 1.
	scale float64

	// opened incidents, with so many in flight; the floor gets floorPer workflows for each.
	opened, inFlight, floorPer, rounds int
	// samples of every latency.
	samples int
	// burst is how many are declared at once.
	burst int
}

// phase is one part of the benchmark.
type phase struct {
	name string
	run  func(context.Context, *bench) error
}

var phases = []phase{
	{"whole", measureWhole},
	{"page", measurePages},
	{"update", measureUpdates},
	{"open", measureOpening},
	{"burst", measureBurst},
}

func main() { program.Main("bench", run) }

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	set, err := parse(args, errOut)
	if err != nil {
		return err
	}
	if set.cpuProfile != "" {
		stop, err := profile(set.cpuProfile)
		if err != nil {
			return err
		}
		defer stop()
	}
	began := time.Now()
	b, err := start(ctx, set, errOut)
	if err != nil {
		return err
	}
	defer b.stop()
	for _, p := range phases {
		if len(set.phases) > 0 && !slices.Contains(set.phases, p.name) {
			continue
		}
		fmt.Fprintf(errOut, "%-7s ...", p.name)
		at := time.Now()
		if err := p.run(ctx, b); err != nil {
			fmt.Fprintln(errOut, " failed")
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(errOut, " %.0f s\n", time.Since(at).Seconds())
	}
	if err := b.unexpected(); err != nil {
		return err
	}
	b.print(out)
	fmt.Fprintf(out, "\n%s; %.0f s.\n", machine(), time.Since(began).Seconds())
	return nil
}

func parse(args []string, errOut io.Writer) (settings, error) {
	set := settings{opened: 150, inFlight: 32, floorPer: 6, rounds: 3, samples: 100, burst: 100}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errOut)
	quick := flags.Bool("quick", false, "measure little, to see that the benchmark works")
	only := flags.String("phase", "", "run only these `parts`, with commas between: "+strings.Join(names(), ", "))
	flags.StringVar(&set.cpuProfile, "cpuprofile", "", "write a CPU profile to this `file`")
	flags.IntVar(&set.opened, "incidents", set.opened, "`number` of incidents to open at saturation")
	flags.IntVar(&set.inFlight, "in-flight", set.inFlight, "`number` of incidents in flight at saturation")
	flags.IntVar(&set.samples, "samples", set.samples, "`number` of samples of each latency")
	flags.BoolVar(&set.listed, "list", false, "list every billable action of the whole incident")
	flags.StringVar(&set.archive, "archive", "", "`address` of the archive, off for none; the usual one is a new file")
	flags.Float64Var(&set.scale, "scale", 1, "`factor` for time-outs and for the rest between two records: days last half a second here, so that at 1 many changes share a record that would not")
	if err := flags.Parse(args); err != nil {
		return set, err
	}
	if flags.NArg() > 0 {
		return set, fmt.Errorf("%q is no flag; see --help", flags.Arg(0))
	}
	if *only != "" {
		set.phases = strings.Split(*only, ",")
		for _, p := range set.phases {
			if !slices.Contains(names(), p) {
				return set, fmt.Errorf("there is no part %q; there are %s", p, strings.Join(names(), ", "))
			}
		}
	}
	if *quick {
		set.opened, set.inFlight, set.rounds, set.samples, set.burst = 12, 6, 1, 5, 20
	}
	if set.opened < 1 || set.inFlight < 1 || set.samples < 1 {
		return set, errors.New("--incidents, --in-flight and --samples must be at least 1")
	}
	set.rounds = min(set.rounds, set.opened)
	return set, nil
}

func names() []string {
	out := make([]string, 0, len(phases))
	for _, p := range phases {
		out = append(out, p.name)
	}
	return out
}

func profile(path string) (func(), error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("CPU profile: %w", err), f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "bench: CPU profile:", err)
		}
	}, nil
}
