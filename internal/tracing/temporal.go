package tracing

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
)

// spanKey is where the SDK's interceptor keeps the span of a workflow's context.
type spanKey struct{}

// Through lets a client, and the workers made of it, carry traces through Temporal.
func (t *Traces) Through(o client.Options) (client.Options, error) {
	if t == nil {
		return o, nil
	}
	i, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: t.tracer, DisableBaggage: true, AllowInvalidParentSpans: true, TextMapPropagator: propagator,
		SpanContextKey: spanKey{}, SpanStarter: begin,
	})
	if err != nil {
		return o, err
	}
	o.Interceptors = append(slices.Clip(o.Interceptors), carrier{i})
	return o, nil
}

// begin begins the spans of the SDK's interceptor.
//
// A run of a workflow gets none: it lasts for months, would be known only at its end, and would be begun anew with
// each replay. What it does hangs below the span that started it. A trace begins where somebody asks for something, or
// with an activity of what runs by itself; a process that starts, reads metrics or asks for health makes none.
func begin(ctx context.Context, t trace.Tracer, name string, opts ...trace.SpanStartOption) trace.Span {
	parent := trace.SpanFromContext(ctx)
	operation, _, _ := strings.Cut(name, ":")
	if operation == "RunWorkflow" || !parent.SpanContext().IsValid() && operation != "RunActivity" {
		return parent
	}
	_, span := t.Start(ctx, name, opts...)
	return discreet{span}
}

// discreet keeps of what the SDK's interceptor says of a span what is no secret: the texts of errors, and the IDs that
// callers choose for updates, may be anything.
type discreet struct{ trace.Span }

// RecordError implements trace.Span.
func (s discreet) RecordError(err error, _ ...trace.EventOption) {
	if err != nil {
		s.Span.SetAttributes(Outcome("failed"))
	}
}

// SetStatus implements trace.Span.
func (s discreet) SetStatus(code codes.Code, _ string) { s.Span.SetStatus(code, "") }

// SetAttributes implements trace.Span.
func (s discreet) SetAttributes(attributes ...attribute.KeyValue) {
	for _, a := range attributes {
		switch a.Key {
		case "temporalWorkflowID":
			id := a.Value.AsString()
			s.Span.SetAttributes(attribute.String("temporalWorkflowID", Harmless(id)))
			if n := IncidentOf(id); n > 0 {
				s.Span.SetAttributes(Incident(n))
			}
		case "temporalRunID", "temporalActivityID":
			s.Span.SetAttributes(a)
		}
	}
}

// carrier is the SDK's interceptor with what it lacks: an update that is replayed makes no span again, and what a
// workflow does for a command is part of the command's trace, though one of its own coroutines does it.
type carrier struct{ interceptor.Interceptor }

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (c carrier) InterceptWorkflow(ctx workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	caused := &causes{}
	caused.Next = next
	first := &firstTime{bare: caused}
	first.Next = c.Interceptor.InterceptWorkflow(ctx, caused)
	return first
}

// firstTime leaves out the spans of updates that are replayed, which the SDK's interceptor does for all else.
type firstTime struct {
	interceptor.WorkflowInboundInterceptorBase
	bare interceptor.WorkflowInboundInterceptor
}

// ExecuteUpdate implements interceptor.WorkflowInboundInterceptor.
func (f *firstTime) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	if workflow.IsReplaying(ctx) {
		return f.bare.ExecuteUpdate(ctx, in)
	}
	return f.Next.ExecuteUpdate(ctx, in)
}

// caused is how long what a workflow does counts as done for what it was last told; what it does later, it does by
// itself, and belongs to the trace of its start.
const caused = time.Minute

// causes remembers for one run what it was told last. It is never part of what replays: it only chooses below which
// span the next one hangs.
type causes struct {
	interceptor.WorkflowInboundInterceptorBase
	last cause
	// opened is by which declaration each incident was opened, until it is started.
	opened map[string]interceptor.TracerSpan
}

type cause struct {
	span interceptor.TracerSpan
	at   time.Time
}

func (c *causes) told(ctx workflow.Context) interceptor.TracerSpan {
	span, _ := ctx.Value(spanKey{}).(interceptor.TracerSpan)
	if span != nil && !workflow.IsReplaying(ctx) {
		c.last = cause{span, workflow.Now(ctx)}
	}
	return span
}

// Init implements interceptor.WorkflowInboundInterceptor.
func (c *causes) Init(out interceptor.WorkflowOutboundInterceptor) error {
	o := &effects{causes: c}
	o.Next = out
	return c.Next.Init(o)
}

// HandleSignal implements interceptor.WorkflowInboundInterceptor.
func (c *causes) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	c.told(ctx)
	return c.Next.HandleSignal(ctx, in)
}

// ExecuteUpdate implements interceptor.WorkflowInboundInterceptor.
func (c *causes) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	span := c.told(ctx)
	res, err := c.Next.ExecuteUpdate(ctx, in)
	if d, ok := res.(api.DeclareResult); ok && err == nil && span != nil && !d.Existing && !workflow.IsReplaying(ctx) {
		if c.opened == nil {
			c.opened = map[string]interceptor.TracerSpan{}
		}
		c.opened[api.IncidentID(d.Number)] = span
	}
	return res, err
}

// effects hangs what a workflow does below what it was told.
type effects struct {
	interceptor.WorkflowOutboundInterceptorBase
	causes *causes
}

func (e *effects) below(ctx workflow.Context) workflow.Context {
	if last := e.causes.last; last.span != nil && workflow.Now(ctx).Sub(last.at) <= caused {
		return workflow.WithValue(ctx, spanKey{}, last.span)
	}
	return ctx
}

// ExecuteActivity implements interceptor.WorkflowOutboundInterceptor.
func (e *effects) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	return e.Next.ExecuteActivity(e.below(ctx), activityType, args...)
}

// ExecuteChildWorkflow implements interceptor.WorkflowOutboundInterceptor.
func (e *effects) ExecuteChildWorkflow(ctx workflow.Context, childType string, args ...any) workflow.ChildWorkflowFuture {
	id := workflow.GetChildWorkflowOptions(ctx).WorkflowID
	if span := e.causes.opened[id]; span != nil {
		delete(e.causes.opened, id)
		return e.Next.ExecuteChildWorkflow(workflow.WithValue(ctx, spanKey{}, span), childType, args...)
	}
	return e.Next.ExecuteChildWorkflow(e.below(ctx), childType, args...)
}

// SignalExternalWorkflow implements interceptor.WorkflowOutboundInterceptor.
func (e *effects) SignalExternalWorkflow(ctx workflow.Context, workflowID, runID, signal string, arg any) workflow.Future {
	return e.Next.SignalExternalWorkflow(e.below(ctx), workflowID, runID, signal, arg)
}
