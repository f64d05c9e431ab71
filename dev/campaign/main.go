// Command campaign kills a Muster while it works, and counts afterwards. Temporal, the simulated
// vendors, the worker and the gateway are processes of their own; they are killed (SIGKILL) at moments
// that nobody chose and right after a vendor has applied a call, while vendors fail in every way that
// their simulators know. In the end each incident has exactly what was asked for: nothing twice, and
// nothing that was answered "done" or "recorded" missing.
//
//	go run ./dev/campaign -short
//	go run ./dev/campaign -incidents 60 -kills 150 -v
//	go run ./dev/campaign -for 1h
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"muster/dev/program"
)

func main() {
	if playsRole() {
		return
	}
	program.Main("campaign", run)
}

// short is the form for every change: a few incidents, and kills of each kind.
var short = options{incidents: 5, kills: 10, atOnce: 5, scale: 0.1, faults: true, patience: 2 * time.Minute}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	o, err := parse(args, errOut)
	if err != nil {
		return err
	}
	return wage(ctx, o, out)
}

func parse(args []string, errOut io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("campaign", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "makes the same incidents, kills and faults again; their moments still depend on the machine")
	flags.IntVar(&o.incidents, "incidents", 20, "how many incidents are declared")
	flags.IntVar(&o.kills, "kills", 50, "how many processes are killed")
	flags.IntVar(&o.atOnce, "at-once", 6, "how many incidents are worked on at a time")
	flags.DurationVar(&o.lasts, "for", 0, "declare incidents for so `long`, with as many kills for each as -kills and -incidents say")
	flags.Float64Var(&o.scale, "timeout-scale", 0.2, "`factor` for every timeout of calls to vendors; 1 is the product's own")
	flags.BoolVar(&o.faults, "faults", true, "let vendors fail too")
	flags.DurationVar(&o.patience, "patience", 5*time.Minute, "give up after so `long` without any progress")
	flags.StringVar(&o.dir, "dir", "", "keep everything in this `folder`, logs included (default: a temporary one, kept when something was found)")
	flags.BoolVar(&o.verbose, "v", false, "print each kill with its moment, and what is still missing")
	isShort := flags.Bool("short", false, "a few incidents and kills, for every change: it takes about a minute")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag; see --help", flags.Arg(0))
	}
	if *isShort {
		s := short
		s.seed, s.dir, s.verbose = o.seed, o.dir, o.verbose
		return s, nil
	}
	return o, o.check()
}

func (o options) check() error {
	switch {
	case o.incidents < 1 || o.kills < 0 || o.atOnce < 1:
		return errors.New("-incidents and -at-once must be at least 1, and -kills at least 0")
	case o.scale <= 0 || o.lasts < 0 || o.patience <= 0:
		return errors.New("-timeout-scale and -patience must be above 0, and -for not below")
	}
	return nil
}

// wage runs one campaign and prints what came of it. What was found is the error.
func wage(ctx context.Context, o options, out io.Writer) (err error) {
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "muster-campaign"); err != nil {
			return err
		}
		defer func() {
			if err == nil || ctx.Err() != nil {
				err = errors.Join(err, os.RemoveAll(dir))
			}
		}()
	} else if err = os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	c, err := newCampaign(ctx, o, dir, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "campaign: seed %d, %s\n", o.seed, o.plan())
	err = c.run(ctx)
	c.report()
	if err != nil {
		return fmt.Errorf("seed %d, kept in %s\n%w", o.seed, dir, err)
	}
	fmt.Fprintln(out, "nothing lost, nothing twice")
	return nil
}

func (o options) plan() string {
	if o.lasts > 0 {
		return fmt.Sprintf("incidents for %s, %.1f kills each, timeouts × %g", o.lasts, float64(o.kills)/float64(o.incidents), o.scale)
	}
	return fmt.Sprintf("%d incidents, %d kills, timeouts × %g", o.incidents, o.kills, o.scale)
}
