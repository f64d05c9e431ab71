package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"go.temporal.io/sdk/activity"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

// DefaultLookUps is how often one sweep asks the pager: a small part of what PagerDuty allows the
// whole account in a minute, however many pages are open.
const DefaultLookUps = 300

// cursor remembers after which page the last sweep stopped, so that the next one goes on there.
// Workers each have their own, and forget it when they stop: then some pages wait a little longer.
type cursor struct {
	mu    sync.Mutex
	after string
}

func (c *cursor) get() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.after
}

func (c *cursor) set(after string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after = after
}

// pagesSwept is how far a sweep is. Its heartbeats carry it to the next attempt.
type pagesSwept struct {
	// From is the page after which it began, After the last one that it is done with.
	From  string `json:"from"`
	After string `json:"after"`
	Swept Swept  `json:"swept"`
}

// SweepPages compares the pages that nobody has answered with the pager. It goes round: what it has
// no look-ups left for comes first the next time. A page that fails keeps nothing from the others; a
// failure that all would meet ends the attempt, and the next one goes on where it was.
func (s *Sweeping) SweepPages(ctx context.Context) (Swept, error) {
	if s.Pager == nil {
		return Swept{}, nil
	}
	var ids []string
	// A page that has not yet said how it is has no status.
	query := fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = 'Running' AND (%s IS NULL OR %s != '%s')",
		api.TypePage, api.AttrStatus, api.AttrStatus, incident.PageAcknowledged)
	at := pagesSwept{From: s.pages.get()}
	at.After = at.From
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &at); err != nil {
			activity.GetLogger(ctx).Warn("the sweep begins anew", "error", err.Error())
		}
	}
	if err := s.each(ctx, query, at, func(id string, _ attributes) { ids = append(ids, id) }); err != nil {
		return at.Swept, applicationError(ctx, err)
	}
	swept, err := s.sweepPages(ctx, at, at.rest(ids))
	if err != nil {
		return swept, err
	}
	return swept, applicationError(ctx, s.sweepWithdrawn(ctx, &swept, cmp.Or(s.LookUps, DefaultLookUps)))
}

// failuresInARow make an outage of what otherwise is one page's own trouble.
const failuresInARow = 10

func (s *Sweeping) sweepPages(ctx context.Context, at pagesSwept, ids []string) (Swept, error) {
	inARow := 0
	for k, id := range ids {
		if at.Swept.Looked >= cmp.Or(s.LookUps, DefaultLookUps) {
			at.Swept.Left = len(ids) - k
			break
		}
		err := s.sweepPage(ctx, id, &at.Swept)
		if inARow++; err == nil {
			inARow = 0
		}
		switch {
		case fault.IsClass(err, fault.Off):
			return at.Swept, nil // nothing may be asked, and the log of the start said so
		case fault.General(err) || inARow >= failuresInARow:
			return at.Swept, applicationError(ctx, err)
		case err != nil:
			at.Swept.Failed++
			activity.GetLogger(ctx).Warn("a page could not be swept", "workflow_id", id, "error", err.Error())
		}
		at.After = id
		s.pages.set(id)
		activity.RecordHeartbeat(ctx, at)
	}
	return at.Swept, nil
}

// rest orders pages as a round goes through them, and leaves out those that it is done with.
func (at pagesSwept) rest(ids []string) []string {
	// The pages after the first one come first, then the round is closed.
	turn := func(id string) int {
		if id > at.From {
			return 0
		}
		return 1
	}
	order := func(a, b string) int { return cmp.Or(turn(a)-turn(b), cmp.Compare(a, b)) }
	slices.SortFunc(ids, order)
	if at.After == at.From {
		return ids
	}
	return slices.DeleteFunc(ids, func(id string) bool { return order(id, at.After) <= 0 })
}

func (s *Sweeping) sweepPage(ctx context.Context, id string, swept *Swept) error {
	value, err := s.Temporal.QueryWorkflow(ctx, id, "", api.State)
	if err != nil {
		return nil // no worker, or it has ended: the next sweep asks again
	}
	var page api.PageState
	if err := value.Get(&page); err != nil {
		return &fault.Error{Vendor: "temporal", Operation: api.State, Class: fault.Permanent, Reason: "the page's state cannot be read", Err: err}
	}
	states := make([]incident.PageState, len(page.Keys))
	answered := false
	for k, key := range page.Keys {
		swept.Looked++
		if states[k], err = s.Pager.Find(ctx, key); err != nil {
			return err
		}
		answered = answered || taken(states[k])
	}
	// One attempt that somebody took answers for the page, whatever became of the others.
	if answered == (page.Status == incident.PageAcknowledged) {
		return nil
	}
	// The page hears of each: one that Muster has acknowledged itself is no answer, another may be.
	for k, st := range states {
		if !st.Found || taken(st) != answered {
			continue
		}
		swept.Changed++
		if err := s.signal(ctx, id, api.PagerChanged, api.PagerChangedInput{Key: page.Keys[k], State: st}); err != nil {
			return err
		}
	}
	return nil
}
