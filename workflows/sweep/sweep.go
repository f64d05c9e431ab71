// Package sweep holds the workflow that catches what webhooks missed.
package sweep

import (
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// Sweep catches what webhooks missed: it asks tracker and pager about everything that is open
// and signals only what changed. One vendor that is away does not keep it from the other.
func Sweep(ctx workflow.Context) error {
	issues := workflow.ExecuteActivity(
		mirror.WithActivity(ctx, api.QueueJira, mirror.ClassSweep, "issues of open follow-ups", 4), mirror.Sweeping.SweepIssues)
	pages := workflow.ExecuteActivity(
		mirror.WithActivity(ctx, api.QueuePagerRead, mirror.ClassSweep, "open pages", 3), mirror.Sweeping.SweepPages)
	var swept activities.Swept
	for _, f := range []workflow.Future{issues, pages} {
		if err := f.Get(ctx, &swept); err != nil {
			workflow.GetLogger(ctx).Warn("sweep incomplete", "error", err.Error())
		}
	}
	return nil
}
