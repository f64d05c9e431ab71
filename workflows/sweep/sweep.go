// Package sweep holds the workflow that catches what webhooks missed.
package sweep

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// Marks are what one sweep hands to the next, as its result.
type Marks struct {
	// Changes is up to when changes in the tracker are known.
	Changes time.Time `json:"changes,omitzero"`
	// Existence is when every issue was last asked for.
	Existence time.Time `json:"existence,omitzero"`
	// Told are the runs that were ended by hand and of which the operators know.
	Told []string `json:"told,omitempty"`
}

const (
	// existenceEvery is how often every issue is asked for.
	existenceEvery = 24 * time.Hour
	// firstLook is how far back a sweep looks for changes that has no mark to go on from.
	firstLook = 24 * time.Hour
)

// Sweep catches what webhooks missed: it asks the tracker what has changed, once a day whether every issue
// is still there, and the pager about every page that nobody has answered. It signals only what changed.
// One vendor that is away does not keep it from the other.
func Sweep(ctx workflow.Context) (Marks, error) {
	ctx = mirror.Lasting(ctx)
	var marks Marks
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &marks); err != nil {
			workflow.GetLogger(ctx).Warn("the last sweep's marks cannot be read", "error", err.Error())
		}
	}
	now := workflow.Now(ctx)
	if marks.Changes.IsZero() {
		marks.Changes = now.Add(-firstLook)
	}
	jira := mirror.WithActivity(ctx, api.QueueJira, mirror.ClassSweep, "changed issues", 4)
	changes := workflow.ExecuteActivity(jira, mirror.Sweeping.SweepChanges, activities.SweepChangesInput{Since: marks.Changes})
	pages := workflow.ExecuteActivity(
		mirror.WithActivity(ctx, api.QueuePagerRead, mirror.ClassSweep, "open pages", 3), mirror.Sweeping.SweepPages)
	ended := workflow.ExecuteActivity(
		mirror.WithActivity(ctx, api.QueueMuster, mirror.ClassSweep, "workflows that were ended by hand", 3),
		mirror.Sweeping.SweepEnded, activities.SweepEndedInput{Told: marks.Told})
	existence := now.Sub(marks.Existence) >= existenceEvery
	var all workflow.Future
	if existence {
		all = workflow.ExecuteActivity(
			mirror.WithActivity(ctx, api.QueueJira, mirror.ClassSweep, "every issue", 4), mirror.Sweeping.SweepExistence)
	}
	var swept activities.Swept
	if done(ctx, changes, &swept) && !swept.Mark.IsZero() {
		marks.Changes = swept.Mark
	}
	if existence && done(ctx, all, &swept) && swept.Left == 0 {
		marks.Existence = now
	}
	done(ctx, pages, &swept)
	marks.Told = tellEnded(ctx, ended, marks.Told)
	return marks, nil
}

func done(ctx workflow.Context, f workflow.Future, swept *activities.Swept) bool {
	*swept = activities.Swept{}
	if err := f.Get(ctx, swept); err != nil {
		workflow.GetLogger(ctx).Warn("sweep incomplete", "error", err.Error())
		return false
	}
	return true
}
