package simkit

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// serve answers a request that ran into a fault.
func (f *Faults) serve(met hit, w http.ResponseWriter, r *http.Request, next http.Handler) {
	// The body is read first: net/http notices that a client has gone away
	// only after the body is read, and the request may outlive its connection.
	if _, err := ReadBody(r); err != nil {
		Drop(w)
		return
	}
	// What is applied is applied to the end, whether or not the client waits.
	lasting := r.WithContext(context.WithoutCancel(r.Context()))
	switch met.Kind {
	case DropBefore, Down:
		Drop(w)
	case DropAfter:
		apply(next, lasting)
		Drop(w)
	case Status:
		f.answer(w, met.Fault, http.StatusInternalServerError)
	case StatusAfter:
		apply(next, lasting)
		f.answer(w, met.Fault, http.StatusInternalServerError)
	case Empty:
		WriteJSON(w, http.StatusOK, struct{}{})
	case EmptyAfter:
		apply(next, lasting)
		WriteJSON(w, http.StatusOK, struct{}{})
	case RateLimited:
		met.Status = http.StatusTooManyRequests
		f.answer(w, met.Fault, http.StatusTooManyRequests)
	case WebPage:
		if met.Body == "" {
			met.Body = page
		}
		f.answer(w, met.Fault, http.StatusForbidden)
	case Delay:
		rec := apply(next, lasting)
		f.pause(r.Context(), met)
		rec.copyTo(w)
	case Hold:
		<-met.gate
		next.ServeHTTP(w, lasting)
	}
}

// page is what proxies send; nginx's own pages look like it.
const page = "<html>\r\n<head><title>Not available</title></head>\r\n<body><center><h1>Not available</h1></center></body>\r\n</html>\r\n"

// pause waits for the fault's delay, its release or the client's departure.
func (f *Faults) pause(ctx context.Context, met hit) {
	after := f.After
	if after == nil {
		after = time.After
	}
	select {
	case <-after(time.Duration(met.Delay)):
	case <-met.gate:
	case <-ctx.Done():
	}
}

// answer writes the fault's own answer.
func (f *Faults) answer(w http.ResponseWriter, fault Fault, otherwise int) {
	if fault.Status == 0 {
		fault.Status = otherwise
	}
	body := fault.Body
	if body == "" && f.DefaultBody != nil {
		body = f.DefaultBody(fault)
	}
	contentType := "text/plain; charset=utf-8"
	switch {
	case strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["):
		contentType = "application/json"
	case strings.HasPrefix(body, "<"):
		contentType = "text/html"
	}
	w.Header().Set("Content-Type", contentType)
	for name, value := range fault.Header {
		w.Header().Set(name, value)
	}
	if fault.RetryAfter != "" {
		w.Header().Set("Retry-After", fault.RetryAfter)
	}
	w.WriteHeader(fault.Status)
	_, _ = io.WriteString(w, body)
}

// Drop closes the connection of a request without an answer, so that the
// client sees it break off. Nothing may be written to w before or after.
func Drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// HTTP/2 has no connection to take over; this resets its stream.
		panic(http.ErrAbortHandler)
	}
	// Go's client silently repeats a GET whose kept-alive connection ends
	// before the first byte of an answer. Whether a fault is seen must not
	// depend on how warm the connection was, so the answer breaks off later:
	// within its headers, which no client takes for an answer.
	_, _ = io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\n")
	_ = conn.Close()
}

// apply runs the request against a recorder and returns what was answered.
func apply(next http.Handler, r *http.Request) *recorder {
	rec := &recorder{header: http.Header{}}
	next.ServeHTTP(rec, r)
	return rec
}

// recorder keeps an answer. (net/http/httptest has one too, but adds a flag to
// every program that imports it.)
type recorder struct {
	header http.Header
	status int
	sent   http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status, r.sent = status, r.header.Clone()
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) copyTo(w http.ResponseWriter) {
	r.WriteHeader(http.StatusOK)
	maps.Copy(w.Header(), r.sent)
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body.Bytes())
}
