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
		{At: r.quiet.at(), Summary: "a sign of whoever has taken it"},
		{At: r.archive.at(), Summary: "archive the channel if it is quiet"},
		{At: r.facts.RemindersPausedUntil, Summary: "the end of the pause of reminders"},
		{At: r.s.Settle, Summary: "what was just posted settles"},
		{At: r.s.Ends, Summary: "linger after the end, to answer and to be reopened"},
	} {
		if m.At.After(now) && (next.At.IsZero() || m.At.Before(next.At)) {
			next = m
		}
	}
	return next
}

// keepClock holds the one timer of the earliest moment. When that has come, the conclusions are
// drawn that time alone leads to; the mirrors look at the time themselves. A moment that is put off,
// as by every update, starts no other timer: the one that runs fires for nothing, and the next one
// is set then.
func (r *incidentRun) keepClock(ctx workflow.Context) {
	for !r.run.Stopped() {
		next := r.nextMoment()
		_, err := r.run.Until(ctx, next, func() bool { return r.run.Stopped() || sooner(r.nextMoment(), next) })
		if err != nil || r.run.Full() {
			return // the next run holds it
		}
		if !next.At.IsZero() && !r.now().Before(next.At) {
			r.conclude()
		}
	}
}

// sooner reports whether a moment comes before another one, which may never come.
func sooner(m, than mirror.Moment) bool {
	return !m.At.IsZero() && (than.At.IsZero() || m.At.Before(than.At))
}
