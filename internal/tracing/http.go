package tracing

import (
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"muster/incident"
)

// apiPrefix is before all paths of the HTTP API.
const apiPrefix = "/v1/"

// Handler makes a span of each request that a pattern takes, named by the pattern: what a path or a query says
// besides may be anything. Next says in the request which pattern it was. Callers of the API may send a traceparent;
// vendors send none that would be of use.
func (t *Traces) Handler(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if strings.HasPrefix(r.URL.Path, apiPrefix) {
			ctx = propagator.Extract(ctx, propagation.HeaderCarrier(r.Header))
		}
		ctx, span := t.tracer.Start(ctx, "HTTP "+methodOf(r), trace.WithSpanKind(trace.SpanKindServer))
		out := &statusWriter{ResponseWriter: w}
		r = r.WithContext(ctx)
		defer func() { t.answered(span, r, out.status) }()
		next.ServeHTTP(out, r)
	})
}

func (t *Traces) answered(span trace.Span, r *http.Request, status int) {
	method := methodOf(r)
	if r.Pattern != "" {
		_, route, _ := strings.Cut(r.Pattern, " ")
		span.SetName(method + " " + route)
		span.SetAttributes(attribute.String("http.route", route))
	}
	if status == 0 {
		status = http.StatusOK
	}
	span.SetAttributes(attribute.String("http.request.method", method), attribute.Int("http.response.status_code", status), Outcome(outcomeOf(status)))
	if n := numberIn(r.URL.Path); n > 0 {
		span.SetAttributes(Incident(n))
	}
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// methodOf is the method, or _OTHER for what is none, as OpenTelemetry's conventions want it.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return r.Method
	}
	return "_OTHER"
}

func outcomeOf(status int) string {
	switch {
	case status >= http.StatusInternalServerError:
		return "failed"
	case status >= http.StatusBadRequest:
		return "refused"
	}
	return "done"
}

// numberIn is the incident that a path of the API names, 0 for none.
func numberIn(path string) int {
	rest, ok := strings.CutPrefix(path, apiPrefix+"incidents/")
	if !ok {
		return 0
	}
	key, _, _ := strings.Cut(rest, "/")
	n, err := strconv.Atoi(strings.TrimPrefix(key, "INC-"))
	if err != nil || n < 1 || incident.Key(n) != key && strconv.Itoa(n) != key {
		return 0
	}
	return n
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
