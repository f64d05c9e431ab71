package register

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// maxRaising is how many bytes of first attempts are sent ahead by one activity: its input is
// limited as well. Pages beyond it are as slow as all of them would be without.
const maxRaising = 500_000

// raise sends the first attempts of what was just opened ahead, all in one activity. Nobody waits
// for it, no end of a run either: each page makes its attempt itself, and looks before. So what gets
// lost here costs no more than time.
func (r *registerRun) raise() {
	var calls []incident.PageRequest
	size, scale := 0, 0.0
	for k := range r.queue {
		o := &r.queue[k]
		if o.gathered {
			continue
		}
		o.gathered = true
		if size += bounds.Size(o.pages); len(o.pages) == 0 || size > maxRaising {
			continue
		}
		o.start.Raised = o.raised
		calls, scale = append(calls, o.pages...), o.in.Slice.TimeoutScale
	}
	if len(calls) == 0 {
		return
	}
	summary := "page for " + calls[0].Incident
	if n := len(calls); n > 1 {
		summary = fmt.Sprintf("%d pages, the first for %s", n, calls[0].Incident)
	}
	ctx := mirror.WithScaled(r.ctx, api.QueueMuster, mirror.ClassRaise, summary, api.Priority(api.Waking, 0), scale)
	workflow.ExecuteActivity(ctx, mirror.Paging.RaisePages, calls)
}

// maxStray bounds the pages that are still to be taken back.
const maxStray = 200

// stray remembers to take back what was sent ahead for a number that was taken.
func (r *registerRun) stray(o opening) {
	if len(o.start.Raised.Pages) == 0 {
		return
	}
	for _, p := range o.pages {
		r.s.Stray = append(r.s.Stray, api.StrayPage{Key: p.Key, Credential: p.Credential})
	}
	if over := len(r.s.Stray) - maxStray; over > 0 {
		r.s.Stray = slices.Clone(r.s.Stray[over:])
	}
	r.run.Scale = o.in.Slice.TimeoutScale
	r.s.StrayFrom = workflow.Now(r.ctx).Add(mirror.Scaled(mirror.ClassRaise.Patience(), r.run.Scale))
}

// endStray takes pages back that belong to no incident, once none can arrive at the pager any more:
// the number has an incident of its own, and people would look for the wrong one. Should it page
// under the same keys, it goes on by itself, as after any resolution that is no person's.
func (r *registerRun) endStray() mirror.Action {
	if len(r.s.Stray) == 0 {
		return nil
	}
	if at := r.s.StrayFrom; !at.IsZero() {
		return &mirror.Wait{
			Until: at, Summary: "until nothing arrives at the pager any more",
			Done: func(time.Time) { r.s.StrayFrom = time.Time{} },
		}
	}
	stray := slices.Clone(r.s.Stray)
	return &mirror.Call{
		Name: "take pages back", Queue: api.QueuePager, Class: mirror.ClassSet, Summary: "pages of numbers that were taken",
		Run: func(ctx workflow.Context, _ bool) error {
			var handles []activities.PageHandle
			for _, s := range stray {
				handles = append(handles, activities.PageHandle{Key: s.Key, Credential: s.Credential})
			}
			err := workflow.ExecuteActivity(ctx, mirror.Paging.ResolvePages, handles).Get(ctx, nil)
			if err == nil {
				r.s.Stray = slices.DeleteFunc(r.s.Stray, func(s api.StrayPage) bool { return slices.Contains(stray, s) })
			}
			return err
		},
	}
}
