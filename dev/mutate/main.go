// Command mutate asks how much a package's tests notice. It makes small changes in the package,
// one at a time (a condition negated or without one of its operands, < for <=, + for -, an
// assignment, a call or an early return left out), runs the package's tests with each, and lists
// the changes that no test has noticed.
//
//	go run ./dev/mutate [flags] PACKAGE [FILE ...]
//
// All changes of a package are compiled into it at once, each behind a switch, so that a change
// costs one run of the tests and no compilation.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, ".", os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is 0 when every mutant was killed, 1 when some survived, and 2 when it could not be tried.
func run(ctx context.Context, dir string, args []string, out, complaints io.Writer) int {
	dir, err := filepath.Abs(dir)
	if err != nil {
		fmt.Fprintln(complaints, "mutate:", err)
		return 2
	}
	t := trial{dir: dir}
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(complaints)
	only := flags.String("run", "", "only changes whose `file.go:function` matches this regular expression")
	also := flags.String("also", "", "further `packages`, separated by commas, whose tests run after the package's own")
	verbose := flags.Bool("v", false, "list the killed ones too")
	flags.DurationVar(&t.patience, "timeout", 0, "how long one change's tests may take before it counts as noticed (default: five times as long as without a change, and 10s)")
	flags.IntVar(&t.jobs, "jobs", runtime.NumCPU(), "how many changes to try at once")
	flags.Usage = func() {
		fmt.Fprintln(complaints, "usage: go run ./dev/mutate [flags] PACKAGE [FILE ...]")
		flags.PrintDefaults()
	}
	if flags.Parse(args) != nil {
		return 2
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(complaints, "mutate: -run:", err)
		return 2
	}
	t.pkg, t.files = flags.Arg(0), flags.Args()[1:]
	t.wanted = func(m mutant) bool { return pattern.MatchString(m.file + ":" + m.fn) }
	if *also != "" {
		t.also = strings.Split(*also, ",")
	}
	if t.work, err = os.MkdirTemp("", "mutate-"); err != nil {
		fmt.Fprintln(complaints, "mutate:", err)
		return 2
	}
	defer os.RemoveAll(t.work)
	counts := map[fate]int{}
	err = t.prepare(ctx)
	if err == nil {
		err = t.run(ctx, func(m mutant, f fate) {
			counts[f]++
			if *verbose || f == survived || f == notCompiled {
				fmt.Fprintf(out, "%-14s %s\n", f, m)
			}
		})
	}
	if err != nil {
		fmt.Fprintln(complaints, "mutate:", err)
		return 2
	}
	fmt.Fprintf(out, "%d mutants of %s: %d killed (%d of them by time), %d survived, %d not compiled\n",
		len(t.mutants), t.pkg, counts[killed]+counts[outOfTime], counts[outOfTime], counts[survived], counts[notCompiled])
	if counts[survived] > 0 {
		return 1
	}
	return 0
}
