package paging

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// logAsk is what a page remembers of asking the pager's log whom it has really notified.
type logAsk struct {
	// Rung are the attempts that may have gone out and of which the log may have something new.
	Rung []rung `json:"rung,omitempty"`
	// Standing is how the page stood when it was planned to ask.
	Standing standing `json:"standing,omitempty"`
	// At is when the log is asked next, zero for not before the page stands otherwise. Due means that
	// the moment has come.
	At  time.Time `json:"at,omitzero"`
	Due bool      `json:"due,omitempty"`
	// Asked is when it was asked last, Failures how often in a row it has not answered while the page
	// stood so.
	Asked    time.Time `json:"asked,omitzero"`
	Failures int       `json:"failures,omitempty"`
}

// rung is an attempt of which the log is asked. Left means that the log was asked since the attempt was
// ended at the pager: it is asked once more, since entries appear late, and no more after that.
type rung struct {
	activities.RungPage
	Left bool `json:"left,omitempty"`
}

// standing is as much of a page's status as decides when the log is asked.
type standing string

const (
	rings standing = "rings"
	taken standing = "taken"
	ended standing = "ended" // and so are all attempts at the pager
)

// When the log is asked. Nobody waits for it, so it is asked seldom: once after somebody has answered,
// once in the end, and in between at most hourly while nobody answers.
const (
	// logLag is how long after the last notification the log is asked: entries appear late there.
	logLag = 2 * time.Minute
	// logEvery is the shortest time between two questions while the page rings.
	logEvery = time.Hour
	// logPatience is how long the end waits to ask a second time, and maxLogFailures how often it asks
	// a pager that does not answer. A page never outlives its end by more than a quarter of an hour.
	logPatience    = 5 * time.Minute
	maxLogFailures = 2
	// maxRung is of how many attempts the log is asked.
	maxRung = 40
)

// rang notes that an attempt may have gone out, so that somebody may have been notified for it.
func (r *pageRun) rang(a attempt) {
	l := &r.s.Log
	if slices.ContainsFunc(l.Rung, func(o rung) bool { return o.Key == a.Key }) {
		return
	}
	l.Rung = append(l.Rung, rung{RungPage: activities.RungPage{Key: a.Key, Step: a.Step}})
	if over := len(l.Rung) - maxRung; over > 0 {
		l.Rung, r.s.Woken.More = slices.Clone(l.Rung[over:]), true
	}
}

// rangNot notes that an attempt has certainly not gone out.
func (r *pageRun) rangNot(a attempt) {
	if !a.Tried && !a.Raised {
		r.s.Log.Rung = slices.DeleteFunc(r.s.Log.Rung, func(o rung) bool { return o.Key == a.Key })
	}
}

// known notes the pager's own ID of what it made of an attempt: the first one, since the key may lead to
// another incident after somebody has merged them.
func (r *pageRun) known(key, id string) {
	for k := range r.s.Log.Rung {
		if o := &r.s.Log.Rung[k]; o.Key == key {
			o.ID = cmp.Or(o.ID, id)
		}
	}
}

// standsFor is how the page stands for the log. A page that is withdrawn and may still ring at the pager
// stands as it did.
func (r *pageRun) standsFor() standing {
	switch {
	case r.s.Status == incident.PageAcknowledged:
		return taken
	case r.s.Status != incident.PageWithdrawn:
		return rings
	case len(r.open()) > 0 || len(r.s.Stale) > 0:
		return r.s.Log.Standing
	}
	return ended
}

// askLog asks the pager's log whom it has notified, at a few moments. It holds up nothing: neither the
// next attempt nor an acknowledgement, which have mirrors of their own.
func (r *pageRun) askLog() mirror.Action {
	l, stands := &r.s.Log, r.standsFor()
	switch {
	case len(l.Rung) == 0:
		return nil
	case stands != l.Standing:
		return &mirror.Decision{Name: "plan to ask whom the pager has notified", Decide: func(now time.Time) { r.planLog(now, stands) }}
	case l.Due:
		return r.askLogNow()
	case l.At.IsZero():
		return nil
	}
	return &mirror.Wait{Until: l.At, Summary: "the pager's log of whom it has notified", Done: func(time.Time) { l.Due = true }}
}

func (r *pageRun) planLog(now time.Time, stands standing) {
	l := &r.s.Log
	l.Standing, l.Due, l.At, l.Failures = stands, false, time.Time{}, 0
	if stands != rings { // while it rings, the end of the chain says when
		l.At = now.Add(r.spread(mirror.Scaled(logLag, r.in.Scale)))
	}
}

// logAfterChain asks whom the pager has notified after nobody has come, though not after each time.
func (r *pageRun) logAfterChain(now time.Time) {
	if l := &r.s.Log; now.Sub(l.Asked) >= mirror.Scaled(logEvery, r.in.Scale) {
		l.Due = true
	}
}

func (r *pageRun) askLogNow() mirror.Action {
	return &mirror.Call{
		Name: "ask whom the pager has notified", Queue: api.QueuePagerRead, Class: mirror.ClassLog,
		Run: func(ctx workflow.Context, _ bool) error {
			asked := slices.Clone(r.s.Log.Rung)
			pages := make([]activities.RungPage, 0, len(asked))
			for _, o := range asked {
				pages = append(pages, o.RungPage)
			}
			began := workflow.Now(ctx)
			var found incident.WokenReport
			err := workflow.ExecuteActivity(ctx, mirror.Paging.NotifiedPeople, pages).Get(ctx, &found)
			if temporal.IsCanceledError(err) {
				return err // the run ends, and the next one asks
			}
			if found.AsOf = began; err != nil {
				r.logAway(workflow.Now(ctx), err)
				return nil // whoever mends the pager need not mend this
			}
			r.logRead(asked, found)
			return nil
		},
	}
}

// logRead takes in what the log says.
func (r *pageRun) logRead(asked []rung, found incident.WokenReport) {
	l, w := &r.s.Log, &r.s.Woken
	l.Due, l.At, l.Asked = false, time.Time{}, found.AsOf
	w.Learn(found.Woken)
	w.More, w.AsOf, w.Unknown = w.More || found.More, found.AsOf, found.Unknown
	l.Rung = slices.DeleteFunc(l.Rung, func(o rung) bool { return o.Left && slices.Contains(asked, o) })
	for k := range l.Rung {
		l.Rung[k].Left = !r.current(l.Rung[k].Key)
	}
}

// current reports whether an attempt may still ring at the pager while the page goes on.
func (r *pageRun) current(key string) bool {
	return slices.ContainsFunc(r.s.Attempts, func(a attempt) bool { return a.Key == key }) ||
		slices.ContainsFunc(r.s.Stale, func(h activities.PageHandle) bool { return h.Key == key })
}

// logAway notes that the log could not be read. In the end it is asked once more; then it is left, and
// the page says that it is not known whom the pager has notified.
func (r *pageRun) logAway(now time.Time, err error) {
	l := &r.s.Log
	l.Due, l.At, l.Asked = false, time.Time{}, now
	l.Failures++
	f, kind := mirror.FailureOf(err)
	r.s.Woken.Unknown = cmp.Or(f.Reason, "the pager does not answer")
	if l.Standing == ended && kind == activities.ErrRetryable && l.Failures < maxLogFailures {
		l.At = now.Add(mirror.Scaled(logPatience, r.in.Scale))
	}
}

// logSettled reports whether a page that is over has nothing more to wait for to ask the log.
func (r *pageRun) logSettled() bool {
	return len(r.s.Log.Rung) == 0 || (r.s.Log.Standing == ended && r.s.Log.At.IsZero())
}
