package cli

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"

	"muster/gateway/incidents"
	"muster/integrations/fault"
	"muster/internal/config"
	"muster/internal/dial"
	"muster/internal/doctor"
	"muster/internal/tracing"
	"muster/playbook/file"
)

// Connect makes the Dial of a real command line: it reaches Temporal as flags, environment and
// profile say.
func Connect(lookup config.Lookup, environ func() []string, traces *tracing.Traces) func(ctx context.Context, t Target) (Incidents, func(), error) {
	return func(ctx context.Context, t Target) (Incidents, func(), error) {
		o, err := temporalOptions(t, lookup, environ)
		if err != nil {
			return nil, nil, err
		}
		if o, err = traces.Through(o); err != nil {
			return nil, nil, err
		}
		c, err := dial.Dial(ctx, o)
		if err != nil {
			return nil, nil, fmt.Errorf("%w at %s: %s; start it, or say where it is with --address or TEMPORAL_ADDRESS", incidents.ErrAway, o.HostPort, fault.Unanswered(err))
		}
		options := incidents.Options{
			Temporal: c, Playbook: file.NewSource(t.Playbook, time.Now), UIURL: t.UIURL, Namespace: o.Namespace,
			Converter: o.DataConverter,
		}
		a, err := openArchive(lookup)
		if err != nil {
			c.Close()
			return nil, nil, err
		}
		if a == nil {
			return incidents.New(options), c.Close, nil
		}
		options.Archive = a
		return incidents.New(options), func() { _ = a.Close(); c.Close() }, nil
	}
}

// Recall makes the Recall of a real command line.
func Recall(lookup config.Lookup) func(ctx context.Context, t Target) (Incidents, func(), error) {
	return func(_ context.Context, t Target) (Incidents, func(), error) {
		a, err := openArchive(lookup)
		if err != nil || a == nil {
			return nil, nil, err
		}
		return incidents.New(incidents.Options{Temporal: incidents.NoTemporal{}, Archive: a, Playbook: file.NewSource(t.Playbook, time.Now)}), func() { _ = a.Close() }, nil
	}
}

// Inspect makes the Inspect of a real command line.
func Inspect(lookup config.Lookup, environ func() []string) func(ctx context.Context, t Target) (doctor.Server, func(), error) {
	return func(ctx context.Context, t Target) (doctor.Server, func(), error) {
		o, err := temporalOptions(t, lookup, environ)
		if err != nil {
			return nil, nil, err
		}
		c, err := dial.Dial(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		return doctor.Connected(c, o.Namespace), c.Close, nil
	}
}

// Reached is Temporal itself, with how payloads are read there.
type Reached struct {
	Temporal  client.Client
	Namespace string
	Converter converter.DataConverter
	Failure   converter.FailureConverter
}

// Reach makes the Reach of a real command line.
func Reach(lookup config.Lookup, environ func() []string) func(ctx context.Context, t Target) (Reached, func(), error) {
	return func(ctx context.Context, t Target) (Reached, func(), error) {
		o, err := temporalOptions(t, lookup, environ)
		if err != nil {
			return Reached{}, nil, err
		}
		c, err := dial.Dial(ctx, o)
		if err != nil {
			return Reached{}, nil, fmt.Errorf("%w at %s: %s; start it, or say where it is with --address or TEMPORAL_ADDRESS", incidents.ErrAway, o.HostPort, fault.Unanswered(err))
		}
		return Reached{Temporal: c, Namespace: cmp.Or(o.Namespace, client.DefaultNamespace), Converter: o.DataConverter, Failure: o.FailureConverter}, c.Close, nil
	}
}

// temporalOptions are those of a command that a person types: what the SDK logs is for services,
// a person gets the error.
func temporalOptions(t Target, lookup config.Lookup, environ func() []string) (client.Options, error) {
	o, err := dial.Options(t.Temporal, lookup, environ)
	o.Logger = log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	return o, err
}
