package app

import (
	"context"
	"fmt"
	"os"

	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"muster/internal/config"
	"muster/internal/dial"
	"muster/internal/metrics"
	"muster/internal/tracing"
	"muster/internal/version"
)

// Run waits for Temporal, starts the parts and runs them until ctx ends or a worker cannot go
// on; then it stops them, in a bounded time. It is all that the programs' main functions do.
func Run(ctx context.Context, o Options, t config.Temporal) error {
	err := run(ctx, o, t)
	if ctx.Err() != nil {
		return nil // asked to end, by a signal for instance, and be it in the middle of the start
	}
	return err
}

func run(ctx context.Context, o Options, t config.Temporal) error {
	to, err := dial.Options(t, o.Lookup, os.Environ)
	if err != nil {
		return err
	}
	o.Logger.InfoContext(ctx, "starting", "version", version.String(), "temporal", to.HostPort, "namespace", to.Namespace)
	to.Logger = sdklog.NewStructuredLogger(o.Logger)
	if o.Metrics, err = metrics.New(o.Logger); err != nil {
		return err
	}
	to.MetricsHandler = o.Metrics.SDK()
	service := "muster-gateway"
	if o.Worker {
		service = "muster-worker"
	}
	if o.Traces, err = tracing.Start(ctx, o.Lookup, service, o.Logger); err != nil {
		return err
	}
	defer o.Traces.Stop() //nolint:contextcheck // the last spans are sent when the context has ended
	if to, err = o.Traces.Through(to); err != nil {
		return err
	}
	c, err := dial.Lazily(to)
	if err != nil {
		return fmt.Errorf("temporal at %s: %w", to.HostPort, err)
	}
	defer c.Close()
	if o.Limits, err = LimitsFrom(o.Lookup); err != nil {
		return err
	}
	if o.Worker {
		worker.SetStickyWorkflowCacheSize(o.Limits.cachedWorkflows())
	}
	running, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	o.Client, o.Namespace, o.Converter, o.Fatal, o.Patient = c, to.Namespace, to.DataConverter, fail, true
	a, err := New(o)
	if err != nil {
		return err
	}
	if err := a.Start(running); err != nil {
		return err
	}
	<-running.Done()
	if ctx.Err() != nil {
		a.drain()
	}
	a.stopInTime(StopBound)
	return context.Cause(running)
}
