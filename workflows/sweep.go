package workflows

import (
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/workflows/api"
)

// Sweep catches what webhooks missed: it asks tracker and pager about everything that is open
// and signals only what changed. One vendor that is away does not keep it from the other.
func Sweep(ctx workflow.Context) error {
	c := call{queue: api.QueueJira, class: classSweep, summary: "issues of open follow-ups"}
	issues := workflow.ExecuteActivity(c.options(ctx, 1, 4), sweeping.SweepIssues)
	c = call{queue: api.QueuePagerRead, class: classSweep, summary: "open pages"}
	pages := workflow.ExecuteActivity(c.options(ctx, 1, 3), sweeping.SweepPages)
	var swept activities.Swept
	for _, f := range []workflow.Future{issues, pages} {
		if err := f.Get(ctx, &swept); err != nil {
			workflow.GetLogger(ctx).Warn("sweep incomplete", "error", err.Error())
		}
	}
	return nil
}
