package paging

import (
	"cmp"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// open lists the attempts that may be open at the pager.
func (r *pageRun) open() []activities.PageHandle {
	var out []activities.PageHandle
	for _, a := range r.s.Attempts {
		if a.Tried || a.Raised {
			out = append(out, a.PageHandle)
		}
	}
	return out
}

// unacked lists the attempts that may still be waking somebody at the pager.
func (r *pageRun) unacked() []activities.PageHandle {
	var out []activities.PageHandle
	for _, a := range r.s.Attempts {
		if (a.Tried || a.Raised) && !a.Acked {
			out = append(out, a.PageHandle)
		}
	}
	return out
}

func (r *pageRun) acknowledge(open []activities.PageHandle) mirror.Action {
	return &mirror.Call{
		Name: "acknowledge at the pager", Queue: api.QueuePager, Class: mirror.ClassSet,
		Summary: "acknowledge: taken by " + cmp.Or(r.s.By, "somebody"),
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Paging.AcknowledgePages, open).Get(ctx, nil)
			if err == nil {
				r.acknowledged(open)
			}
			return err
		},
	}
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
	return &mirror.Call{
		Name: "withdraw the page", Queue: api.QueuePager, Class: mirror.ClassSet,
		Summary: "withdraw the page to " + r.s.Brief.Target.Name,
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Paging.ResolvePages, open).Get(ctx, nil)
			if err == nil {
				r.withdrawn()
			}
			return err
		},
	}
}

// withdrawn notes that every attempt is over at the pager.
func (r *pageRun) withdrawn() {
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
	return &mirror.Call{
		Name: "end earlier attempts", Queue: api.QueuePager, Class: mirror.ClassSet,
		Summary: "end earlier attempts to reach " + r.s.Brief.Target.Name,
		Run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, mirror.Paging.ResolvePages, stale).Get(ctx, nil)
			if err == nil {
				r.ended(stale)
			}
			return err
		},
	}
}
