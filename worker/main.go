// Command worker runs Muster's workflows and activities. It takes its settings from the
// environment; see docs/runbook.md.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"muster/internal/app"
	"muster/internal/config"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	o, err := config.TemporalOptions(config.Temporal{}, os.LookupEnv, os.Environ)
	if err != nil {
		return err
	}
	o.Logger = sdklog.NewStructuredLogger(log)
	c, err := client.DialContext(ctx, o)
	if err != nil {
		return fmt.Errorf("temporal at %s does not answer: %w", o.HostPort, err)
	}
	defer c.Close()

	limits, err := app.LimitsFrom(os.LookupEnv)
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	a, err := app.New(app.Options{Lookup: os.LookupEnv, Client: c, Logger: log, Namespace: o.Namespace, Worker: true, Limits: limits, Fatal: fail})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return err
	}
	defer a.Stop()
	<-ctx.Done()
	if cause := context.Cause(ctx); cause != context.Canceled { //nolint:errorlint // the cause itself tells a signal from a failure
		return cause
	}
	return nil
}
