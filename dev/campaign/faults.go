package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"muster/internal/sims/simkit"
)

// wrong is one way in which a vendor, or what stands before it, fails.
type wrong struct {
	name  string
	fault simkit.Fault
	// scaled says that the fault's length follows the timeouts of the calls.
	scaled bool
}

const proxyPage = "<html><head><title>Not available</title></head><body>The proxy cannot reach the server.</body></html>"

func html(kind simkit.Kind, status int) simkit.Fault {
	return simkit.Fault{Kind: kind, Status: status, Body: proxyPage, Header: map[string]string{"Content-Type": "text/html"}}
}

// wrongs are all kinds of faults that simkit knows, in the forms in which vendors and proxies show them.
var wrongs = []wrong{
	{name: "connection lost before", fault: simkit.Fault{Kind: simkit.DropBefore}},
	{name: "connection lost after it was applied", fault: simkit.Fault{Kind: simkit.DropAfter}},
	{name: "500", fault: simkit.Fault{Kind: simkit.Status, Status: http.StatusInternalServerError}},
	{name: "502 page of a proxy", fault: html(simkit.Status, http.StatusBadGateway)},
	{name: "503 with Retry-After", fault: simkit.Fault{Kind: simkit.Status, Status: http.StatusServiceUnavailable, RetryAfter: "1"}},
	{name: "500 after it was applied", fault: simkit.Fault{Kind: simkit.StatusAfter, Status: http.StatusInternalServerError}},
	{name: "502 page after it was applied", fault: html(simkit.StatusAfter, http.StatusBadGateway)},
	{name: "504 page after it was applied", fault: html(simkit.StatusAfter, http.StatusGatewayTimeout)},
	{name: "200 page of a proxy", fault: html(simkit.Status, http.StatusOK)},
	{name: "200 page after it was applied", fault: html(simkit.StatusAfter, http.StatusOK)},
	{name: "half an answer after it was applied", fault: simkit.Fault{Kind: simkit.StatusAfter, Status: http.StatusOK, Body: `{"ok":tr`}},
	{name: "empty answer", fault: simkit.Fault{Kind: simkit.Empty}},
	{name: "empty answer after it was applied", fault: simkit.Fault{Kind: simkit.EmptyAfter}},
	{name: "429", fault: simkit.Fault{Kind: simkit.RateLimited}},
	{name: "429 with Retry-After", fault: simkit.Fault{Kind: simkit.RateLimited, RetryAfter: "1"}},
	{name: "301 page of a proxy", fault: simkit.Fault{Kind: simkit.WebPage, Status: http.StatusMovedPermanently}},
	{name: "401 page of a proxy", fault: simkit.Fault{Kind: simkit.WebPage, Status: http.StatusUnauthorized}},
	{name: "403 page of a proxy", fault: simkit.Fault{Kind: simkit.WebPage, Status: http.StatusForbidden}},
	{name: "404 page of a proxy", fault: simkit.Fault{Kind: simkit.WebPage, Status: http.StatusNotFound}},
	{name: "refused with 400", fault: simkit.Fault{Kind: simkit.Status, Status: http.StatusBadRequest}},
	{name: "refused with 403", fault: simkit.Fault{Kind: simkit.Status, Status: http.StatusForbidden}},
	{name: "slow answer", fault: simkit.Fault{Kind: simkit.Delay, Delay: simkit.Duration(3 * time.Second)}, scaled: true},
	{name: "answer that comes too late", fault: simkit.Fault{Kind: simkit.Delay, Delay: simkit.Duration(time.Minute)}, scaled: true},
	{name: "request that is held on its way", fault: simkit.Fault{Kind: simkit.Hold}},
	{name: "away", fault: simkit.Fault{Kind: simkit.Down}},
}

// longestHold is how long a request is held on its way at most, and a vendor is away, at a timeout
// scale of 1. A call that makes something leaves so much time before it is tried again; one that is
// held for longer lands after the look for it, and may be doubled, which is a known hole.
const longestHold = 20 * time.Second

const (
	// faultPatience is how long a fault waits to be met.
	faultPatience = 10 * time.Second
	faultPoll     = 100 * time.Millisecond
)

// sower makes one vendor fail, one fault after the other, until ctx ends.
type sower struct {
	c      *campaign
	rng    *rand.Rand
	vendor string
	set    int
	// started counts the starts of the simulators when the last fault was set.
	started int
	met     map[string]int // by name of the wrong
}

// run sows for as long as the campaign works.
func (s *sower) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, time.Duration(s.rng.IntN(1000))*time.Millisecond)
		w, f := s.next()
		if err := s.sows(ctx, w, f); err != nil {
			pause(ctx, retryPause) // the simulators are away
		}
	}
}

// next chooses what goes wrong next, and with which calls.
func (s *sower) next() (wrong, simkit.Fault) {
	w := wrongs[s.rng.IntN(len(wrongs))]
	f := w.fault
	s.set++
	f.ID = fmt.Sprintf("sown-%d", s.set)
	f.Times = 1 + s.rng.IntN(3)
	if w.scaled {
		f.Delay = simkit.Duration(float64(f.Delay) * s.c.o.scale)
	}
	if s.rng.IntN(2) == 0 { // else it is whatever is called
		f.Operation = aims[s.vendor][s.rng.IntN(len(aims[s.vendor]))]
	}
	return w, f
}

// sows sets one fault and lets it be met. The error is that the simulators are away.
func (s *sower) sows(ctx context.Context, w wrong, f simkit.Fault) error {
	lasts := time.Duration((0.2 + 0.8*s.rng.Float64()) * s.c.o.scale * float64(longestHold))
	s.started = s.c.processes[roleSimulators].Counts().Starts
	if err := s.c.setFault(ctx, s.vendor, f); err != nil {
		return err
	}
	hits, spent := 0, false
	for ends := time.Now().Add(faultPatience); !spent && ctx.Err() == nil && time.Now().Before(ends); pause(ctx, faultPoll) {
		var err error
		if hits, spent, err = s.look(ctx, f.ID); err != nil {
			return err
		}
		if hits > 0 && (f.Kind == simkit.Hold || f.Kind == simkit.Down) {
			pause(ctx, lasts)
			break
		}
	}
	if hits > 0 || spent {
		s.met[w.name]++
		s.c.say("fault at %s: %s, %s", s.vendor, w.name, cmp.Or(f.Operation, "any call"))
	}
	if spent && f.Kind == simkit.Delay {
		return nil // ending it would send the answers off
	}
	s.c.clearFault(context.WithoutCancel(ctx), s.vendor, f.ID)
	return nil
}

// look says how often a fault was met, and whether it is spent. One that a restart of the simulators
// took away is neither.
func (s *sower) look(ctx context.Context, id string) (hits int, spent bool, err error) {
	a, err := s.c.sims.once(ctx, http.MethodGet, "/"+s.vendor+"/_sim/faults", "", nil)
	if err != nil {
		return 0, false, err
	}
	var list []struct {
		ID   string `json:"id"`
		Hits int    `json:"hits"`
	}
	if err := json.Unmarshal(a.Body, &list); err != nil {
		return 0, false, err
	}
	for _, f := range list {
		if f.ID == id {
			return f.Hits, false, nil
		}
	}
	if now := s.c.processes[roleSimulators].Counts().Starts; now != s.started {
		return 0, false, errRestarted
	}
	return 0, true, nil
}

var errRestarted = errors.New("the simulators were started again, and have forgotten their faults")
