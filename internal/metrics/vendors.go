package metrics

import (
	"net/http"
	"time"

	"muster/gateway/incidents"
	"muster/gateway/webhooks"
	"muster/incident"
	"muster/integrations/fault"
)

// Outcomes of a call to a vendor.
const (
	callOK         = "ok"
	callNoAnswer   = "no_answer"    // in time, or at all: it may have been applied
	callFailed     = "failed"       // at the vendor, which may do it later
	callLimited    = "rate_limited" // the vendor works, and lets us do no more for now
	callCredential = "credential"   // it refused who we are
	callGone       = "gone"         // what the call names is not there any more
	callRefused    = "refused"      // for good
)

var outcomes = []string{callOK, callNoAnswer, callFailed, callLimited, callCredential, callGone, callRefused}

// VendorCalled counts a call to a vendor.
func (m *Metrics) VendorCalled(vendor, call string, took time.Duration, err error) {
	m.count(VendorCalls, 1, vendor, call, OutcomeOf(err))
	m.observe(VendorDuration, took, vendor, call)
}

// OutcomeOf says in one word what came of a call to a vendor.
func OutcomeOf(err error) string {
	if err == nil {
		return callOK
	}
	e, ok := fault.As(err)
	switch {
	case !ok:
		return callFailed
	case e.Meaning == fault.RateLimited, e.Status == http.StatusTooManyRequests:
		return callLimited
	case e.Class == fault.Credential:
		return callCredential
	case e.Class == fault.Gone:
		return callGone
	case e.Class == fault.Retryable && e.Status == 0:
		return callNoAnswer
	case e.Class == fault.Retryable:
		return callFailed
	}
	return callRefused
}

// Answered counts what was answered to a declaration or a command that came in by a way.
func (m *Metrics) Answered(way incident.Way, a incidents.Answer) {
	m.count(Answers, 1, string(way), string(a))
}

// Delivered counts what came of a delivery from a vendor.
func (m *Metrics) Delivered(vendor string, o webhooks.Outcome) {
	m.count(Webhooks, 1, vendor, string(o))
}
