package webhooks

import (
	"context"
	"net/http"
	"regexp"
	"sync"
	"time"

	"muster/incident"
	"muster/workflows/api"
)

// signatures shows people that deliveries are refused for their signature: nobody else notices that
// a wrong secret was pasted, and PagerDuty gives up after a while. Register shows it as a snag,
// until a signature fits again.
type signatures struct {
	mu sync.Mutex
	// shown means that Register shows the snag, or may: a gateway that has just started cannot know
	// what another one said before.
	shown  bool
	raised time.Time
}

const (
	// webhookSnag is the vendor of the snag; calls to PagerDuty may work all the same.
	webhookSnag = "pagerduty webhooks"
	// snagRest bounds how often Register is told of bad signatures: anybody can send them.
	snagRest = time.Minute
)

func newSignatures() *signatures { return &signatures{shown: true} }

// bad reports whether Register should be told that a signature was wrong.
func (s *signatures) bad(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.raised.IsZero() && (s.shown || now.Sub(s.raised) < snagRest) {
		return false
	}
	s.shown, s.raised = true, now
	return true
}

// good reports whether Register should be told that a signature was right.
func (s *signatures) good() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	cleared := s.shown
	s.shown = false
	return cleared
}

// failed notes that Register could not be told, so that it is told later.
func (s *signatures) failed(cleared bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = cleared
}

// subscription is the shape of the IDs of PagerDuty's webhook subscriptions.
var subscription = regexp.MustCompile(`^[A-Z0-9]{1,20}$`)

// badSignature shows that PagerDuty's deliveries are not believed.
func (h *hooks) badSignature(r *http.Request) {
	if !h.signed.bad(h.Now()) {
		return
	}
	which := "a webhook of PagerDuty"
	if id := r.Header.Get("X-Webhook-Subscription"); subscription.MatchString(id) {
		which = "a webhook of PagerDuty's subscription " + id
	}
	h.tellRegister(r.Context(), api.SnagChangedInput{
		Reason: which + " has a signature that fits no secret here, so acknowledgements at PagerDuty may not be heard at once",
		Mend:   "put the secret that PagerDuty showed when the subscription was made into PAGERDUTY_WEBHOOK_SECRET, or delete the subscription and make a new one",
	})
}

// goodSignature takes the snag back.
func (h *hooks) goodSignature(r *http.Request) {
	if h.signed.good() {
		h.tellRegister(r.Context(), api.SnagChangedInput{Cleared: true})
	}
}

// tellRegister tells of the webhooks' snag.
func (h *hooks) tellRegister(ctx context.Context, in api.SnagChangedInput) {
	in.Workflow, in.Vendor = "gateway", webhookSnag
	err := h.Incidents.Deliver(ctx, api.RegisterID, api.SnagChanged, in)
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		return // nothing was ever declared here
	}
	if err != nil {
		h.signed.failed(in.Cleared)
		h.Logger.WarnContext(ctx, "register not told", "signal", api.SnagChanged, "error", err)
	}
}
