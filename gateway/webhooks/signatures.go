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

// signatures shows people that a vendor's deliveries are refused for their signature: nobody else notices
// that a wrong secret was pasted, and vendors give up after a while. Register shows it as a snag,
// until a signature fits again.
type signatures struct {
	// snag is the vendor of the snag; calls to the vendor itself may work all the same.
	snag string

	mu sync.Mutex
	// shown means that Register shows the snag, or may: a gateway that has just started cannot know
	// what another one said before.
	shown  bool
	raised time.Time
}

// snagRest bounds how often Register is told of bad signatures: anybody can send them.
const snagRest = time.Minute

func newSignatures(vendor string) *signatures {
	return &signatures{snag: vendor + " webhooks", shown: true}
}

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

// badPagerDuty shows that PagerDuty's deliveries are not believed.
func (h *hooks) badPagerDuty(r *http.Request) {
	which := "a webhook of PagerDuty"
	if id := r.Header.Get("X-Webhook-Subscription"); subscription.MatchString(id) {
		which = "a webhook of PagerDuty's subscription " + id
	}
	h.badSignature(r, h.pagerDutySigned, api.SnagChangedInput{
		Reason: which + " has a signature that fits no secret here, so acknowledgements at PagerDuty may not be heard at once",
		Mend:   "put the secret that PagerDuty showed when the subscription was made into PAGERDUTY_WEBHOOK_SECRET, or delete the subscription and make a new one",
	})
}

// badJira shows that Jira's deliveries are not believed.
func (h *hooks) badJira(r *http.Request) {
	h.badSignature(r, h.jiraSigned, api.SnagChangedInput{
		Reason: "a webhook of Jira has a signature that fits no secret here, so what people change in Jira is heard minutes late",
		Mend:   "put the secret of the webhook in Jira into JIRA_WEBHOOK_SECRET, or give the webhook there the secret that Muster has",
	})
}

func (h *hooks) badSignature(r *http.Request, s *signatures, in api.SnagChangedInput) {
	if s.bad(h.Now()) {
		h.tellRegister(r.Context(), s, in)
	}
}

// goodSignature takes the snag back.
func (h *hooks) goodSignature(r *http.Request, s *signatures) {
	if s.good() {
		h.tellRegister(r.Context(), s, api.SnagChangedInput{Cleared: true})
	}
}

// tellRegister tells of the webhooks' snag.
func (h *hooks) tellRegister(ctx context.Context, s *signatures, in api.SnagChangedInput) {
	in.Workflow, in.Vendor = "gateway", s.snag
	err := h.Incidents.Deliver(ctx, api.RegisterID, api.SnagChanged, in)
	if p, ok := incident.AsProblem(err); ok && p.Code == incident.CodeNotFound {
		return // nothing was ever declared here
	}
	if err != nil {
		s.failed(in.Cleared)
		h.Logger.WarnContext(ctx, "register not told", "signal", api.SnagChanged, "error", err)
	}
}
