package main

import (
	"context"
	"encoding/json"
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
	{name: "403 page of a proxy", fault: html(simkit.Status, http.StatusForbidden)},
	{name: "404 page of a proxy", fault: html(simkit.Status, http.StatusNotFound)},
	{name: "refused with 400", fault: simkit.Fault{Kind: simkit.Status, Status: http.StatusBadRequest}},
	{name: "refused with 403", fault: simkit.Fault{Kind: simkit.Status, Status: http.StatusForbidden}},
	{name: "slow answer", fault: simkit.Fault{Kind: simkit.Delay, Delay: simkit.Duration(3 * time.Second)}, scaled: true},
	{name: "answer that comes too late", fault: simkit.Fault{Kind: simkit.Delay, Delay: simkit.Duration(time.Minute)}, scaled: true},
	{name: "request that is held on its way", fault: simkit.Fault{Kind: simkit.Hold}},
	{name: "away", fault: simkit.Fault{Kind: simkit.Down}},
}

// A fault lasts so long at most, at a timeout scale of 1. A request that is held lands within the time
// that a call that makes something leaves before it is tried again; one that is held for longer may be
// doubled, which ADRs and VENDORS documents name as a hole.
const longestFault = 20 * time.Second

// sower makes vendors fail, one fault after the other, until ctx ends.
type sower struct {
	c   *campaign
	rng *rand.Rand
	set int
	met map[string]int // by name of the wrong
}

// run sows for as long as the campaign works.
func (s *sower) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, time.Duration(100+s.rng.IntN(500))*time.Millisecond)
		s.sows(ctx)
	}
}

// sows sets one fault, lets it be met for a while, and ends it.
func (s *sower) sows(ctx context.Context) {
	w := wrongs[s.rng.IntN(len(wrongs))]
	vendor := []string{"slack", "jira", "pagerduty"}[s.rng.IntN(3)]
	f := w.fault
	s.set++
	f.ID = fmt.Sprintf("sown-%d", s.set)
	f.Times = 1 + s.rng.IntN(4)
	if w.scaled {
		f.Delay = simkit.Duration(float64(f.Delay) * s.c.o.scale)
	}
	if s.rng.IntN(2) == 0 { // else it is whatever is called
		f.Operation = aims[vendor][s.rng.IntN(len(aims[vendor]))]
	}
	lasts := time.Duration((0.1 + 0.9*s.rng.Float64()) * s.c.o.scale * float64(longestFault))
	simulators := s.c.processes[roleSimulators]
	starts, _, _ := simulators.counts()
	if s.c.setFault(ctx, vendor, f) != nil {
		return // the simulators are away
	}
	pause(ctx, lasts)
	met := s.wasMet(context.WithoutCancel(ctx), vendor, f.ID)
	s.c.clearFault(context.WithoutCancel(ctx), vendor, f.ID)
	if now, _, _ := simulators.counts(); met && now == starts {
		s.met[w.name]++
	}
}

// wasMet reports whether a request ran into a fault: it is spent, or says so.
func (s *sower) wasMet(ctx context.Context, vendor, id string) bool {
	a, err := s.c.sims.once(ctx, http.MethodGet, "/"+vendor+"/_sim/faults", "", nil)
	if err != nil || !a.done() {
		return false
	}
	var list []struct {
		ID   string `json:"id"`
		Hits int    `json:"hits"`
	}
	if json.Unmarshal(a.Body, &list) != nil {
		return false
	}
	for _, f := range list {
		if f.ID == id {
			return f.Hits > 0
		}
	}
	return true
}
