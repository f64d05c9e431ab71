package paging

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// attempt sends the page of a step to the pager; then is the place of the chain that comes after it.
func (r *pageRun) attempt(k, then int) mirror.Action {
	a := r.planned(k)
	in := activities.TriggerPageInput{Request: r.request(a), Tried: a.Tried || a.Raised, Again: a.Delivered}
	return &mirror.Call{
		Name:  fmt.Sprintf("page %s via %s, attempt %d", r.s.Brief.Target.Name, a.Step, k+1),
		Queue: api.QueuePager, Class: mirror.ClassPage, Summary: fmt.Sprintf("page %s, attempt %d", r.stepName(a), k+1),
		Urgent: true, // an acknowledgement that could not be made keeps nobody from being woken
		Run: func(ctx workflow.Context, _ bool) error {
			for len(r.s.Attempts) <= k {
				r.s.Attempts = append(r.s.Attempts, r.planned(len(r.s.Attempts)))
			}
			in.Tried = in.Tried || r.run.WasReset()
			r.s.Attempts[k].Tried, r.s.Attempts[k].Severity = true, in.Request.Severity
			r.s.Attempts[k].Drill = in.Request.Kind == incident.KindDrill
			r.rang(r.s.Attempts[k])
			began := workflow.Now(ctx)
			var found incident.PageState
			err := workflow.ExecuteActivity(ctx, mirror.Paging.TriggerPage, in).Get(ctx, &found)
			if temporal.IsCanceledError(err) {
				return err // the run ends, and the next one looks whether the page went out
			}
			if now := workflow.Now(ctx); mirror.ClassPage.MayArriveLate(now.Sub(began), r.in.Scale, err) {
				r.late(now)
			}
			r.attempted(workflow.Now(ctx), k, then, a.Tried, found, err)
			return nil // a page that fails goes on to its next step at once, it does not wait
		},
	}
}

// request is what an attempt says: the facts as they are when it goes out.
func (r *pageRun) request(a attempt) incident.PageRequest {
	b := r.s.Brief
	return incident.PageRequest{
		Key: a.Key, Credential: a.Credential, Reach: a.Reach, Incident: incident.Key(r.in.Incident),
		Headline: incident.Key(r.in.Incident) + " " + b.Title, Severity: b.Severity, Kind: b.Kind, Service: b.Service, Links: b.Links,
		Urgent: b.Page.NotBefore.IsZero(), // it was not held: somebody or the playbook wants it now
	}
}

// attempted draws the conclusion of one attempt.
func (r *pageRun) attempted(now time.Time, k, then int, tried bool, found incident.PageState, err error) {
	a := &r.s.Attempts[k]
	if err != nil && !r.s.Deadline.IsZero() {
		return // it is out already, and rings on as it was
	}
	if unheard(err) && !a.Again {
		// No worker was there to hear the answer, as after a crash. The page may well have gone
		// out: look for it before anybody else is woken.
		a.Again = true
		return
	}
	r.s.Place, r.s.Present, r.s.Resting, r.s.Look.Due = then, k, false, false
	if err == nil {
		r.wentOut(now, k, found)
		return
	}
	f, kind := mirror.FailureOf(err)
	a.refused(f, kind, tried)
	r.rangNot(*a)
	if !r.unanswered() {
		return // somebody has answered meanwhile, or nobody is wanted any more
	}
	r.s.Failure, r.s.Problem = kind, cmp.Or(f.Reason, "the pager does not answer")
	if kind == activities.ErrRetryable {
		r.s.Look.Doubt, r.s.Look.Doubts = !r.s.Look.Blind, 0
		return
	}
	r.count(api.PageOutcomeUndelivered)
	r.forgetUndelivered()
	r.s.Snags = append(r.s.Snags, incident.Snag{
		Mirror: undelivered, Step: snagOf(a.Step), Reason: f.Reason, Mend: f.Mend, Since: now, From: f.Vendor, Off: kind == activities.ErrOff,
	})
}

// refused notes that the pager has refused the attempt. If that came at once there is nothing to take
// back; if something was tried before, that may have gone out, and is taken back with the page.
func (a *attempt) refused(f activities.Failure, kind string, tried bool) {
	if kind == activities.ErrRetryable || !f.Certain(tried) {
		return
	}
	a.Tried = false
	// What cannot be called now could not be called a moment before, when Register sent it ahead.
	if kind == activities.ErrOff || kind == activities.ErrCredential || f.Operation == activities.OpCredential {
		a.Raised = false
	}
}

// wentOut notes that the pager has taken an attempt, or had it already.
func (r *pageRun) wentOut(now time.Time, k int, found incident.PageState) {
	a := &r.s.Attempts[k]
	a.Again, a.Silent, a.Delivered, a.Sent = false, false, true, now
	r.s.Sends++
	r.s.Problem, r.s.Failure, r.s.Failures = "", "", 0
	r.s.Look = look{At: now.Add(r.lookWait(0))}
	if own := k < len(r.s.Brief.Target.Steps); own { // the last resort mends nothing of what is wrong with the others
		r.forgetUndelivered()
	}
	if r.s.Status == incident.PageUnanswered {
		r.s.Status = incident.PagePaging
	}
	rings := found.Found && !found.Acknowledged  // again, so the answer was not Muster's own for long
	if (!a.Hushed || rings) && !found.Resolved { // what wakes nobody is not waited for
		wait := r.in.Calendar.Add(now, r.s.Brief.Target.AckWithin).Sub(now)
		r.s.Deadline = now.Add(max(wait, time.Second))
	}
	if found.Found && !a.answered() { // what the pager itself has said meanwhile is newer
		r.hear(now, k, found, found.At)
	}
	if a.answered() && r.s.Status != incident.PageWithdrawn {
		r.taken(found)
	}
}

// unheard reports a failure that no vendor and no activity told us of: time has run out.
func unheard(err error) bool {
	var timeout *temporal.TimeoutError
	var app *temporal.ApplicationError
	return errors.As(err, &timeout) && !errors.As(err, &app)
}

// undelivered names the snag of an attempt that needs a person. It is none of the pager
// mirror's own, whose steps succeed when they have moved on to the next attempt.
const undelivered = "paging"

// snagOf names what was refused of a step of the chain.
func snagOf(step string) string { return "page " + step }

// snagged reports whether the pager has refused a step of the chain.
func (r *pageRun) snagged(step string) bool {
	return slices.ContainsFunc(r.s.Snags, func(s incident.Snag) bool { return s.Mirror == undelivered && s.Step == snagOf(step) })
}

func (r *pageRun) forgetUndelivered() {
	r.s.Snags = slices.DeleteFunc(r.s.Snags, func(s incident.Snag) bool { return s.Mirror == undelivered })
}
