// Package tracing follows what somebody asked for from the door by which it came in, through Temporal, to the
// calls to vendors, and sends that to an OpenTelemetry collector where one is named.
//
// A trace tells numbers, IDs, names of calls and what came of them. It never has a title, a person or any text that
// somebody wrote, of public incidents neither: whoever reads traces need not be one who may read incidents.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"muster/internal/version"
)

// stopBound is how long a process that ends waits for its last spans to be sent.
const stopBound = 3 * time.Second

// Traces makes the spans of a process. A nil one makes none, and all its methods may be called.
type Traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	logger   *slog.Logger
}

// propagator reads and writes the W3C's traceparent. Baggage is left alone: it may hold anything.
var propagator = propagation.TraceContext{}

// Start makes the traces of a process as the environment says; nil where they are off. It calls nobody, and a
// collector that is away, hangs or refuses is no business of whoever makes spans.
func Start(ctx context.Context, lookup func(string) (string, bool), service string, logger *slog.Logger) (*Traces, error) {
	s, err := ReadSettings(lookup)
	if err != nil || !s.On {
		return nil, err
	}
	said := &seldom{logger: logger, every: time.Minute, now: time.Now}
	otel.SetErrorHandler(said)
	otel.SetLogger(logr.Discard()) // it logs settings that it cannot read, tokens too
	exporter, err := s.exporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// What the environment says of the resource wins over the defaults.
	r, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version.String())),
		resource.WithFromEnv())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w: write key=value,key=value", err)
	}
	return With(sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(r)), logger), nil
}

func (s Settings) exporter(ctx context.Context) (*otlptrace.Exporter, error) {
	if s.protocol == overGRPC {
		return otlptracegrpc.New(ctx)
	}
	return otlptracehttp.New(ctx)
}

// With makes the traces of a provider, which Stop shuts down.
func With(provider *sdktrace.TracerProvider, logger *slog.Logger) *Traces {
	return &Traces{provider: provider, tracer: provider.Tracer("muster", trace.WithInstrumentationVersion(version.String())), logger: logger}
}

// Stop sends what is left, for a moment, and makes no more spans.
func (t *Traces) Stop() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopBound)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.logger.Debug("the last spans were not sent", "error", err)
	}
}

// Begin begins a span below that of the context, or the first of a trace. End it with what came of it.
func (t *Traces) Begin(ctx context.Context, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) (context.Context, func(outcome string, failed bool)) {
	if t == nil {
		return ctx, func(string, bool) {}
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
	return ctx, func(outcome string, failed bool) { end(span, outcome, failed) }
}

func end(span trace.Span, outcome string, failed bool, at ...trace.SpanEndOption) {
	span.SetAttributes(Outcome(outcome))
	if failed {
		span.SetStatus(codes.Error, "") // texts of errors may repeat what somebody wrote
	}
	span.End(at...)
}

// FromParent puts the span that another program has begun into a context, as TRACEPARENT names it.
func FromParent(ctx context.Context, traceparent string) context.Context {
	return propagator.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}

// Note adds to the present span what is known only later.
func Note(ctx context.Context, attributes ...attribute.KeyValue) {
	trace.SpanFromContext(ctx).SetAttributes(attributes...)
}

// VendorCall is a call to a vendor that has ended. It knows neither address nor body.
type VendorCall struct {
	Vendor, Call, Outcome string
	Took                  time.Duration
	// Status is what the vendor answered where it refused, 0 for anything else.
	Status     int
	RetryAfter time.Duration
	Failed     bool
}

// VendorCalled makes the span of a call to a vendor that has ended now.
func (t *Traces) VendorCalled(ctx context.Context, c VendorCall) {
	if t == nil {
		return
	}
	now := time.Now()
	_, span := t.tracer.Start(ctx, c.Vendor+" "+c.Call, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-c.Took)),
		trace.WithAttributes(keyVendor.String(c.Vendor), keyCall.String(c.Call)))
	if c.Status > 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", c.Status))
	}
	if c.RetryAfter > 0 {
		span.SetAttributes(attribute.Float64("muster.retry_after_seconds", c.RetryAfter.Seconds()))
	}
	end(span, c.Outcome, c.Failed, trace.WithTimestamp(now))
}
