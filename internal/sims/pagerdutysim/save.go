package pagerdutysim

import (
	"io"
	"time"

	"muster/internal/sims/simkit"
)

// savedFormat changes when the state of an older file can no longer be read.
const savedFormat = "pagerdutysim/3"

// Version is a number that changes with every change of what Save writes. It may also change
// without one.
func (s *Sim) Version() uint64 { return s.version.Load() }

// changed is called with the lock held, so that whoever sees the new version and saves waits
// for the change itself.
func (s *Sim) changed() { s.version.Add(1) }

// Save writes the account, for Load. Faults, the log of requests and the webhooks with their
// target are not part of it.
func (s *Sim) Save(w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return simkit.SaveState(w, savedFormat, &s.state)
}

// Load puts the account that Save wrote in the place of the present one. On an error the
// present one stays. Events whose lag was over in the meantime are acted on at once.
func (s *Sim) Load(r io.Reader) error {
	next, err := simkit.LoadState[state](r, savedFormat)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.state = *next
	s.changed()
	now := s.clock.Now()
	s.mu.Unlock()
	for _, e := range next.Lagging {
		s.later(e.Due.Sub(now))
	}
	for _, d := range next.Due {
		s.later(d.At.Sub(now))
	}
	return nil
}

// later makes time pass for the events that lag even if no request comes.
func (s *Sim) later(wait time.Duration) {
	time.AfterFunc(wait, func() {
		s.lock()
		s.unlock()
	})
}
