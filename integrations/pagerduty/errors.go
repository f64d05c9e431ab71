package pagerduty

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

// api is one of PagerDuty's two interfaces, whose statuses mean different things.
type api string

const (
	eventsAPI api = "events"
	restAPI   api = "rest"
)

// eventsRetryAfter is how long PagerDuty asks to wait after a 429 of the Events API, which
// names no time itself. https://developer.pagerduty.com/docs/events-api-v2-rate-limits
const eventsRetryAfter = 30 * time.Second

// maxReason bounds what is kept of PagerDuty's own words, in characters.
const maxReason = 300

// verdict is what a status asks of the caller and of a person. The meaning is empty where the
// class says all.
type verdict struct {
	class   fault.Class
	meaning fault.Meaning
	mend    string
}

const (
	mendEvent   = "the event is refused for good: correct what PagerDuty names"
	mendAddress = "check the address of the PagerDuty API and any proxy on the way"
	mendPage    = "nothing needs to be done if it passes; if it does not, check PAGERDUTY_API_URL, and let Muster through the proxy between here and PagerDuty"
	mendToken   = "set PAGERDUTY_TOKEN to a valid token; `starter doctor` says what it may not do"
)

// verdicts holds the statuses that mean something else at PagerDuty than fault.ClassOfStatus
// says, or that a person can mend. Sources: "Response Codes & Retry Logic" of the Events API
// v2 overview, and https://developer.pagerduty.com/docs/errors for the REST API.
//
// The Events API knows no callers, only routing keys: a 401, 403 or 404 comes from something
// in between, concerns nobody's credential and no object, and must send the page elsewhere.
var verdicts = map[api]map[int]verdict{
	eventsAPI: {
		http.StatusBadRequest:            {fault.Permanent, "", mendEvent},
		http.StatusUnauthorized:          {fault.Permanent, "", mendAddress},
		http.StatusForbidden:             {fault.Permanent, "", mendAddress},
		http.StatusNotFound:              {fault.Permanent, "", mendAddress},
		http.StatusGone:                  {fault.Permanent, "", mendAddress},
		http.StatusMethodNotAllowed:      {fault.Permanent, "", mendAddress},
		http.StatusProxyAuthRequired:     {fault.Permanent, "", mendAddress},
		http.StatusRequestEntityTooLarge: {fault.Permanent, "", mendEvent},
	},
	restAPI: {
		http.StatusUnauthorized:      {fault.Credential, "", mendToken},
		http.StatusForbidden:         {fault.Credential, fault.NotAllowed, mendToken},
		http.StatusNotFound:          {fault.Gone, fault.ObjectGone, ""},
		http.StatusGone:              {fault.Gone, fault.ObjectGone, ""},
		http.StatusPaymentRequired:   {fault.Permanent, fault.NotAllowed, "the PagerDuty plan does not include this: change the plan or do without"},
		http.StatusMethodNotAllowed:  {fault.Permanent, "", mendAddress},
		http.StatusProxyAuthRequired: {fault.Permanent, "", mendAddress},
	},
}

// verdictOf looks a status up. The library's own APIError.NotFound is of no use here: it also
// takes a 400 with PagerDuty's code 2100 for a missing object.
func verdictOf(to api, status int) verdict {
	if v, ok := verdicts[to][status]; ok {
		return v
	}
	if status >= 300 && status < 400 {
		return verdict{class: fault.Permanent, mend: mendAddress}
	}
	return verdict{class: fault.ClassOfStatus(status)}
}

// failure makes an Error of what happened in an exchange that did not succeed.
func (c *Client) failure(ctx context.Context, to api, operation string, x *exchange, secret fault.Secret) error {
	e := &fault.Error{Vendor: vendorName, Operation: operation, Status: x.status, Class: fault.Retryable}
	if own, ok := fault.As(x.err); ok {
		return own // there was no token to ask with
	}
	switch {
	case x.err != nil || x.status == 0:
		e.Err = x.err
		if ended := ctx.Err(); ended != nil {
			// The caller must see its own context's error, whichever error came first.
			e.Err = ended
		}
		e.Reason = c.noAnswer(e.Err)
		c.log.InfoContext(ctx, "pagerduty did not answer", "operation", operation, "error", redact(fmt.Sprint(x.err), secret))
	case x.status >= 200 && x.status <= 299:
		e.Reason = "the answer is not what the API promises; the call may have been applied"
	case x.status < 500 && fault.WebPage(x.status, x.header, x.body):
		e.Reason, e.Mend, e.RetryAfter = fault.PageReason, mendPage, c.retryAfter(to, x)
	default:
		v := verdictOf(to, x.status)
		e.Class, e.Meaning, e.Mend = v.class, v.meaning, v.mend
		e.Reason = reasonOf(to, x)
		e.RetryAfter = c.retryAfter(to, x)
	}
	e.Reason = incident.Clip(redact(redact(incident.CleanLine(e.Reason), secret), x.secret), maxReason)
	return e
}

// noAnswer says in bounded words why there is no answer.
func (c *Client) noAnswer(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.Canceled):
		return "the call was cancelled before PagerDuty answered"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("no answer in time (at most %s are waited)", c.timeout)
	case err == nil:
		return "no request was made"
	case errors.Is(err, errTooLong):
		return errTooLong.Error()
	}
	return fault.Unanswered(err)
}

// retryAfter is PagerDuty's wish. The REST API sends ratelimit-reset, in seconds, and has been
// seen to answer 429 without it: https://developer.pagerduty.com/docs/rest-api-rate-limits
func (c *Client) retryAfter(to api, x *exchange) time.Duration {
	if wish := fault.ParseRetryAfter(x.header.Get("Retry-After"), c.now()); wish > 0 {
		return wish
	}
	switch {
	case x.status != http.StatusTooManyRequests:
		return 0
	case to == eventsAPI:
		return eventsRetryAfter
	default:
		return fault.ParseRetryAfter(x.header.Get("ratelimit-reset"), c.now())
	}
}

// reasonOf digs PagerDuty's own words out of a refusal.
func reasonOf(to api, x *exchange) string {
	var refusal struct {
		Message string          `json:"message"`
		Errors  json.RawMessage `json:"errors"`
		Code    int             `json:"code"`
	}
	var err error
	if to == restAPI {
		wrapped := struct {
			Error any `json:"error"`
		}{&refusal}
		err = json.Unmarshal(x.body, &wrapped)
	} else {
		err = json.Unmarshal(x.body, &refusal)
	}
	if text := strings.TrimSpace(string(x.body)); err != nil && plainText(text) {
		return text
	}
	if err != nil || refusal.Message == "" {
		return "answered " + cmp.Or(http.StatusText(x.status), strconv.Itoa(x.status))
	}
	reason := refusal.Message
	if refusal.Code != 0 {
		reason += fmt.Sprintf(" (code %d)", refusal.Code)
	}
	if details := texts(refusal.Errors); len(details) > 0 {
		reason += ": " + strings.Join(details, "; ")
	}
	return reason
}

// plainText reports whether an answer is a line of words, and no page, list or object.
func plainText(text string) bool {
	return text != "" && len(text) <= 100 && !strings.ContainsAny(text, "<>{}[]\n")
}

// texts reads a list of strings, or the one string that PagerDuty sometimes sends instead:
// https://github.com/PagerDuty/go-pagerduty/issues/339
func texts(raw json.RawMessage) []string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var one string
	if json.Unmarshal(raw, &one) == nil && one != "" {
		return []string{one}
	}
	return nil
}

// redact hides a secret that the other side repeated.
func redact(s string, secret fault.Secret) string {
	if secret.Empty() {
		return s
	}
	return strings.ReplaceAll(s, secret.Reveal(), secret.String())
}

// refused is an Error for a call that was never made because it cannot succeed.
func refused(operation, reason, mend string) error {
	return &fault.Error{Vendor: vendorName, Operation: operation, Class: fault.Permanent, Reason: reason, Mend: mend}
}

// incomplete is an Error for a success that lacks what proves it. The call may have been
// applied, so it may be made again.
func incomplete(operation, reason string) *fault.Error {
	return &fault.Error{Vendor: vendorName, Operation: operation, Class: fault.Retryable, Reason: reason}
}
