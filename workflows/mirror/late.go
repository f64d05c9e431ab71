package mirror

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
)

// Lateness is how long a request that nobody waits for any more may take to arrive at a vendor.
const Lateness = 2 * time.Minute

// doubtTime is how long such a request is minded: a newer write within that time may be overwritten by it.
const doubtTime = 10 * time.Minute

// MayArriveLate reports whether a request of the call may still arrive at the vendor: one attempt at
// least had no answer in its time, whatever became of the others.
func (c Class) MayArriveLate(took time.Duration, scale float64, err error) bool {
	if took >= Scaled(c.attempt, scale) {
		return true
	}
	if err == nil {
		return false
	}
	f, kind := FailureOf(err)
	if kind == activities.ErrRetryable {
		return f.Meaning != activities.RateLimited
	}
	return f.Attempt > 1
}

// mindLate sees to it that a write which arrives late does not win over a newer one. A write that failed
// so leaves open what the outside shows, so that it is written anew; and once a newer one has worked, the
// same is written again when nothing can arrive any more.
func (l *Loop) mindLate(ctx workflow.Context, p *place, c *Call, took time.Duration, err error) {
	if p.mirror.Unsure == nil || c.Class != ClassSet {
		return
	}
	now := workflow.Now(ctx)
	if err == nil && !p.state.Doubt.IsZero() {
		if now.Sub(p.state.Doubt) < Scaled(doubtTime, l.Scale) {
			p.state.Rewrite = now.Add(Scaled(Lateness, l.Scale))
		}
		p.state.Doubt = time.Time{}
	}
	if !c.Class.MayArriveLate(took, l.Scale, err) {
		return
	}
	p.state.Doubt = now
	if err != nil {
		p.mirror.Unsure()
	}
}

// rewrites is the rest until the mirror writes once more, where that comes before its own action.
func (l *Loop) rewrites(p *place, next Action) Action {
	at := p.state.Rewrite
	if at.IsZero() || p.mirror.Unsure == nil || acts(next) {
		return next
	}
	if w, waits := next.(*Wait); waits && w.Until.Before(at) {
		return next
	}
	return &Wait{Until: at, Summary: "write once more, after what may arrive late", Done: func(time.Time) {
		p.state.Rewrite = time.Time{}
		p.mirror.Unsure()
	}}
}
