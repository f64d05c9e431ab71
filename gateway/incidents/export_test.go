package incidents

import (
	"context"
	"time"
)

// WaitForNothing makes a client's pauses end at once, unless its context has ended.
func WaitForNothing(c *Client) {
	c.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
}

// Backoff is the wait before an attempt.
var Backoff = backoff

// CountPauses counts a client's pauses, which end at once.
func CountPauses(c *Client, n *int) {
	c.pause = func(ctx context.Context, _ time.Duration) error { *n++; return ctx.Err() }
}
