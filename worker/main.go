// Command worker runs Muster's workflows and activities. It takes its settings from the
// environment; see docs/runbook.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"muster/internal/app"
	"muster/internal/config"
	"muster/internal/health"
	"muster/internal/logs"
	"muster/internal/version"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

const about = `The worker runs Muster's workflows and activities until it is interrupted. Any number of
workers may run; each may be stopped or killed at any time.

It takes no arguments. Its settings come from the environment, all of them listed in .env.example
and docs/runbook.md:
  TEMPORAL_ADDRESS, ...   how to reach Temporal, as for the temporal command
  MUSTER_PLAYBOOK         the playbook, ` + config.DefaultPlaybook + `, to say at the start which pages cannot go out
  MUSTER_WORKER_LISTEN    where it serves /healthz and /readyz, ` + config.DefaultWorkerListen + `; or ` + config.Off + `
  MUSTER_LOG_LEVEL        debug, info, warn or error; MUSTER_LOG_FORMAT json or text
  OTEL_EXPORTER_OTLP_...  where traces are sent
  SLACK_..., JIRA_..., PAGERDUTY_..., and what the playbook names: the vendors' credentials

Usage: worker [flag]`

// environment is everything that the command touches.
type environment struct {
	lookup   config.Lookup
	out, err io.Writer
	// work runs the worker until ctx ends.
	work func(ctx context.Context) error
}

func main() {
	ctx, stop := app.Interrupted(context.Background())
	code := run(ctx, os.Args[1:], environment{lookup: os.LookupEnv, out: os.Stdout, err: os.Stderr, work: work})
	stop()
	os.Exit(code)
}

func work(ctx context.Context) error {
	how, err := config.Log(os.LookupEnv)
	if err != nil {
		return err
	}
	return app.Run(ctx, app.Options{Lookup: os.LookupEnv, Logger: logs.New(os.Stderr, how), Worker: true}, config.Temporal{})
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string, env environment) int {
	flags := flag.NewFlagSet("worker", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is said below, once
	showVersion := flags.Bool("version", false, "print the version")
	askHealth := flags.Bool("health", false, "ask the worker that runs on this machine whether it is ready; the exit code is 1 when it is not")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(env.out, flags)
		return exitOK
	case err != nil:
		return wrong(env, err.Error())
	case flags.NArg() > 0:
		return wrong(env, fmt.Sprintf("it takes no arguments, and %q is one", flags.Arg(0)))
	case *showVersion:
		fmt.Fprintln(env.out, "worker "+version.String())
		return exitOK
	case *askHealth:
		return failed(env, ask(ctx, env))
	}
	return failed(env, env.work(ctx))
}

func help(out io.Writer, flags *flag.FlagSet) {
	fmt.Fprintln(out, about)
	flags.SetOutput(out)
	flags.PrintDefaults()
}

func wrong(env environment, what string) int {
	fmt.Fprintf(env.err, "worker: %s; see `worker --help`\n", what)
	return exitUsage
}

func failed(env environment, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(env.err, "worker:", err)
	return exitFailed
}

// ask asks the worker that was started with the same environment.
func ask(ctx context.Context, env environment) error {
	c, err := config.Load(env.lookup)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if c.WorkerListen == "" {
		return errors.New("the worker serves no health: MUSTER_WORKER_LISTEN is off")
	}
	said, err := health.Ask(ctx, c.WorkerListen)
	if said != "" {
		fmt.Fprintln(env.out, said)
	}
	return err
}
