// Package logs is how Muster's lines look, whoever writes them: its own parts, Temporal's SDK and OpenTelemetry's. In
// one place it adds which incident, workflow, request and trace a line is about.
package logs

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"muster/incident"
	"muster/internal/tracing"
)

// Options are how lines are written.
type Options struct {
	Level slog.Level
	// Text writes key=value for people; otherwise lines are JSON.
	Text bool
}

// New makes a logger that writes to w.
func New(w io.Writer, o Options) *slog.Logger {
	ho := &slog.HandlerOptions{Level: o.Level}
	if o.Text {
		return slog.New(Wrap(slog.NewTextHandler(w, ho)))
	}
	return slog.New(Wrap(slog.NewJSONHandler(w, ho)))
}

// The keys of what lines are about.
const (
	keyIncident = "incident"
	keyWorkflow = "workflow_id"
	keyTrace    = "trace_id"
	keySpan     = "span_id"
)

type contextKey struct{}

// With gives attributes to every line that is logged with the context.
func With(ctx context.Context, attributes ...slog.Attr) context.Context {
	return context.WithValue(ctx, contextKey{}, append(slices.Clip(of(ctx)), attributes...))
}

// Workflow gives every line that is logged with the context the workflow that it is for.
func Workflow(ctx context.Context, id string) context.Context {
	return With(ctx, slog.String(keyWorkflow, id))
}

func of(ctx context.Context) []slog.Attr {
	a, _ := ctx.Value(contextKey{}).([]slog.Attr)
	return a
}

// Wrap makes a handler that adds what a line is about.
func Wrap(next slog.Handler) slog.Handler { return &handler{next: next} }

// handler keeps which keys are there already: each is written once.
type handler struct {
	next  slog.Handler
	known map[string]bool
	// grouped is true below a group, whose attributes are the caller's own.
	grouped bool
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if h.grouped {
		return h.next.Handle(ctx, r)
	}
	l := line{bound: h.known}
	r.Attrs(func(a slog.Attr) bool { l.add(a); return true })
	for _, a := range of(ctx) {
		l.add(a)
	}
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		l.add(slog.String(keyTrace, s.TraceID().String()))
		l.add(slog.String(keySpan, s.SpanID().String()))
	}
	out := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	out.AddAttrs(l.attributes...)
	return h.next.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attributes []slog.Attr) slog.Handler {
	if h.grouped {
		return &handler{next: h.next.WithAttrs(attributes), grouped: true}
	}
	l := line{bound: h.known}
	for _, a := range attributes {
		l.add(a)
	}
	known := map[string]bool{}
	for k := range h.known {
		known[k] = true
	}
	for _, a := range l.attributes {
		known[a.Key] = true
	}
	return &handler{next: h.next.WithAttrs(l.attributes), known: known}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{next: h.next.WithGroup(name), known: h.known, grouped: true}
}

// line gathers attributes, each key once: the first one to say something is the nearest to it.
type line struct {
	bound      map[string]bool
	attributes []slog.Attr
}

func (l *line) has(key string) bool {
	return l.bound[key] || slices.ContainsFunc(l.attributes, func(a slog.Attr) bool { return a.Key == key })
}

func (l *line) add(a slog.Attr) {
	a.Key = snake(a.Key)
	switch {
	case l.has(a.Key) && marks(a.Key), nothing(a):
		return
	case a.Key == keyWorkflow:
		id := a.Value.String()
		a.Value = slog.StringValue(tracing.Harmless(id))
		l.attributes = append(l.attributes, a)
		if n := tracing.IncidentOf(id); n > 0 {
			l.add(slog.String(keyIncident, incident.Key(n)))
		}
		return
	}
	l.attributes = append(l.attributes, a)
}

// marks tells the keys of what a line is about from those of what it says.
func marks(key string) bool {
	switch key {
	case keyIncident, keyWorkflow, keyTrace, keySpan, "request_id", "slack_id", "delivery_id", "run_id":
		return true
	}
	return false
}

// nothing is a trace of which nobody knows, as the SDK writes it.
func nothing(a slog.Attr) bool {
	return (a.Key == keyTrace || a.Key == keySpan) && strings.Trim(a.Value.String(), "0") == ""
}

// snake writes the keys of Temporal's SDK as all others are: WorkflowID is workflow_id.
func snake(key string) string {
	if key == strings.ToLower(key) {
		return key
	}
	var b strings.Builder
	upper := true // the one before
	for i, c := range key {
		is := c >= 'A' && c <= 'Z'
		if is && !upper && i > 0 {
			b.WriteByte('_')
		}
		upper = is
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}
