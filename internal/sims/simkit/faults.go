package simkit

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Kind names what goes wrong with a request.
type Kind string

// The kinds of fault. "Applied" means that the simulator did what the request
// asked for, whatever the client gets to see.
const (
	// DropBefore closes the connection; nothing is applied.
	DropBefore Kind = "drop_before"
	// DropAfter applies the request, then closes the connection unanswered.
	DropAfter Kind = "drop_after"
	// Status answers with the fault's status; nothing is applied.
	Status Kind = "status"
	// StatusAfter applies the request, then answers with the fault's status.
	StatusAfter Kind = "status_after"
	// Empty answers 200 with {}; nothing is applied.
	Empty Kind = "empty"
	// EmptyAfter applies the request, then answers 200 with {}.
	EmptyAfter Kind = "empty_after"
	// RateLimited answers 429, with Retry-After if the fault has one; nothing
	// is applied.
	RateLimited Kind = "rate_limited"
	// WebPage answers with a page for a browser and the fault's status, as a
	// proxy, a firewall or a login page in front of the vendor does; nothing is
	// applied.
	WebPage Kind = "web_page"
	// Delay applies the request at once and keeps the answer back for the
	// fault's delay, or until the fault is released or cleared or the client
	// gives up.
	Delay Kind = "delay"
	// Hold keeps the request back until the fault is released or cleared, and
	// serves it then, even if the client has given up by that time: a request
	// that lands after the caller stopped waiting for it.
	Hold Kind = "hold"
	// Down drops the connection of every matching request until the fault is
	// cleared, whatever Times says.
	Down Kind = "down"
)

var kinds = []Kind{DropBefore, DropAfter, Status, StatusAfter, Empty, EmptyAfter, RateLimited, WebPage, Delay, Hold, Down}

// Fault is one thing that goes wrong, and for which requests.
type Fault struct {
	// ID names the fault; Add makes one up if it is empty.
	ID string `json:"id"`
	// Operation is an operation's exact name, a prefix that ends in '*', or
	// empty for every operation.
	Operation string `json:"operation"`
	Kind      Kind   `json:"kind"`
	// Status is the answer of Status and StatusAfter, 0 meaning 500, and of
	// WebPage, 0 meaning 403.
	Status int `json:"status,omitempty"`
	// Body is the answer's body. If it is empty, Faults.DefaultBody is asked.
	Body string `json:"body,omitempty"`
	// Header is added to the answer of Status, StatusAfter, RateLimited and WebPage.
	Header map[string]string `json:"header,omitempty"`
	// RetryAfter is the Retry-After header; empty means no such header.
	RetryAfter string `json:"retry_after,omitempty"`
	// Delay is how long the kind Delay keeps the answer back.
	Delay Duration `json:"delay,omitempty"`
	// Times is how many requests the fault hits; 0 means until it is cleared.
	Times int `json:"times,omitempty"`
	// Skip is how many matching requests pass before the first hit.
	Skip int `json:"skip,omitempty"`
}

// Validate says what is wrong with the fault, naming the field.
func (f Fault) Validate() error {
	switch {
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("kind: unknown kind %q, want one of %v", f.Kind, kinds)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status: %d is not between 200 and 599", f.Status)
	case f.Times < 0:
		return fmt.Errorf("times: %d is negative", f.Times)
	case f.Skip < 0:
		return fmt.Errorf("skip: %d is negative", f.Skip)
	case f.Delay < 0:
		return fmt.Errorf("delay: %s is negative", time.Duration(f.Delay))
	case strings.Contains(strings.TrimSuffix(f.Operation, "*"), "*"):
		return fmt.Errorf("operation: %q has a '*' that is not at its end", f.Operation)
	}
	return nil
}

// Faults is the set of faults of one simulator. The zero value has none and is
// ready to use; it is safe for concurrent use. Clear it before closing the
// server in front of it, which otherwise waits for requests that are held.
type Faults struct {
	// DefaultBody, if set, gives the vendor's own body for an answer whose
	// fault has none: only the simulator knows how its vendor words an error.
	DefaultBody func(Fault) string
	// After, if set, takes the place of time.After for the kind Delay.
	After func(time.Duration) <-chan time.Time

	mu     sync.Mutex
	nextID int
	armed  map[string]*armed
	order  []*armed
}

// armed is a fault with what has happened to it so far. It stays known after
// it is spent, because Hits and Release are asked for afterwards.
type armed struct {
	Fault
	skipped int
	hits    int
	gone    bool
	// gate is closed to let the requests go on that wait for it now.
	gate chan struct{}
}

// hit is one request's meeting with a fault.
type hit struct {
	Fault
	gate <-chan struct{}
}

// Add switches a fault on and returns its ID. A fault with the ID of an earlier
// one takes its place. Add panics on a fault that Validate refuses, since that
// is a mistake in the test that adds it.
//
// A request meets at most one fault: the first one added that matches, has
// nothing left to skip and is not spent.
func (f *Faults) Add(fault Fault) string {
	if err := fault.Validate(); err != nil {
		panic("simkit: add fault: " + err.Error())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for fault.ID == "" {
		f.nextID++
		if id := "fault-" + strconv.Itoa(f.nextID); f.armed[id] == nil {
			fault.ID = id
		}
	}
	f.end(fault.ID)
	if f.armed == nil {
		f.armed = map[string]*armed{}
	}
	fault.Header = maps.Clone(fault.Header)
	a := &armed{Fault: fault, gate: make(chan struct{})}
	f.armed[fault.ID] = a
	f.order = append(f.order, a)
	return fault.ID
}

// Clear switches the named faults off, or all of them if none is named, and
// lets the requests go on that wait for them.
func (f *Faults) Clear(ids ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(ids) == 0 {
		ids = slices.Collect(maps.Keys(f.armed))
	}
	for _, id := range ids {
		f.end(id)
	}
}

// end takes a fault out of the order; the caller holds the lock.
func (f *Faults) end(id string) {
	a := f.armed[id]
	if a == nil {
		return
	}
	a.open()
	a.gone = true
	f.order = slices.DeleteFunc(f.order, func(other *armed) bool { return other == a })
}

// Release lets the requests go on that wait for the fault now. The fault stays
// on for later requests; Clear ends it.
func (f *Faults) Release(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.armed[id]; a != nil {
		a.open()
	}
}

func (a *armed) open() {
	close(a.gate)
	a.gate = make(chan struct{})
}

// List returns the faults that can still hit a request, in the order they were
// added.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]Fault, 0, len(f.order))
	for _, a := range f.order {
		fault := a.Fault
		fault.Header = maps.Clone(fault.Header)
		list = append(list, fault)
	}
	return list
}

// Hits says how many requests the fault has hit, also after it is spent or
// cleared. A request that is held counts from the moment it is held.
func (f *Faults) Hits(id string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.armed[id]; a != nil {
		return a.hits
	}
	return 0
}

// take finds the fault that the request runs into, if any, and counts it.
func (f *Faults) take(operation string) (hit, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.order {
		if !matches(a.Operation, operation) {
			continue
		}
		if a.skipped < a.Skip {
			a.skipped++
			continue
		}
		a.hits++
		met := hit{Fault: a.Fault, gate: a.gate}
		if a.Times > 0 && a.hits >= a.Times && a.Kind != Down {
			f.order = slices.DeleteFunc(f.order, func(other *armed) bool { return other == a })
		}
		return met, true
	}
	return hit{}, false
}

// matches says whether a pattern, as in Fault.Operation, covers an operation.
func matches(pattern, operation string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(operation, prefix)
	}
	return pattern == "" || pattern == operation
}

// Wrap puts the faults in front of next. operation names what a request asks
// for; it may use ReadBody to look at the body. A nil operation names nothing.
func (f *Faults) Wrap(operation func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		met, ok := f.take(nameOf(operation, r))
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		f.serve(met, w, r, next)
	})
}

func nameOf(operation func(*http.Request) string, r *http.Request) string {
	if operation == nil {
		return ""
	}
	return operation(r)
}
