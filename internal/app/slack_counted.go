package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"muster/gateway/webhooks"
	"muster/incident"
	"muster/integrations/slack"
	"muster/internal/logs"
	"muster/internal/metrics"
	"muster/internal/tracing"
)

// countedInbound counts and traces what comes from Slack, over HTTP and over Socket Mode alike.
type countedInbound struct {
	slack.Inbound
	metrics *metrics.Metrics
	traces  *tracing.Traces
}

// Command implements slack.Inbound.
func (c countedInbound) Command(ctx context.Context, s slack.SlashCommand) slack.Answer {
	return c.seen(ctx, "slash command", s.TriggerID, func(ctx context.Context) slack.Answer { return c.Inbound.Command(ctx, s) })
}

// Interaction implements slack.Inbound.
func (c countedInbound) Interaction(ctx context.Context, i slack.Interaction) slack.Answer {
	return c.seen(ctx, i.Type, i.TriggerID, func(ctx context.Context) slack.Answer { return c.Inbound.Interaction(ctx, i) })
}

// Event implements slack.Inbound.
func (c countedInbound) Event(ctx context.Context, e slack.Event) slack.Answer {
	return c.seen(ctx, e.Type, e.ID, func(ctx context.Context) slack.Answer { return c.Inbound.Event(ctx, e) })
}

// seen gives what comes in a span, and its own ID to what is logged for it.
func (c countedInbound) seen(ctx context.Context, what, id string, do func(context.Context) slack.Answer) slack.Answer {
	if id != "" {
		ctx = logs.With(ctx, slog.String("slack_id", id))
	}
	ctx, end := c.traces.Begin(ctx, "slack "+word(what), trace.SpanKindInternal, tracing.Way(incident.WaySlack))
	a := do(ctx)
	outcome := webhooks.Taken
	if a.Refused {
		outcome = webhooks.PutOff
	}
	c.metrics.Delivered("slack", outcome)
	end(string(outcome), a.Refused)
	return a
}

// word is what Slack calls a request, where it is a word: it names a span.
func word(what string) string {
	if what == "" || strings.Trim(what, "abcdefghijklmnopqrstuvwxyz_ ") != "" {
		return "request"
	}
	return what
}

// refusals counts the requests that never come in, as those whose signature is wrong.
func (c countedInbound) refusals(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := &refusalWriter{ResponseWriter: w}
		next.ServeHTTP(o, r)
		if o.status >= 400 && o.status < 500 {
			c.metrics.Delivered("slack", webhooks.Refused)
		}
	})
}

// refusalWriter remembers the status that was answered.
type refusalWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *refusalWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *refusalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
