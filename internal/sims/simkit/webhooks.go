package simkit

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Delivery is one webhook on its way, or after it.
type Delivery struct {
	// ID is the vendor's identifier of the delivery; a copy has the same one.
	ID string
	// Key is the queue of SendInOrder; empty for Send.
	Key string
	// Kind is the vendor's name for the event.
	Kind   string
	Header http.Header
	Body   []byte
	// Attempts counts the requests made for this delivery.
	Attempts int
	// Status is the last answer; 0 if the last attempt got none.
	Status int
	// Err says why the last attempt failed; empty after a 2xx.
	Err string
}

// Mode is how deliveries go wrong. The zero Mode delivers each once, at once.
type Mode struct {
	// Duplicate is how many copies follow each delivery.
	Duplicate int
	// Delay is how long each delivery waits before its first attempt.
	Delay time.Duration
	// Lose forgets deliveries.
	Lose bool
	// HoldAll keeps deliveries back until ReleaseHeld.
	HoldAll bool
	// Reverse is HoldAll, and ReleaseHeld starts with the newest delivery.
	Reverse bool
}

// Webhooks makes a simulator's deliveries to the product. The zero value is
// ready to use but has no target; it is safe for concurrent use. Set the
// exported fields before the first Send.
type Webhooks struct {
	// Sign, if set, adds the vendor's signature and whatever else depends on
	// the time of the attempt. It is called before every attempt.
	Sign func(h http.Header, body []byte)
	// Decorate, if set, is called before Sign with the number of earlier
	// attempts and the last one's status (0 for none), for headers such as
	// X-Slack-Retry-Num.
	Decorate func(h http.Header, retry, lastStatus int)
	// Retry decides whether an answer outside 2xx is tried again. If nil, 429
	// and 5xx are. An attempt without an answer is always tried again.
	Retry func(*http.Response) bool
	// Ended, if set, is called after each delivery that was delivered or dropped, without locks.
	Ended func(Delivery)
	// Waits are the pauses before each further attempt; when they are used up
	// the delivery is dropped. If nil, they grow from 50 ms to 5 s and last
	// for about a minute.
	Waits []time.Duration
	// After, if set, takes the place of time.After.
	After func(time.Duration) <-chan time.Time
	// Client, if set, makes the requests. The default one gives up after 5 s
	// and follows no redirect.
	Client *http.Client

	mu        sync.Mutex
	target    string
	mode      Mode
	queues    map[string][]queued // waiting behind the one under way
	held      []queued
	reversed  bool
	underway  int
	idle      chan struct{} // closed when underway is back at 0
	delivered []Delivery
	dropped   []Delivery
	lost      []Delivery
	closed    bool
	dropping  int // how often all that was under way was dropped
	ctx       context.Context
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

// queued is a delivery with the delay it was sent under.
type queued struct {
	Delivery
	delay time.Duration
	// born is how often all was dropped before.
	born int
}

var defaultWaits = []time.Duration{
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond,
	1600 * time.Millisecond, 3200 * time.Millisecond,
	5 * time.Second, 5 * time.Second, 5 * time.Second, 5 * time.Second, 5 * time.Second,
	5 * time.Second, 5 * time.Second, 5 * time.Second, 5 * time.Second, 5 * time.Second,
}

var defaultClient = &http.Client{
	Timeout:       5 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// SetTarget sets the URL that deliveries go to, also for those under way. While
// it is empty nobody has subscribed, and what is sent goes nowhere, uncounted.
func (w *Webhooks) SetTarget(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target = url
}

// Target returns the URL that deliveries go to.
func (w *Webhooks) Target() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.target
}

// SetMode changes how the deliveries sent from now on go wrong. It does not
// release what is held.
func (w *Webhooks) SetMode(mode Mode) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mode = mode
}

// Send delivers in the background, in no particular order.
func (w *Webhooks) Send(id, kind string, header http.Header, body []byte) {
	w.SendInOrder("", id, kind, header, body)
}

// SendInOrder delivers in the background, after all earlier deliveries with the
// same key are delivered or dropped. An empty key means no order.
func (w *Webhooks) SendInOrder(key, id, kind string, header http.Header, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delivery := queued{
		Delivery: Delivery{ID: id, Key: key, Kind: kind, Header: header.Clone(), Body: bytes.Clone(body)},
		delay:    w.mode.Delay, born: w.dropping,
	}
	if w.target == "" || w.closed {
		return
	}
	for range 1 + max(0, w.mode.Duplicate) {
		switch {
		case w.mode.Lose:
			w.lost = append(w.lost, delivery.Delivery)
		case w.mode.HoldAll || w.mode.Reverse:
			w.held = append(w.held, delivery)
			w.reversed = w.reversed || w.mode.Reverse
		default:
			w.enqueue(delivery)
		}
	}
}

// ReleaseHeld delivers what was held, one after the other: oldest first, or
// newest first if it was held under Reverse.
func (w *Webhooks) ReleaseHeld() {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.held
	if w.reversed {
		slices.Reverse(held)
	}
	w.held, w.reversed = nil, false
	if len(held) > 0 && !w.closed {
		w.start(held, nil)
	}
}

// enqueue starts a delivery or puts it behind the one with its key that is
// under way; the caller holds the lock.
func (w *Webhooks) enqueue(delivery queued) {
	key := delivery.Key
	if key == "" {
		w.start([]queued{delivery}, nil)
		return
	}
	if waiting, busy := w.queues[key]; busy {
		w.queues[key] = append(waiting, delivery)
		w.count(1)
		return
	}
	if w.queues == nil {
		w.queues = map[string][]queued{}
	}
	w.queues[key] = nil
	w.start([]queued{delivery}, func() []queued {
		more := w.queues[key]
		if w.queues[key] = nil; len(more) == 0 {
			delete(w.queues, key)
		}
		return more
	})
}

// start delivers a batch in its order, then what more returns, until it returns
// nothing. more may be nil; it is called with the lock held, and so is start.
func (w *Webhooks) start(batch []queued, more func() []queued) {
	if w.ctx == nil {
		w.ctx, w.cancel = context.WithCancel(context.Background())
	}
	w.count(len(batch))
	w.running.Go(func() {
		for len(batch) > 0 {
			for _, delivery := range batch {
				w.deliver(delivery)
			}
			batch = w.next(more)
		}
	})
}

// count adds deliveries to those under way; the caller holds the lock.
func (w *Webhooks) count(n int) {
	if w.underway == 0 {
		w.idle = make(chan struct{})
	}
	w.underway += n
}

// DropAll drops what is under way and what is held, as a vendor does that switches a subscription
// off. A request that is being made is not taken back.
func (w *Webhooks) DropAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropping++
	for _, delivery := range w.held {
		w.dropped = append(w.dropped, delivery.Delivery)
	}
	w.held, w.reversed = nil, false
}

func (w *Webhooks) next(more func() []queued) []queued {
	if more == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return more()
}
