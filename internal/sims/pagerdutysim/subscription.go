package pagerdutysim

import (
	"net/http"
	"time"

	"muster/internal/sims/simkit"
)

const (
	subscriptionID = "PSIM001"
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

// listSubscriptions serves GET /webhook_subscriptions: the one that there is, if any.
func (s *Sim) listSubscriptions(r *request) answer {
	list := []string{}
	if target := s.Webhooks.Target(); target != "" {
		list = append(list, target)
	}
	return page(r, "webhook_subscriptions", list, func(target string) map[string]any {
		return map[string]any{
			"id": subscriptionID, "type": "webhook_subscription", "active": true, "description": nil,
			"events": s.options.WebhookEvents, "filter": map[string]any{"type": "account_reference"},
			"delivery_method": map[string]any{
				"id": subscriptionID + "M", "type": "http_delivery_method", "url": target, "secret": nil, "custom_headers": []any{},
				"temporarily_disabled": r.now.Before(s.state.DisabledTo),
			},
		}
	})
}
