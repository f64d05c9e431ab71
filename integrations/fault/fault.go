// Package fault holds what all vendor clients share: how a failure is classified, how a
// secret is carried, and the HTTP client they are built on.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Class says what a failure asks of the caller.
type Class string

// The classes.
const (
	// Retryable: the vendor may do it later (network, 5xx, 408, 429). The call may have been applied.
	Retryable Class = "retryable"
	// Permanent: the same call will never work (a person must change something).
	Permanent Class = "permanent"
	// Credential: the vendor refused who we are; it concerns every call to the vendor.
	Credential Class = "credential"
	// Gone: the object that the call names does not exist any more (deleted, archived).
	Gone Class = "gone"
	// Off: the vendor has no settings here.
	Off Class = "off"
)

// Meaning says in our words what a vendor refused, where somebody may have to know more than
// the class. Each client's error table gives it; whoever decides by a failure compares it, and
// never the vendor's own code. It is empty where the class says all.
type Meaning string

// The meanings.
const (
	// ChannelArchived: the channel is still there to be read, and nothing more.
	ChannelArchived Meaning = "channel archived"
	// ChannelMissing: the channel was deleted, or the vendor does not let us see it.
	ChannelMissing Meaning = "channel missing"
	// ObjectGone: what else the call names is not there any more, or not for us: a message, an
	// issue, a user group, a form.
	ObjectGone Meaning = "object gone"
	// Unseen: the vendor shows us no such object. It may have been deleted, or we may not see it any
	// more, and nothing tells the two apart: nobody concludes from it that the object is gone.
	Unseen Meaning = "unseen"
	// PersonUnknown: the vendor knows nobody of that address or ID.
	PersonUnknown Meaning = "person unknown"
	// ScopeMissing: the app or token was not given a right that the call needs.
	ScopeMissing Meaning = "scope missing"
	// NobodyOnCall: whom the call should reach is nobody at this time.
	NobodyOnCall Meaning = "nobody on call"
	// RateLimited: the vendor works, and lets us do no more for now.
	RateLimited Meaning = "rate limited"
	// NotAllowed: a permission, setting or plan at the vendor forbids it to us.
	NotAllowed Meaning = "not allowed"
)

// Error is a vendor's failure, classified at the HTTP boundary. Its text never holds a secret.
type Error struct {
	Vendor    string // "slack", "jira", "pagerduty"
	Operation string // "conversations.create"
	Class     Class
	Meaning   Meaning
	// Reason is the vendor's own short code or a bounded description, such as "missing_scope".
	Reason string
	// Mend says what a person can do about it; empty when there is nothing but waiting.
	Mend string
	// RetryAfter is the vendor's wish, zero when it said nothing.
	RetryAfter time.Duration
	// Status is the HTTP status, zero when there was no answer.
	Status int
	Err    error
}

// Error reads "slack conversations.create: missing_scope (403)".
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", e.Vendor, e.Operation, e.Said())
	if e.Status != 0 {
		fmt.Fprintf(&b, " (%d)", e.Status)
	}
	if e.Mend != "" {
		b.WriteString("; " + Words(e.Mend))
	}
	return b.String()
}

// Said is the reason in words for people, whatever a client has put into it.
func (e *Error) Said() string { return Words(e.Reason) }

// Unwrap gives the library's own error.
func (e *Error) Unwrap() error { return e.Err }

// As finds the Error in a chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// IsClass reports whether err is a vendor Error of the class.
func IsClass(err error, c Class) bool {
	e, ok := As(err)
	return ok && e.Class == c
}

// Means reports whether err is a vendor Error of the meaning.
func Means(err error, m Meaning) bool {
	e, ok := As(err)
	return ok && e.Meaning == m
}

// General reports whether a failure would meet every other call to the vendor too, so that there is
// no sense in going on: nothing may be asked, too much was asked, nobody answers, or the caller's
// time is over. Others concern the one call.
func General(err error) bool {
	e, ok := As(err)
	return err != nil && (!ok || e.Class == Off || e.Class == Credential || e.Class == Retryable && (e.Status == http.StatusTooManyRequests || e.Status == 0))
}

// ClassOfStatus is the class that an HTTP status has with every vendor. Clients refine it by
// the vendor's own codes.
func ClassOfStatus(status int) Class {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Credential
	case status == http.StatusNotFound || status == http.StatusGone:
		return Gone
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return Retryable
	case status >= 500:
		return Retryable
	default:
		return Permanent
	}
}

// ParseRetryAfter reads a Retry-After header, in seconds or as an HTTP date, against now.
// It returns zero for what it cannot read and never more than an hour.
func ParseRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if s, err := strconv.ParseFloat(header, 64); err == nil {
		if !(s > 0) { // NaN is not
			return 0
		}
		// As many seconds as a Duration cannot hold would turn negative.
		return time.Duration(min(s, time.Hour.Seconds()) * float64(time.Second))
	}
	if t, err := http.ParseTime(header); err == nil {
		return min(max(t.Sub(now), 0), time.Hour)
	}
	return 0
}

// Secret is a value that prints as *** everywhere; only Reveal gives it. It holds a pointer,
// because fmt prints an unexported field of a struct without asking its String method.
type Secret struct{ value *string }

// NewSecret wraps a value.
func NewSecret(v string) Secret { return Secret{value: &v} }

// Reveal gives the value. Call it only where it goes into a request.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty reports whether there is no value.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// String hides the value.
func (s Secret) String() string { return "***" }

// GoString hides the value from %#v.
func (s Secret) GoString() string { return "***" }

// MarshalText hides the value from JSON and logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }
