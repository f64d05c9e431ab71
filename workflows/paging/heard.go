package paging

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

// changedHere takes in what the incident says: facts that every attempt shows from now on, and
// what was decided about the page.
func (r *pageRun) changedHere(b api.PageBrief) error {
	before := r.s.Brief
	r.s.Brief.Take(b.Brief)
	if len(b.Target.Steps) > 0 {
		r.s.Brief.Target, r.s.Brief.LastResort, r.s.Brief.Service = b.Target, b.LastResort, b.Service
		r.renamed()
	}
	if b.Page.Revision <= before.Page.Revision {
		return nil
	}
	r.s.Brief.Page = b.Page
	if r.s.Status != incident.PageWithdrawn {
		r.decided(b.Page)
	}
	return nil
}

// renamed gives attempts that were refused the names of credentials that their steps have by now,
// and makes them once more. What may have gone out under the old name is taken back by it, and the new
// attempt has a key of its own. One of which nothing is known keeps its name.
func (r *pageRun) renamed() {
	steps, news := r.steps(), false
	for k := range r.s.Attempts {
		a := &r.s.Attempts[k]
		if k >= len(steps) || steps[k].Name != a.Step || a.Delivered || a.Acked || a.Credential == steps[k].Credential {
			continue
		}
		switch {
		case !a.Tried && !a.Raised:
			a.Credential = steps[k].Credential
		case r.snagged(a.Step):
			r.s.Times++
			r.s.Stale = append(r.s.Stale, a.PageHandle)
			*a = attempt{Step: a.Step, PageHandle: r.handle(k)}
		default:
			continue
		}
		news = true
	}
	if news {
		r.run.Retry()
	}
}

// decided follows what people decided about the page.
func (r *pageRun) decided(p incident.Page) {
	r.s.NotBefore = p.NotBefore
	switch p.Status {
	case incident.PageWithdrawn:
		r.s.Status = incident.PageWithdrawn
		r.forgetUndelivered()
	case incident.PageAcknowledged:
		r.s.Status, r.s.By, r.s.TakenHere = incident.PageAcknowledged, p.By, true
	case incident.PagePaging:
		switch {
		case r.s.Status == incident.PageWaiting:
			r.s.Status = incident.PagePaging
		case r.s.Status == incident.PageUnanswered: // somebody wants it now, and not after the rest
			r.s.Again, r.s.Look.Due = true, true
		case r.s.Status == incident.PageAcknowledged: // whoever took it has left it alone
			r.s.TakenHere = false
			r.anew()
		}
	}
}

// changedAtPager takes in what the pager says by itself, each event once.
func (r *pageRun) changedAtPager(in api.PagerChangedInput) error {
	if r.s.Deliveries.Known(in.DeliveryID) {
		return nil
	}
	k := slices.IndexFunc(r.s.Attempts, func(a attempt) bool { return a.Key == in.Key })
	if k < 0 {
		return r.staleAnswered(in)
	}
	r.hear(workflow.Now(r.ctx), k, in.State, in.At)
	return nil
}

// staleAnswered takes in an answer to an attempt of an earlier time through the chain.
func (r *pageRun) staleAnswered(in api.PagerChangedInput) error {
	for _, h := range slices.Concat(r.s.Stale, r.s.Ended) {
		if h.Key == in.Key {
			if in.State.Answered() && r.unanswered() {
				r.taken(in.State)
				r.s.TakenHere = true // it is ended there, so nothing of it can be given back
			}
			return nil
		}
	}
	return fmt.Errorf("no attempt has the key %q", in.Key)
}

// hear takes in what the pager says of an attempt, from an event or a look. An older word never
// wins over a newer one.
func (r *pageRun) hear(now time.Time, k int, s incident.PageState, at time.Time) {
	a := &r.s.Attempts[k]
	r.known(a.Key, s.ID)
	if !at.IsZero() && at.Before(a.At) {
		return
	}
	if at.After(a.At) {
		a.At = at
	}
	if s.URL != "" {
		r.s.URL = s.URL
	}
	if len(s.Asked) > 0 {
		r.s.Asked = s.Asked
	}
	hushed := a.Hushed
	a.hears(s)
	switch {
	case r.s.Status == incident.PageWithdrawn:
	case a.answered():
		r.taken(s)
	case s.Found && r.s.Status == incident.PageAcknowledged && !r.answered() && !r.s.TakenHere:
		r.resume(now)
	case s.Silent != "" && !a.Silent:
		a.Silent = true
		r.silent(k, s.Silent)
	case a.Hushed && !hushed && !a.Silent:
		a.Silent = true
		r.silent(k, "the pager shows it as acknowledged, and by no person")
	case s.Resolved && k == r.s.Present:
		r.s.Deadline = time.Time{} // a time-out at the pager ended it: nobody has answered, go on
	}
}

// silent goes on to the next step at once when the pager notifies nobody for the present one.
func (r *pageRun) silent(k int, why string) {
	if !r.unanswered() {
		return
	}
	r.s.Problem = why
	if k == r.s.Present {
		r.s.Deadline = time.Time{}
	}
}

// hears takes in what the pager says of the attempt.
func (a *attempt) hears(s incident.PageState) {
	was := a.Acked
	// Automation that resolves what a person has answered gives nothing back.
	a.Acked = s.Acknowledged || s.Answered() || (a.Acked && s.Resolved)
	// An acknowledgement without a person is Muster's own, of this page or of another one that the
	// pager has put into the same incident.
	a.Hushed = a.Acked && s.By == "" && (a.Hushed || !was)
}

// answered reports whether a person has answered the attempt at the pager.
func (a *attempt) answered() bool { return a.Acked && !a.Hushed }

func (r *pageRun) taken(s incident.PageState) {
	r.s.Status, r.s.Problem = incident.PageAcknowledged, ""
	r.s.By, r.s.URL = cmp.Or(r.s.By, s.By), cmp.Or(s.URL, r.s.URL) // the first to answer has it
}

// answered reports whether a person has answered any attempt at the pager.
func (r *pageRun) answered() bool {
	return slices.ContainsFunc(r.s.Attempts, func(a attempt) bool { return a.answered() })
}

// resume goes on from the first step, since the page was given back. Attempts keep their keys:
// those still open at the pager are found there and not made twice.
func (r *pageRun) resume(now time.Time) {
	r.s.Status, r.s.By, r.s.Problem = incident.PagePaging, "", ""
	r.s.Place, r.s.Mending, r.s.Again, r.s.Resting, r.s.Deadline = 0, false, false, false, time.Time{}
	r.s.Look = look{At: now.Add(r.lookWait(0))}
	for k := range r.s.Attempts {
		r.s.Attempts[k].Delivered, r.s.Attempts[k].Silent = false, false
	}
}

// anew goes on from the first step under new keys: the pager knows the old ones as answered.
func (r *pageRun) anew() {
	r.s.Status, r.s.By, r.s.Problem = incident.PagePaging, "", ""
	r.goAgain()
	r.s.Lulls = 0
}
