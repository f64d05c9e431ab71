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
	return app.Run(ctx, app.Options{Lookup: os.LookupEnv, Logger: slog.New(slog.NewJSONHandler(os.Stderr, nil)), Worker: true}, config.Temporal{})
}
