package paging

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// open lists the attempts that may be open at the pager.
func (r *pageRun) open() []activities.PageHandle {
	return r.handles(func(attempt) bool { return true })
}

// unacked lists the attempts that may still be waking somebody at the pager.
func (r *pageRun) unacked() []activities.PageHandle {
	return r.handles(func(a attempt) bool { return !a.Acked })
}

// handles names those of the attempts that may have reached the pager.
func (r *pageRun) handles(wanted func(attempt) bool) []activities.PageHandle {
	var out []activities.PageHandle
	for _, a := range r.s.Attempts {
		if (a.Tried || a.Raised) && wanted(a) {
			out = append(out, a.PageHandle)
		}
	}
	return out
}

// set makes attempts so at the pager, and notes that they are.
func (r *pageRun) set(name, summary string, activity any, attempts []activities.PageHandle, done func()) mirror.Action {
	return &mirror.Call{
		Name: name, Queue: api.QueuePager, Class: mirror.ClassSet, Summary: summary,
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, activity, attempts).Get(ctx, nil)
			if err == nil {
				done()
			}
			return err
		},
	}
}

func (r *pageRun) acknowledge(open []activities.PageHandle) mirror.Action {
	return r.set("acknowledge at the pager", "acknowledge: taken by "+cmp.Or(r.s.By, "somebody"),
		mirror.Paging.AcknowledgePages, open, func() { r.acknowledged(open) })
}

// acknowledged notes that Muster has acknowledged attempts at the pager, unless a person was first.
func (r *pageRun) acknowledged(attempts []activities.PageHandle) {
	for k := range r.s.Attempts {
		if a := &r.s.Attempts[k]; !a.Acked && slices.Contains(attempts, a.PageHandle) {
			a.Acked, a.Hushed = true, true
		}
	}
}

func (r *pageRun) withdraw(open []activities.PageHandle) mirror.Action {
	if r.s.Resolved {
		return &mirror.Wait{
			Until: r.s.LateUntil, Summary: "until nothing arrives at the pager any more",
			Done: func(time.Time) { r.s.Resolved, r.s.LateUntil = false, time.Time{} },
		}
	}
	return r.set("withdraw the page", "withdraw the page to "+r.targetName(), mirror.Paging.ResolvePages, open, func() {
		r.withdrawn(workflow.Now(r.ctx))
	})
}

// late notes that a call may arrive at the pager although nobody waits for it any more. After the page
// was ended there it would wake somebody for what is over, so the page is ended once more.
func (r *pageRun) late(now time.Time) {
	r.s.LateUntil = now.Add(mirror.Scaled(mirror.Lateness, r.in.Scale))
}

// withdrawn notes that every attempt is over at the pager, unless one may still arrive there.
func (r *pageRun) withdrawn(now time.Time) {
	if now.Before(r.s.LateUntil) {
		r.s.Resolved = true
		return
	}
	for k := range r.s.Attempts {
		r.s.Attempts[k].Tried, r.s.Attempts[k].Raised = false, false
	}
}

// maxEnded is how many ended attempts a late answer may still speak of.
const maxEnded = 20

// ended notes that attempts of earlier times through the chain are over at the pager.
func (r *pageRun) ended(stale []activities.PageHandle) {
	stale = slices.Clone(stale)
	r.s.Stale = slices.DeleteFunc(r.s.Stale, func(h activities.PageHandle) bool { return slices.Contains(stale, h) })
	r.s.Ended = append(r.s.Ended, stale...)
	r.s.Ended = slices.Clone(r.s.Ended[max(0, len(r.s.Ended)-maxEnded):])
}

// endStale ends at the pager what newer attempts have taken the place of.
func (r *pageRun) endStale() mirror.Action {
	if len(r.s.Stale) == 0 {
		return nil
	}
	stale := slices.Clone(r.s.Stale)
	return r.set("end earlier attempts", "end earlier attempts to reach "+r.targetName(),
		mirror.Paging.ResolvePages, stale, func() { r.ended(stale) })
}
