package simkit

import (
	"bufio"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Request is one request as the Log saw it.
type Request struct {
	At        time.Time `json:"at"`
	Operation string    `json:"operation"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	// Query is the raw query string.
	Query string `json:"query,omitempty"`
	// Status is what was answered; 0 while there is no answer, and for good if
	// the connection was dropped.
	Status int `json:"status"`
	// Body is what the request carried, cut off after 4 KiB.
	Body string `json:"body,omitempty"`
}

const (
	logBodyLimit = 4 << 10
	// A simulator may run for days in dev mode, so the log forgets old requests.
	logLength = 10_000
)

// Log keeps the last requests that came in. The zero value is ready to use; it
// is safe for concurrent use.
type Log struct {
	// Clock, if set, gives the time of requests.
	Clock Clock

	mu       sync.Mutex
	requests []*Request
	counts   map[string]int
}

// Wrap logs the requests for next. Put it outside of Faults.Wrap, so that it
// also sees requests that a fault swallows. A request is in the log before next
// sees it, and its status is there before the client has the answer.
func (l *Log) Wrap(operation func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := ReadBody(r) // a body that broke off breaks off for next too
		if len(body) > logBodyLimit {
			body = body[:logBodyLimit]
		}
		entry := l.add(Request{
			Operation: nameOf(operation, r), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: string(body),
		})
		logged := &logWriter{ResponseWriter: w, log: l, entry: entry}
		next.ServeHTTP(logged, r)
		logged.note(http.StatusOK) // what net/http answers for a silent handler
	})
}

func (l *Log) add(entry Request) *Request {
	clock := l.Clock
	if clock == nil {
		clock = RealClock()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	entry.At = clock.Now()
	if l.counts == nil {
		l.counts = map[string]int{}
	}
	l.counts[entry.Operation]++
	if len(l.requests) >= logLength {
		l.requests = slices.Delete(l.requests, 0, logLength/2)
	}
	l.requests = append(l.requests, &entry)
	return &entry
}

// Requests returns the requests for an operation in the order they came in.
// The operation is matched as in Fault.Operation; empty means all.
func (l *Log) Requests(operation string) []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := []Request{}
	for _, entry := range l.requests {
		if matches(operation, entry.Operation) {
			found = append(found, *entry)
		}
	}
	return found
}

// Count says how many requests there were for an operation, forgotten ones
// included. The operation is matched as in Fault.Operation.
func (l *Log) Count(operation string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	total := 0
	for name, count := range l.counts {
		if matches(operation, name) {
			total += count
		}
	}
	return total
}

// Counts returns the number of requests by operation.
func (l *Log) Counts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.counts)
}

// logWriter notes the status on its way to the client.
type logWriter struct {
	http.ResponseWriter
	log   *Log
	entry *Request
	noted bool
}

// note keeps the first status; a dropped connection has none.
func (w *logWriter) note(status int) {
	if w.noted {
		return
	}
	w.noted = true
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.entry.Status = status
}

func (w *logWriter) WriteHeader(status int) {
	w.note(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *logWriter) Write(p []byte) (int, error) {
	w.note(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// Hijack is how Drop gets at the connection; it leaves the status at 0.
func (w *logWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.noted = true
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController reach what this writer does not offer.
func (w *logWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
