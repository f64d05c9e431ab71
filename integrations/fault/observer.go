package fault

import (
	"context"
	"time"
)

// Observer hears of every call that a client has made to its vendor: for whom, what the call is named in errors, how
// long it took, and what came of it, an *Error or nil. It is called by whoever made the call, so it must be
// quick and safe for concurrent use. A nil one hears nothing.
type Observer func(ctx context.Context, vendor, operation string, took time.Duration, err error)

// Called tells the observer of a call that began at a moment and has ended now.
func (o Observer) Called(ctx context.Context, vendor, operation string, began, now time.Time, err error) {
	if o != nil {
		o(ctx, vendor, operation, now.Sub(began), err)
	}
}
