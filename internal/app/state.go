package app

import (
	"context"
	"errors"
	"sync"

	"muster/gateway"
)

// state is what keeps this process from its work for now: that it is still starting, or already stopping.
type state struct {
	mu   sync.Mutex
	busy string
}

// say sets what keeps it from its work, nothing when empty. It reports whether that is news.
func (s *state) say(busy string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.busy != busy
	s.busy = busy
	return news
}

// check makes the process unready while it starts or stops, and is not mentioned otherwise.
func (s *state) check() gateway.Check {
	return gateway.Check{Name: "process", Quiet: true, Run: func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.busy == "" {
			return nil
		}
		return errors.New(s.busy)
	}}
}
