package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// moment is a time at which a mirror has something to do, with what the Web UI shows of it.
type moment struct {
	at      time.Time
	summary string
}

// nextMoment is the earliest of the times that mirrors wait for.
func (r *incidentRun) nextMoment() moment {
	var next moment
	now := workflow.Now(r.ctx)
	for _, m := range []moment{
		{r.promiseAt(), "the promised update"},
		{r.archiveAt(), "archive the channel if it is quiet"},
	} {
		if m.at.After(now) && (next.at.IsZero() || m.at.Before(next.at)) {
			next = m
		}
	}
	return next
}

func (r *incidentRun) promiseAt() time.Time {
	if !r.promised() {
		return time.Time{}
	}
	return r.facts.NextUpdate
}

// keepClock holds the one timer of the earliest moment. It does nothing when that has come: the
// mirrors, which look at the time themselves, are asked again in the same workflow task.
func (r *incidentRun) keepClock(ctx workflow.Context) {
	for !r.keeper.stopped {
		next := r.nextMoment()
		moved := func() bool { return r.keeper.stopped || !r.nextMoment().at.Equal(next.at) }
		var err error
		if next.at.IsZero() {
			err = workflow.Await(ctx, moved)
		} else {
			_, err = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
				Timeout:      max(next.at.Sub(workflow.Now(ctx)), time.Millisecond),
				TimerOptions: workflow.TimerOptions{Summary: next.summary},
			}, moved)
		}
		if err != nil {
			return
		}
	}
}
