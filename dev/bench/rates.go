package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// measureOpening measures incidents opened per second, each with page, channel and board, issue and announcement at
// the vendors, against bare workflows of one activity. Both keep the same number in flight. The two take turns, so that a
// busy machine slows both alike.
func measureOpening(ctx context.Context, b *bench) error {
	var opened, bare spent
	each := b.opened / b.rounds
	for round := range b.rounds {
		err := bare.on(func() (time.Duration, error) {
			return saturate(ctx, each*b.floorPer, b.inFlight, func(ctx context.Context, k int) error {
				return b.floor.reaches(ctx, fmt.Sprintf("bare-rate-%d-%d", round, k))
			})
		})
		if err != nil {
			return err
		}
		err = opened.on(func() (time.Duration, error) {
			took, err := saturate(ctx, each, b.inFlight, b.opensAlso)
			return took, errors.Join(err, b.arrived.quiet(ctx))
		})
		if err != nil {
			return err
		}
	}
	n, m := each*b.rounds, each*b.rounds*b.floorPer
	b.table.add(fmt.Sprintf("opened per second (%d, %d in flight)", n, b.inFlight),
		perSecond(n, opened.clock), perSecond(m, bare.clock), atLeast(rate(n, opened.clock), rate(m, bare.clock), 6))
	if bare.cpu > 0 {
		one, least := opened.cpu/time.Duration(n), bare.cpu/time.Duration(m)
		b.table.add("processor time of one opening", ms(one), ms(least), atMost(one, least, 0))
	}
	return nil
}

// opensAlso opens one incident among others and waits until it is open everywhere.
func (b *bench) opensAlso(ctx context.Context, _ int) error {
	o, err := b.declares(ctx, "")
	if err != nil {
		return err
	}
	return o.wait(ctx)
}

// spent adds up what was spent by the clock and on the processors.
type spent struct{ clock, cpu time.Duration }

func (s *spent) on(do func() (time.Duration, error)) error {
	before := cpuTime()
	took, err := do()
	s.clock += took
	s.cpu += cpuTime() - before
	return err
}

// saturate runs one n times with so many in flight, and says how long all took.
func saturate(ctx context.Context, n, inFlight int, one func(ctx context.Context, k int) error) (time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	next := make(chan int)
	began := time.Now()
	for range min(inFlight, n) {
		wg.Go(func() {
			for k := range next {
				if err := one(ctx, k); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
					cancel() // the others need not go on
				}
			}
		})
	}
	for k := range n {
		next <- k
	}
	close(next)
	wg.Wait()
	took := time.Since(began)
	if len(errs) > 0 {
		return 0, errors.Join(errs[0], fmt.Errorf("%d of %d failed", len(errs), n))
	}
	return took, nil
}

// measureBurst declares many incidents at once, as a monitoring system does in a large outage.
func measureBurst(ctx context.Context, b *bench) error {
	bare, err := saturate(ctx, b.burst, b.burst, func(ctx context.Context, k int) error {
		return b.floor.reaches(ctx, fmt.Sprintf("bare-burst-%d", k))
	})
	if err != nil {
		return err
	}
	open := make([]opening, b.burst)
	began := time.Now()
	numbered, err := saturate(ctx, b.burst, b.burst, func(ctx context.Context, k int) error {
		var err error
		open[k], err = b.declares(ctx, fmt.Sprintf("burst-%d", k))
		return err
	})
	if err != nil {
		return err
	}
	var last time.Time
	seen := map[int]bool{}
	for _, o := range open {
		at, err := o.waitPage(ctx)
		if err != nil {
			return err
		}
		if at.After(last) {
			last = at
		}
		seen[o.number] = true
	}
	if len(seen) != b.burst {
		return fmt.Errorf("%d declarations got %d numbers", b.burst, len(seen))
	}
	for _, o := range open {
		if err := o.wait(ctx); err != nil {
			return err
		}
	}
	everywhere := time.Since(began)
	paged := last.Sub(began)
	b.table.add(fmt.Sprintf("%d declared at once: numbered", b.burst), seconds(numbered), "", "")
	b.table.add(fmt.Sprintf("%d declared at once: paged", b.burst), seconds(paged), seconds(bare), atMost(paged, bare, 1))
	b.table.add(fmt.Sprintf("%d declared at once: open everywhere", b.burst), seconds(everywhere), "", "")
	return b.arrived.quiet(ctx)
}
