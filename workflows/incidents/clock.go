package incidents

import (
	"go.temporal.io/sdk/workflow"

	"muster/workflows/mirror"
)

// nextMoment is the earliest of the times that mirrors wait for.
func (r *incidentRun) nextMoment() mirror.Moment {
	var next mirror.Moment
	now := r.now()
	for _, m := range []mirror.Moment{
		{At: r.promise.at(), Summary: "the promised update"},
		{At: r.archive.at(), Summary: "archive the channel if it is quiet"},
	} {
		if m.At.After(now) && (next.At.IsZero() || m.At.Before(next.At)) {
			next = m
		}
	}
	return next
}

// keepClock holds the one timer of the earliest moment. It does nothing when that has come: the
// mirrors, which look at the time themselves, are asked again in the same workflow task.
func (r *incidentRun) keepClock(ctx workflow.Context) {
	for !r.run.Stopped() {
		next := r.nextMoment()
		_, err := r.run.Until(ctx, next, func() bool { return r.run.Stopped() || !r.nextMoment().At.Equal(next.At) })
		if err != nil || r.run.Full() {
			return // the next run holds it
		}
	}
}
