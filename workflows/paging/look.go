package paging

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// look is what the page remembers of asking the pager, which it does because events get lost.
type look struct {
	// At is when the pager is asked next by the clock, Count how often it was asked since the page
	// last went out.
	At    time.Time `json:"at,omitzero"`
	Count int       `json:"count,omitempty"`
	// Due means that it is to be asked before anything else happens.
	Due bool `json:"due,omitempty"`
	// Blind means that the pager cannot be asked, since nobody has given us a way to.
	Blind bool `json:"blind,omitempty"`
	// Doubt means that nobody knows whether the last call was applied: it timed out. DoubtAt is
	// when the pager is asked about it the next time, Doubts how often it was.
	Doubt   bool      `json:"doubt,omitempty"`
	DoubtAt time.Time `json:"doubt_at,omitzero"`
	Doubts  int       `json:"doubts,omitempty"`
}

// lookWaits are the waits before the first, second, ... look since a page went out. The first one
// tells soon whom the pager asks, and whether it notifies anybody at all.
var lookWaits = []time.Duration{10 * time.Second, 50 * time.Second, time.Minute, time.Minute, 2 * time.Minute, 5 * time.Minute}

// minLookWait is the shortest of these waits, however short the others are made: the pager takes
// 960 questions a minute of a whole account.
const minLookWait = 5 * time.Second

// lookWait spreads the looks of a burst of incidents over up to half as long again.
func (r *pageRun) lookWait(count int) time.Duration {
	return r.spread(max(mirror.Scaled(mirror.Nth(lookWaits, count+1), r.in.Scale), minLookWait))
}

func (r *pageRun) spread(wait time.Duration) time.Duration {
	return wait + wait*time.Duration((r.in.Incident-1)%spreads)/(2*spreads)
}

const spreads = 16

// maxDoubts is how often the pager is asked about a call that timed out; it may still be under way
// there, so that the second answer comes a little later.
const (
	maxDoubts = 2
	doubtWait = 5 * time.Second
)

// openingTime is how long the pager may take to open an incident of what it has accepted.
const openingTime = time.Minute

// looks reports whether there is anything to ask the pager about, and a way to.
func (r *pageRun) looks() bool { return !r.s.Look.Blind && len(r.unacked()) > 0 }

// waitForAnswer waits until the present attempt counts as unanswered, or until the next look.
func (r *pageRun) waitForAnswer() mirror.Action {
	return r.orLook(&mirror.Wait{
		Until: r.s.Deadline, Summary: "acknowledgement by " + r.targetName(),
		Done: func(time.Time) { r.s.Deadline, r.s.Look.Due = time.Time{}, true },
	})
}

// orLook interrupts a wait for an answer by a look at the pager where one is due before.
func (r *pageRun) orLook(w *mirror.Wait) mirror.Action {
	if !r.looks() {
		return w
	}
	if r.s.Look.Due {
		return r.lookNow()
	}
	if at := r.s.Look.At; !at.IsZero() && at.Before(w.Until) {
		onRetry, done := w.OnRetry, w.Done
		return &mirror.Wait{Until: at, Summary: w.Summary, OnRetry: onRetry, Done: func(now time.Time) {
			if onRetry && now.Before(at) {
				done(now) // a person has asked for it
				return
			}
			r.s.Look.Due = true
		}}
	}
	return w
}

// lookNow asks the pager what has become of every attempt.
func (r *pageRun) lookNow() mirror.Action {
	return &mirror.Call{
		Name: "ask the pager", Queue: api.QueuePagerRead, Class: mirror.ClassLook, Summary: "has anybody answered at the pager?",
		Urgent: true,
		Run: func(ctx workflow.Context, _ bool) error {
			found, err := r.find(ctx)
			if temporal.IsCanceledError(err) {
				return err
			}
			r.looked(workflow.Now(ctx), found)
			return nil // a look that fails keeps nobody from being woken
		},
	}
}

func (r *pageRun) find(ctx workflow.Context) (map[string]incident.PageState, error) {
	var keys []string
	for _, a := range r.unacked() {
		keys = append(keys, a.Key)
	}
	var found map[string]incident.PageState
	err := workflow.ExecuteActivity(ctx, mirror.Paging.FindPages, keys).Get(ctx, &found)
	if mirror.IsType(err, activities.ErrOff) || mirror.IsType(err, activities.ErrCredential) {
		r.s.Look.Blind = true // until the page goes out anew
	}
	return found, err
}

// looked draws the conclusion of a look.
func (r *pageRun) looked(now time.Time, found map[string]incident.PageState) {
	r.s.Look.Due = false
	r.s.Look.Count++
	r.s.Look.At = now.Add(r.lookWait(r.s.Look.Count))
	r.found(now, found)
}

// found takes in what the pager knows of the attempts.
func (r *pageRun) found(now time.Time, found map[string]incident.PageState) {
	for k := range r.s.Attempts {
		a := &r.s.Attempts[k]
		s, asked := found[a.Key]
		switch {
		case !asked || !a.Tried || (a.Acked && !s.Answered()):
			// Somebody has answered while the question was under way, which is newer.
		case s.Found:
			r.hear(now, k, s, s.At)
		case a.Delivered && !a.Silent && now.Sub(a.Sent) >= mirror.Scaled(openingTime, r.in.Scale):
			a.Silent = true
			r.silent(k, "the pager has accepted it and opened no incident: look for a maintenance window, an event rule that drops it, or an integration key of no service")
		}
	}
}

// settleDoubt asks the pager whether a call that timed out was applied, patiently, before anybody
// else is woken for it.
func (r *pageRun) settleDoubt() mirror.Action {
	if at := r.s.Look.DoubtAt; !at.IsZero() {
		return &mirror.Wait{Until: at, Summary: "ask the pager once more", Done: func(time.Time) { r.s.Look.DoubtAt = time.Time{} }}
	}
	return &mirror.Call{
		Name: "ask the pager whether the page went out", Queue: api.QueuePagerRead, Class: mirror.ClassLook, Urgent: true,
		Run: func(ctx workflow.Context, _ bool) error {
			found, err := r.find(ctx)
			if temporal.IsCanceledError(err) {
				return err
			}
			r.settled(workflow.Now(ctx), found[r.s.Attempts[r.s.Present].Key], err)
			return nil
		},
	}
}

// settled draws the conclusion of a look for the present attempt.
func (r *pageRun) settled(now time.Time, s incident.PageState, err error) {
	r.s.Look.Doubts++
	switch {
	case s.Found:
		r.s.Look.Doubt = false
		r.wentOut(now, r.s.Present, s)
	case err != nil || r.s.Look.Doubts >= maxDoubts:
		r.s.Look.Doubt = false // it was not delivered: the chain goes on
	default:
		r.s.Look.DoubtAt = now.Add(mirror.Scaled(doubtWait, r.in.Scale))
	}
}
