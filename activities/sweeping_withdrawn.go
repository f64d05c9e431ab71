package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"muster/incident"
	"muster/workflows/api"
)

// endedWithin is how long after its end a page is looked after: a call that nobody waits for any more may
// open at the pager what was withdrawn.
const endedWithin = 2 * time.Hour

// sweepWithdrawn ends at the pager what is open there of pages that were withdrawn and have ended: nobody else
// would ever end it. A page that fails keeps nothing from the others; the next sweep looks again.
func (s *Sweeping) sweepWithdrawn(ctx context.Context, swept *Swept, lookUps int) error {
	if s.Ends == nil {
		return nil
	}
	query := fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = 'Completed' AND CloseTime > %q",
		api.TypePage, time.Now().Add(-endedWithin).UTC().Format(time.RFC3339))
	var ids []string
	if err := s.each(ctx, query, *swept, func(id string, _ attributes) { ids = append(ids, id) }); err != nil {
		return err
	}
	for _, id := range ids {
		if swept.Looked >= lookUps {
			return nil
		}
		if err := s.sweepWithdrawnPage(ctx, id, swept); err != nil {
			swept.Failed++
			activity.GetLogger(ctx).Warn("an ended page could not be swept", "workflow_id", id, "error", err.Error())
		}
	}
	return nil
}

func (s *Sweeping) sweepWithdrawnPage(ctx context.Context, id string, swept *Swept) error {
	value, err := s.Temporal.QueryWorkflow(ctx, id, "", api.State)
	if err != nil {
		return nil // no worker: the next sweep asks again
	}
	var page api.PageState
	if err := value.Get(&page); err != nil || page.Status != incident.PageWithdrawn {
		return err
	}
	for _, h := range page.Ended {
		swept.Looked++
		found, err := s.Pager.Find(ctx, h.Key)
		if err != nil {
			return err
		}
		if !found.Found || found.Resolved {
			continue
		}
		swept.Changed++
		if err := s.Ends.ResolvePages(ctx, []PageHandle{{Key: h.Key, Credential: h.Credential, Reach: h.Reach}}); err != nil {
			return err
		}
	}
	return nil
}
