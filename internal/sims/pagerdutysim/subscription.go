package pagerdutysim

import (
	"net/http"
	"time"

	"muster/internal/sims/simkit"
)

const (
	// refusalsInARow switch a subscription off, for disabledFor. The webhooks that wait are dropped.
	// https://developer.pagerduty.com/docs/webhooks-behavior
	refusalsInARow = 3
	disabledFor    = 24 * time.Hour
)

// delivered counts the webhooks that were refused for good.
func (s *Sim) delivered(d simkit.Delivery) {
	refused := d.Err != "" && d.Status >= 400 && d.Status < 500 && d.Status != http.StatusTooManyRequests
	if d.Err != "" && !refused {
		return // it was given up: that says nothing of the next one
	}
	now := s.lock()
	defer s.unlock()
	if !refused && s.state.Refusals == 0 {
		return
	}
	s.changed()
	if s.state.Refusals++; !refused {
		s.state.Refusals = 0
	}
	if s.state.Refusals < refusalsInARow {
		return
	}
	s.state.Refusals, s.state.DisabledTo = 0, now.Add(disabledFor)
	s.Webhooks.DropAll()
}

// SubscriptionOff reports whether webhooks are off because they were refused.
func (s *Sim) SubscriptionOff() bool {
	now := s.lock()
	defer s.unlock()
	return now.Before(s.state.DisabledTo)
}

// EnableSubscription does what an administrator does who switches the webhooks on again.
func (s *Sim) EnableSubscription() {
	s.lock()
	defer s.unlock()
	s.changed()
	s.state.Refusals, s.state.DisabledTo = 0, time.Time{}
}
