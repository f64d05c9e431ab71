// Command starter is Muster's command line: it declares incidents and gives commands, and runs
// the gateway.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"muster/internal/app"
	"muster/internal/config"
	"muster/internal/logs"
	"muster/internal/tracing"
	"muster/starter/internal/cli"
)

func main() {
	ctx, stop := app.Interrupted(context.Background())
	traces, err := traced(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "starter: no trace is made:", err) // and whoever declares is not kept from it
	}
	code := cli.Run(ctx, cli.Env{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Terminal: terminal(os.Stdout),
		Lookup:  os.LookupEnv,
		Dial:    cli.Connect(os.LookupEnv, os.Environ, traces),
		Recall:  cli.Recall(os.LookupEnv),
		Traces:  traces,
		Serve:   serve,
		Prepare: cli.Prepare(os.LookupEnv, os.Environ),
		Inspect: cli.Inspect(os.LookupEnv, os.Environ),
		Reach:   cli.Reach(os.LookupEnv, os.Environ),
	})
	stop()
	traces.Stop()
	os.Exit(code)
}

// terminal reports whether somebody reads what is written, and has not asked for plain text (https://no-color.org).
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// traced makes the traces of one command. The gateway makes its own; a person is told nothing of a collector that is away.
func traced(ctx context.Context) (*tracing.Traces, error) {
	if slices.Contains(os.Args[1:], "serve") || slices.Contains(os.Args[1:], "health") {
		return nil, nil
	}
	return tracing.Start(ctx, os.LookupEnv, "muster-starter", slog.New(slog.DiscardHandler))
}

// serve runs the gateway until ctx ends. What the flags say wins over the environment.
func serve(ctx context.Context, t cli.Target) error {
	flags := map[string]string{"MUSTER_PLAYBOOK": t.Playbook, "MUSTER_UI_URL": t.UIURL}
	lookup := func(name string) (string, bool) {
		if v := flags[name]; v != "" {
			return v, true
		}
		return os.LookupEnv(name)
	}
	how, err := config.Log(lookup)
	if err != nil {
		return err
	}
	return app.Run(ctx, app.Options{Lookup: lookup, Logger: logs.New(os.Stderr, how), Gateway: true}, t.Temporal)
}
