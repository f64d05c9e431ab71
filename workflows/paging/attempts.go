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

// next keeps the pager in line with the page: attempts are made while nobody has answered,
// acknowledged when somebody did so in Muster, and resolved when the page is withdrawn.
func (r *pageRun) next() mirror.Action {
	switch r.s.Status {
	case incident.PageWaiting:
		return r.waitForMorning()
	case incident.PagePaging, incident.PageUnanswered:
		return r.reach()
	case incident.PageAcknowledged:
		// Whoever answered which attempt where: nobody else shall be woken by the others.
		if open := r.unacked(); open != nil {
			return r.acknowledge(open)
		}
	case incident.PageWithdrawn:
		if open := r.open(); open != nil {
			return r.withdraw(open)
		}
	}
	return nil
}

func (r *pageRun) waitForMorning() mirror.Action {
	return &mirror.Wait{
		Until: r.s.NotBefore, Summary: "page on the next business morning",
		Done: func(time.Time) { r.s.Status = incident.PagePaging },
	}
}

// reach makes the next attempt, or waits for an answer to the present one. When the chain has
// come to its end it starts anew after a while with what could not be delivered: the pager was
// away, or refuses us until a person has mended something. Attempts keep their keys, so nobody is
// paged twice for it. The page stays unanswered meanwhile, which people were told in chat once.
// What was delivered and not answered is not repeated for ever.
func (r *pageRun) reach() mirror.Action {
	switch undelivered := r.s.delivered() < len(r.s.Attempts); {
	case !r.s.Deadline.IsZero():
		return r.waitForAnswer()
	case r.s.Current < r.chain():
		return r.attempt(r.s.Current)
	case r.s.Status == incident.PagePaging, r.s.AgainAt.IsZero():
		return &mirror.Decision{Name: "give up", Decide: r.giveUp}
	case undelivered:
		return &mirror.Wait{Until: r.s.AgainAt, Summary: "try the pager again", OnRetry: true, Done: r.again}
	}
	return nil
}

// chain is how many attempts the playbook wants: every step, as often as it says.
func (r *pageRun) chain() int { return len(r.in.Target.Steps) * max(r.in.Target.Rounds, 1) }

func (r *pageRun) giveUp(now time.Time) {
	if r.s.Status == incident.PagePaging {
		r.s.Status = incident.PageUnanswered
		r.s.Chains++
	}
	r.s.AgainAt = r.chainAgain(now)
}

func (r *pageRun) again(time.Time) {
	r.s.Chains++
	r.s.AgainAt = time.Time{}
	r.s.Current = slices.IndexFunc(r.s.Attempts, func(a attempt) bool { return !a.Delivered })
}

// pagerWaits are shorter than other outages' waits: somebody still sleeps who should not.
var pagerWaits = []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// chainAgain is when the chain is gone through again; a pager that is off waits for a person.
func (r *pageRun) chainAgain(now time.Time) time.Time {
	switch r.s.Failure {
	case activities.ErrOff:
		return mirror.Never
	case activities.ErrPermanent, activities.ErrCredential, activities.ErrGone:
		return now.Add(mirror.Scaled(mirror.SnagWait(r.s.Chains), r.in.Scale))
	}
	return now.Add(mirror.Scaled(mirror.Nth(pagerWaits, r.s.Chains), r.in.Scale))
}

// planned is the n-th attempt of the chain, as it was made or as it will be.
func (r *pageRun) planned(n int) attempt {
	if n < len(r.s.Attempts) {
		return r.s.Attempts[n]
	}
	step := r.in.Target.Steps[n%len(r.in.Target.Steps)]
	return attempt{
		Step: step.Name,
		PageHandle: activities.PageHandle{
			Key:        api.VendorKey(r.in.Settings.Installation, api.PageID(r.in.Incident, r.in.Page), fmt.Sprintf("attempt/%d", n+1)),
			Credential: step.Credential,
		},
	}
}

func (r *pageRun) attempt(n int) mirror.Action {
	a := r.planned(n)
	in := activities.TriggerPageInput{Request: r.in.Request, Tried: a.Tried}
	in.Request.Key, in.Request.Credential = a.Key, a.Credential
	return &mirror.Call{
		Name:  fmt.Sprintf("page %s via %s, attempt %d", r.in.Target.Name, a.Step, n+1),
		Queue: api.QueuePager, Class: mirror.ClassPage, Summary: fmt.Sprintf("page %s, attempt %d", a.Step, n+1),
		Urgent: true, // an acknowledgement that could not be made keeps nobody from being woken
		Run: func(ctx workflow.Context, _ bool) error {
			for len(r.s.Attempts) <= n {
				r.s.Attempts = append(r.s.Attempts, r.planned(len(r.s.Attempts)))
			}
			r.s.Attempts[n].Tried = true
			var found incident.PageState
			err := workflow.ExecuteActivity(ctx, mirror.Paging.TriggerPage, in).Get(ctx, &found)
			if temporal.IsCanceledError(err) {
				return err // the run ends, and the next one looks whether the page went out
			}
			r.attempted(workflow.Now(ctx), n, in.Tried, found, err)
			return nil // a page that fails goes on to its next step at once, it does not wait
		},
	}
}

// attempted draws the conclusion of one attempt.
func (r *pageRun) attempted(now time.Time, n int, tried bool, found incident.PageState, err error) {
	a := &r.s.Attempts[n]
	if unheard(err) && !a.Again {
		// No worker was there to hear the answer, as after a crash. The page may well have gone
		// out: look for it before anybody else is woken.
		a.Again = true
		return
	}
	r.s.Current = n + 1
	for r.s.Current < len(r.s.Attempts) && r.s.Attempts[r.s.Current].Delivered {
		r.s.Current++ // when the chain is gone through again, only what did not arrive is tried
	}
	if err != nil {
		r.undelivered(now, n, tried, err)
		return
	}
	a.Again, a.Delivered = false, true
	r.s.Problem, r.s.Failure, r.s.Chains = "", "", 0
	r.forgetUndelivered()
	if r.s.Status == incident.PageUnanswered {
		r.s.Status = incident.PagePaging
	}
	if found.Found && !a.answered() {
		a.hears(found) // what the pager itself has said meanwhile is newer
	}
	if a.answered() && r.s.Status != incident.PageWithdrawn {
		r.taken(found)
	}
	if a.Hushed || found.Resolved {
		return // it wakes nobody, so there is nothing to wait for
	}
	wait := r.in.Calendar.Add(now, r.in.Target.AckWithin).Sub(now)
	r.s.Present, r.s.Deadline = n, now.Add(max(wait, time.Second))
}

// unheard reports a failure that no vendor and no activity told us of: time has run out.
func unheard(err error) bool {
	var timeout *temporal.TimeoutError
	var app *temporal.ApplicationError
	return errors.As(err, &timeout) && !errors.As(err, &app)
}

// undelivered says why, and shows a snag where only a person can mend it.
func (r *pageRun) undelivered(now time.Time, n int, tried bool, err error) {
	f, kind := mirror.FailureOf(err)
	a := &r.s.Attempts[n]
	if kind != activities.ErrRetryable && !tried {
		a.Tried = false // it was refused, so there is nothing to take back
	}
	if !r.unanswered() {
		return // somebody has answered meanwhile, or nobody is wanted any more
	}
	r.s.Failure, r.s.Problem = kind, cmp.Or(f.Reason, "no answer")
	if kind == activities.ErrRetryable {
		return
	}
	r.forgetUndelivered()
	r.s.Snags = append(r.s.Snags, incident.Snag{
		Mirror: undelivered, Step: "page " + a.Step, Reason: f.Reason, Mend: f.Mend, Since: now, Off: kind == activities.ErrOff,
	})
}

// undelivered names the snag of an attempt that needs a person. It is none of the pager
// mirror's own, whose steps succeed when they have moved on to the next attempt.
const undelivered = "paging"

func (r *pageRun) forgetUndelivered() {
	r.s.Snags = slices.DeleteFunc(r.s.Snags, func(s incident.Snag) bool { return s.Mirror == undelivered })
}

func (r *pageRun) waitForAnswer() mirror.Action {
	return &mirror.Wait{
		Until: r.s.Deadline, Summary: "acknowledgement by " + r.in.Target.Name,
		Done: func(time.Time) { r.s.Deadline = time.Time{} },
	}
}

func (r *pageRun) unanswered() bool {
	return r.s.Status == incident.PagePaging || r.s.Status == incident.PageUnanswered
}

// open lists the attempts that may be open at the pager.
func (r *pageRun) open() []activities.PageHandle {
	var out []activities.PageHandle
	for _, a := range r.s.Attempts {
		if a.Tried {
			out = append(out, a.PageHandle)
		}
	}
	return out
}

// unacked lists the attempts that may still be waking somebody at the pager.
func (r *pageRun) unacked() []activities.PageHandle {
	var out []activities.PageHandle
	for _, a := range r.s.Attempts {
		if a.Tried && !a.Acked {
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
		Summary: "withdraw the page to " + r.in.Target.Name,
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
		r.s.Attempts[k].Tried = false
	}
}
