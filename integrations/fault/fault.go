// Package fault holds what all vendor clients share: how a failure is classified, how a
// secret is carried, and the HTTP client they are built on.
package fault

import (
	"context"
	"errors"
	"fmt"
	"net"
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

// Error is a vendor's failure, classified at the HTTP boundary. Its text never holds a secret.
type Error struct {
	Vendor    string // "slack", "jira", "pagerduty"
	Operation string // "conversations.create"
	Class     Class
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
	fmt.Fprintf(&b, "%s %s: %s", e.Vendor, e.Operation, e.Reason)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (%d)", e.Status)
	}
	if e.Mend != "" {
		b.WriteString("; " + e.Mend)
	}
	return b.String()
}

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

// IsNetwork reports whether err means that no whole answer came: the call may or may not have
// been applied.
func IsNetwork(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// ParseRetryAfter reads a Retry-After header, in seconds or as an HTTP date, against now.
// It returns zero for what it cannot read and never more than an hour.
func ParseRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	var d time.Duration
	if s, err := strconv.ParseFloat(header, 64); err == nil {
		d = time.Duration(s * float64(time.Second))
	} else if t, err := http.ParseTime(header); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), time.Hour)
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
