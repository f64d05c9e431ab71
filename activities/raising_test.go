package activities

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
)

// crowd is a pager that many call at once. It notes who was triggered, in order.
type crowd struct {
	fakePager
	mu     sync.Mutex
	paged  []string
	at     int // calls that are under way
	most   int
	refuse string
	// full, when set, is closed as soon as there is no more room; until then no call ends.
	full chan struct{}
}

func (c *crowd) Trigger(ctx context.Context, _ fault.Secret, call incident.PageRequest) error {
	c.mu.Lock()
	c.paged = append(c.paged, call.Key)
	c.at++
	c.most = max(c.most, c.at)
	if c.full != nil && len(c.paged) == raising {
		close(c.full)
	}
	c.mu.Unlock()
	if c.full != nil {
		select {
		case <-c.full:
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at--
	if call.Key == c.refuse {
		return unavailable("enqueue")
	}
	return ctx.Err()
}

func calls(n int) []incident.PageRequest {
	var out []incident.PageRequest
	for k := range n {
		out = append(out, incident.PageRequest{Key: fmt.Sprint("page ", k), Credential: "env:PD_CHECKOUT", Severity: incident.Severity(5 - k%5)})
	}
	return out
}

func TestManyPagesAreRaisedAtOnceAndOneThatFailsStopsNone(t *testing.T) {
	t.Parallel()
	pager := &crowd{refuse: "page 7"}
	p := &Paging{Pager: pager, Secret: environment}
	app, _ := failure(t, worker(t, p), p.RaisePages, calls(100))
	require.Equal(t, ErrRetryable, app.Type(), "what failed is shown in the history")
	require.Len(t, pager.paged, 100)
	slices.Sort(pager.paged)
	require.Len(t, slices.Compact(pager.paged), 100, "each once")
}

func TestTheWorstAreRaisedFirst(t *testing.T) {
	t.Parallel()
	pager := &crowd{full: make(chan struct{})}
	p := &Paging{Pager: pager, Secret: environment}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, p.RaisePages(ctx, calls(200)))
	require.Equal(t, raising, pager.most, "the others wait for room")
	for _, key := range pager.paged[:raising] {
		var k int
		_, err := fmt.Sscanf(key, "page %d", &k)
		require.NoError(t, err)
		require.Equal(t, 1, 5-k%5, "severity of %s", key)
	}
}

func TestWithoutItsCredentialNothingIsRaised(t *testing.T) {
	t.Parallel()
	pager := &crowd{}
	p := &Paging{Pager: pager, Secret: environment}
	all := calls(2)
	all[0].Credential = "env:PD_NOBODY"
	app, f := failure(t, worker(t, p), p.RaisePages, all)
	require.Equal(t, ErrPermanent, app.Type())
	require.Contains(t, f.Mend, "PD_NOBODY")
	require.Equal(t, []string{"page 1"}, pager.paged, "the others are")
}
