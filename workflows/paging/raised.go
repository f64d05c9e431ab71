package paging

import (
	"time"

	"muster/incident"
	"muster/workflows/mirror"
)

// FirstAttempt is what a new page sends to the pager first. Register sends it ahead, before the page
// runs. It reports false where there is nothing to be sent: no way is known to reach the target, or
// none that takes a single call under the page's key.
func FirstAttempt(in PageInput) (incident.PageRequest, bool) {
	r := &pageRun{in: in, s: freshPage(in)}
	if steps := r.steps(); r.s.Status != incident.PagePaging || len(steps) == 0 || steps[0].Reach != "" {
		return incident.PageRequest{}, false
	}
	return r.request(r.planned(0)), true
}

// raised notes that the first attempt was sent ahead. Whether it has arrived nobody knows: the page
// makes the attempt itself, and looks before.
func (r *pageRun) raised(now time.Time) {
	if !r.in.Raised || len(r.steps()) == 0 {
		return
	}
	a := r.planned(0)
	a.Raised = true
	r.s.Attempts = []attempt{a}
	r.rang(a)
	// The page has started after it was sent.
	r.s.RaisedUntil = now.Add(mirror.Scaled(mirror.ClassRaise.Patience(), r.in.Scale))
}

// afterRaised waits with what ends a page at the pager until nothing can arrive there that was sent
// ahead: after the end it would wake somebody. An alert that is open takes in whatever arrives late.
func (r *pageRun) afterRaised(open bool, end mirror.Action) mirror.Action {
	if open || r.s.RaisedUntil.IsZero() {
		return end
	}
	return &mirror.Wait{
		Until: r.s.RaisedUntil, Summary: "until nothing arrives at the pager any more",
		Done: func(time.Time) { r.s.RaisedUntil = time.Time{} },
	}
}
