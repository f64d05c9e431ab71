// Command dev runs a whole Muster in one process, with nothing to install and no tokens: an
// embedded Temporal server with its Web UI, simulated PagerDuty, Slack and Jira with a page
// that shows them live, the worker and the gateway.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"muster/dev/program"
	"muster/dev/sandbox"
	"muster/dev/walkthrough"
)

func main() { program.Main("dev", run) }

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	o := sandbox.Options{}
	flags := flag.NewFlagSet("dev", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.StringVar(&o.DataDir, "data", "", "keep everything in this `folder` over a restart (default: in memory)")
	flags.StringVar(&o.Temporal, "temporal", "", "use the Temporal server at this `address` instead of an embedded one")
	flags.StringVar(&o.Playbook, "playbook", "", "`path` of a playbook (default: the shipped example)")
	flags.IntVar(&o.TemporalPort, "temporal-port", 7233, "`port` of the embedded Temporal server; 0 for a free one")
	flags.IntVar(&o.UIPort, "ui-port", 8233, "`port` of Temporal's Web UI; 0 for a free one")
	flags.IntVar(&o.GatewayPort, "gateway-port", 8087, "`port` of Muster's HTTP API; 0 for a free one")
	flags.IntVar(&o.SandboxPort, "sandbox-port", 8088, "`port` of the simulated vendors and their page; 0 for a free one")
	flags.BoolVar(&o.SlackSocket, "slack-socket", false, "let the simulated Slack reach Muster through Socket Mode instead of signed HTTP")
	flags.Func("only", "start one `part` alone, temporal or sims, for a worker and a gateway of your own", func(name string) (err error) {
		o.Only, err = sandbox.ParsePart(name)
		return err
	})
	flags.Float64Var(&o.TimeoutScale, "timeout-scale", 1, "stretch every time-out of a call to a vendor by this `factor`, such as 0.05 to see in seconds what takes minutes")
	walk := flags.Bool("walkthrough", false, "run one whole incident whose days are seconds, check every vendor, and exit")
	verbose := flags.Bool("verbose", false, "log what the parts do")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag; see --help", flags.Arg(0))
	}
	if o.TimeoutScale < 0.001 || o.TimeoutScale > 100 {
		return fmt.Errorf("--timeout-scale is %v: write a factor from 0.001 to 100", o.TimeoutScale)
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelInfo
	}
	o.Logger = slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level}))
	if *walk {
		return walkthrough.Run(ctx, out, o.Logger)
	}
	return serve(ctx, o, out)
}

// serve runs until a signal, and then stops in order.
func serve(ctx context.Context, o sandbox.Options, out io.Writer) error {
	began := time.Now()
	s, err := sandbox.Start(ctx, o)
	if err != nil {
		return err
	}
	greet(out, s, o, time.Since(began))
	<-ctx.Done()
	fmt.Fprintln(out, "\nStopping. Open incidents stay as they are.")
	s.Stop()
	return nil
}

// greetPart says how worker and gateway use a part that runs alone.
func greetPart(out io.Writer, s *sandbox.Sandbox, o sandbox.Options) {
	switch o.Only {
	case sandbox.TemporalAlone:
		fmt.Fprintln(out, "Temporal runs alone, without Muster. Never use it in production.")
		fmt.Fprintf(out, "\n  Temporal                 %s\n", s.Temporal)
		if s.UI != "" {
			fmt.Fprintf(out, "  Temporal Web UI          %s\n", s.UI)
		}
		fmt.Fprintf(out, "\nFor worker, gateway and command line:\n\n  export TEMPORAL_ADDRESS=%s\n", s.Temporal)
	case sandbox.SimsAlone:
		fmt.Fprintln(out, "The simulated vendors run alone, without Muster. Nobody real is paged.")
		fmt.Fprintf(out, "\n  PagerDuty, Slack, Jira   %s\n  They send to             %s\n", s.Page, s.Gateway)
		fmt.Fprintf(out, "\nFor worker and gateway:\n\n  %s\n", strings.Join(s.Exports(), "\n  "))
	}
	if o.DataDir != "" {
		fmt.Fprintf(out, "\nKept in %s.\n", o.DataDir)
	}
	fmt.Fprintln(out, "\nCtrl-C stops it.")
}

func greet(out io.Writer, s *sandbox.Sandbox, o sandbox.Options, took time.Duration) {
	if o.Only != sandbox.Everything {
		greetPart(out, s, o)
		return
	}
	fmt.Fprintf(out, "Muster is ready after %.1f s. Nobody real is paged: the vendors are simulated.\n", took.Seconds())
	fmt.Fprintln(out, "There are no API tokens in this mode; it listens on the loopback address only. Never run it in production.")
	fmt.Fprintf(out, "\n  PagerDuty, Slack, Jira   %s\n", s.Page)
	if s.UI != "" {
		fmt.Fprintf(out, "  Temporal Web UI          %s\n", s.UI)
	}
	fmt.Fprintf(out, "  Muster's HTTP API        %s/v1/incidents\n", s.Gateway)
	fmt.Fprintf(out, "  Temporal                 %s\n", s.Temporal)
	if o.DataDir != "" {
		fmt.Fprintf(out, "  Kept in                  %s\n", o.DataDir)
	}
	way := "signed HTTP"
	if o.SlackSocket {
		way = "Socket Mode"
	}
	fmt.Fprintf(out, "  Slack reaches it by      %s\n", way)
	fmt.Fprintf(out, "\nNow open %s and type this into its Slack, as anybody:\n\n  /incident checkout is down\n", s.Page)
	fmt.Fprintf(out, "\nor, in another terminal:\n\n  %s\n  %s\n",
		s.Type(`declare "Checkout is down" --severity 1 --service checkout`), s.Type("watch INC-1"))
	fmt.Fprintln(out, "\nA terminal does not know the simulated vendors and the archive by itself. It does after these lines:")
	fmt.Fprintf(out, "\n  %s\n\n  %s\n  %s\n\nCtrl-C stops it.\n", strings.Join(s.Exports(), "\n  "), s.Type("search checkout"), s.Type("doctor --test-issue"))
}
