package gateway

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"muster/gateway/internal/answer"
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
	w.Header().Set(answer.RequestIDHeader, uuid.NewString())
	defer g.finish(out, r, began)
	g.next.ServeHTTP(out, r)
}

// finish is deferred around every request.
func (g guard) finish(out *statusWriter, r *http.Request, began time.Time) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		g.logger.ErrorContext(r.Context(), "request panicked", "request_id", out.Header().Get(answer.RequestIDHeader), "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
		if out.status == 0 {
			answer.Internal(out)
		}
	}
	g.logger.DebugContext(r.Context(), "request", "request_id", out.Header().Get(answer.RequestIDHeader), "method", r.Method, "path", r.URL.Path, "status", out.status, "took", g.now().Sub(began))
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
