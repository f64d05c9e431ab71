package gateway

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"muster/gateway/internal/answer"
	"muster/internal/logs"
)

// guard logs every request, and answers 500 to one that panics instead of dropping it.
type guard struct {
	next   http.Handler
	logger *slog.Logger
	now    func() time.Time
}

// ServeHTTP implements http.Handler.
func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := g.now()
	out := &statusWriter{ResponseWriter: w}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	id := requestID(r)
	w.Header().Set(answer.RequestIDHeader, id)
	inner := r.WithContext(logs.With(r.Context(), slog.String("request_id", id)))
	defer g.finish(out, inner, began)
	defer func() { r.Pattern = inner.Pattern }() // for whoever traces the request
	g.next.ServeHTTP(out, inner)
}

// finish is deferred around every request.
func (g guard) finish(out *statusWriter, r *http.Request, began time.Time) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		g.logger.LogAttrs(r.Context(), slog.LevelError, "request panicked", slog.String("method", r.Method), place(r), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		if out.status == 0 {
			answer.Internal(out)
		}
	}
	g.logger.LogAttrs(r.Context(), levelOf(out.status), "request", slog.String("method", r.Method), place(r), slog.Int("status", out.status), slog.Duration("took", g.now().Sub(began)))
}

// place is where a request went: a path is logged only where nothing is, since what callers write into those of the
// API may be anything.
func place(r *http.Request) slog.Attr {
	if r.Pattern == "" {
		return slog.String("path", r.URL.Path)
	}
	return slog.String("route", r.Pattern)
}

// levelOf is the level of a request's line: refusals are worth one, and what failed more than that.
func levelOf(status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelWarn
	case status >= http.StatusBadRequest:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// requestID is the ID by which a request is known: the caller's or a proxy's, if it is a UUID, or a new one.
func requestID(r *http.Request) string {
	sent := r.Header.Get(answer.RequestIDHeader)
	if id, err := uuid.Parse(sent); err == nil && (len(sent) == 36 || len(sent) == 32) {
		return id.String()
	}
	return uuid.NewString()
}

// statusWriter remembers the status that was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
