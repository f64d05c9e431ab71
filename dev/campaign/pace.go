package main

import (
	"context"
	"math/rand/v2"
	"sync"
)

// pace spreads kills over the work: whoever works asks before each step, and now and then has to
// wait until somebody was killed. So a slow machine sees as many kills as a fast one.
type pace struct {
	mu    sync.Mutex
	rng   *rand.Rand
	per   float64 // kills for each step
	owed  float64
	steps int
	// strike takes a kill that is due.
	strike chan struct{}
}

func newPace(rng *rand.Rand, kills, steps int) *pace {
	return &pace{rng: rng, per: float64(kills) / float64(max(steps, 1)), strike: make(chan struct{})}
}

// step waits its turn.
func (p *pace) step(ctx context.Context) error {
	for range p.due() {
		select {
		case p.strike <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return ctx.Err()
}

// due counts a step, and says how many kills have come due with it.
func (p *pace) due() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps++
	p.owed += p.per * (0.5 + p.rng.Float64())
	n := int(p.owed)
	p.owed -= float64(n)
	return n
}
