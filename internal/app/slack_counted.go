package app

import (
	"context"
	"net/http"

	"muster/gateway/webhooks"
	"muster/integrations/slack"
	"muster/internal/metrics"
)

// countedInbound counts what comes from Slack, over HTTP and over Socket Mode alike.
type countedInbound struct {
	slack.Inbound
	metrics *metrics.Metrics
}

// Command implements slack.Inbound.
func (c countedInbound) Command(ctx context.Context, s slack.SlashCommand) slack.Answer {
	return c.count(c.Inbound.Command(ctx, s))
}

// Interaction implements slack.Inbound.
func (c countedInbound) Interaction(ctx context.Context, i slack.Interaction) slack.Answer {
	return c.count(c.Inbound.Interaction(ctx, i))
}

// Event implements slack.Inbound.
func (c countedInbound) Event(ctx context.Context, e slack.Event) slack.Answer {
	return c.count(c.Inbound.Event(ctx, e))
}

func (c countedInbound) count(a slack.Answer) slack.Answer {
	if a.Refused {
		c.metrics.Delivered("slack", webhooks.PutOff)
	} else {
		c.metrics.Delivered("slack", webhooks.Taken)
	}
	return a
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
