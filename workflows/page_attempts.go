package workflows

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// pagerStep keeps the pager in line with the page: attempts are made while nobody has answered,
// acknowledged when somebody did so in Muster, and resolved when the page is withdrawn.
func (r *pageRun) pagerStep() *step {
	switch r.s.Status {
	case incident.PageWaiting:
		return r.untilMorning()
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

func (r *pageRun) untilMorning() *step {
	until := r.s.NotBefore
	return &step{name: "wait for the next business morning", run: func(ctx workflow.Context, _ bool) error {
		r.keeper.calls-- // waiting is no call in flight: a continue-as-new may come
		defer func() { r.keeper.calls++ }()
		_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
			Timeout:      max(until.Sub(workflow.Now(ctx)), time.Millisecond),
			TimerOptions: workflow.TimerOptions{Summary: "page on the next business morning"},
		}, func() bool { return r.s.Status != incident.PageWaiting || r.keeper.stopped })
		if err == nil && r.s.Status == incident.PageWaiting && !r.keeper.stopped {
			r.s.Status = incident.PagePaging
		}
		return err
	}}
}

// reach makes the next attempt, or waits for an answer to the present one.
func (r *pageRun) reach() *step {
	if !r.s.Deadline.IsZero() {
		return r.waitForAnswer()
	}
	if r.s.Current >= r.chain() {
		if r.s.Status == incident.PageUnanswered {
			return r.again()
		}
		return &step{name: "give up", run: func(workflow.Context, bool) error {
			r.s.Status = incident.PageUnanswered
			r.s.Chains++
			return nil
		}}
	}
	return r.attempt(r.s.Current)
}

// chain is how many attempts the playbook wants: every step, as often as it says.
func (r *pageRun) chain() int { return len(r.in.Target.Steps) * max(r.in.Target.Rounds, 1) }

func (r *pageRun) attempt(n int) *step {
	for len(r.s.Attempts) <= n {
		k := len(r.s.Attempts)
		s := r.in.Target.Steps[k%len(r.in.Target.Steps)]
		r.s.Attempts = append(r.s.Attempts, attempt{
			Step: s.Name,
			PageHandle: activities.PageHandle{
				Key:        api.VendorKey(r.in.Settings.Installation, api.PageID(r.in.Incident, r.in.Page), fmt.Sprintf("attempt/%d", k+1)),
				Credential: s.Credential,
			},
		})
	}
	a := &r.s.Attempts[n]
	in := activities.TriggerPageInput{Call: r.in.Call, Tried: a.Tried}
	in.Call.Key, in.Call.Credential = a.Key, a.Credential
	return &step{
		name: fmt.Sprintf("page %s via %s, attempt %d", r.in.Target.Name, a.Step, n+1),
		call: call{queue: api.QueuePager, class: classPage, summary: fmt.Sprintf("page %s, attempt %d", a.Step, n+1)},
		run: func(ctx workflow.Context, _ bool) error {
			a := &r.s.Attempts[n]
			a.Tried = true
			var found incident.PageState
			err := workflow.ExecuteActivity(ctx, paging.TriggerPage, in).Get(ctx, &found)
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
	wait := r.in.Calendar.Add(now, r.in.Target.AckWithin).Sub(now)
	r.s.Deadline = now.Add(max(wait, time.Second))
	if a.Acked = answered(found); a.Acked && r.s.Status != incident.PageWithdrawn {
		r.taken(found)
	}
}

// unheard reports a failure that no vendor and no activity told us of: time has run out.
func unheard(err error) bool {
	var timeout *temporal.TimeoutError
	var app *temporal.ApplicationError
	return errors.As(err, &timeout) && !errors.As(err, &app)
}

// undelivered says why, and shows a snag where only a person can mend it.
func (r *pageRun) undelivered(now time.Time, n int, tried bool, err error) {
	f, kind := failureOf(err)
	r.s.Failure, r.s.Problem = kind, orElse(f.Reason, "no answer")
	if kind == activities.ErrRetryable {
		return
	}
	a := &r.s.Attempts[n]
	if !tried {
		a.Tried = false // it was refused, so there is nothing to take back
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

func (r *pageRun) waitForAnswer() *step {
	deadline := r.s.Deadline
	return &step{name: "wait for an acknowledgement", run: func(ctx workflow.Context, _ bool) error {
		r.keeper.calls--
		defer func() { r.keeper.calls++ }()
		_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
			Timeout:      max(deadline.Sub(workflow.Now(ctx)), time.Millisecond),
			TimerOptions: workflow.TimerOptions{Summary: "acknowledgement by " + r.in.Target.Name},
		}, func() bool { return !r.unanswered() || r.keeper.stopped || !r.s.Deadline.Equal(deadline) })
		if err == nil {
			r.s.Deadline = time.Time{}
		}
		return err
	}}
}

func (r *pageRun) unanswered() bool {
	return r.s.Status == incident.PagePaging || r.s.Status == incident.PageUnanswered
}

// again tries what could not be delivered anew after a while: the pager was away, or refuses us
// until a person has mended something. Attempts keep their keys, so nobody is paged twice for
// it. The page stays unanswered meanwhile, which people were told in chat once. What was
// delivered and not answered is not repeated for ever.
func (r *pageRun) again() *step {
	if r.s.delivered() == len(r.s.Attempts) {
		return nil
	}
	return &step{name: "try the pager again", run: func(ctx workflow.Context, _ bool) error {
		r.keeper.calls--
		defer func() { r.keeper.calls++ }()
		asked := r.s.Keeper.Asked
		ready := func() bool { return !r.unanswered() || r.keeper.stopped || r.s.Keeper.Asked != asked }
		var err error
		if wait := r.chainWait(); wait == 0 {
			err = workflow.Await(ctx, ready)
		} else {
			_, err = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
				Timeout: wait, TimerOptions: workflow.TimerOptions{Summary: "try the pager again"},
			}, ready)
		}
		if err == nil && r.unanswered() {
			r.s.Chains++
			r.s.Current = slices.IndexFunc(r.s.Attempts, func(a attempt) bool { return !a.Delivered })
		}
		return err
	}}
}

// pagerWaits are shorter than other outages' waits: somebody still sleeps who should not.
var pagerWaits = []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// chainWait is the wait before the chain is gone through again, 0 for until a person asks.
func (r *pageRun) chainWait() time.Duration {
	switch r.s.Failure {
	case activities.ErrOff:
		return 0
	case activities.ErrPermanent, activities.ErrCredential, activities.ErrGone:
		return scaled(nth(snagWaits, max(r.s.Chains, 1)), r.in.Scale)
	}
	return scaled(nth(pagerWaits, max(r.s.Chains, 1)), r.in.Scale)
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

func (r *pageRun) acknowledge(open []activities.PageHandle) *step {
	return &step{
		name: "acknowledge at the pager",
		call: call{queue: api.QueuePager, class: classSet, summary: "acknowledge: taken by " + orElse(r.s.By, "somebody")},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, paging.AcknowledgePages, open).Get(ctx, nil)
			if err == nil {
				for k := range r.s.Attempts {
					r.s.Attempts[k].Acked = r.s.Attempts[k].Acked || r.s.Attempts[k].Tried
				}
			}
			return err
		},
	}
}

func (r *pageRun) withdraw(open []activities.PageHandle) *step {
	return &step{
		name: "withdraw the page",
		call: call{queue: api.QueuePager, class: classSet, summary: "withdraw the page to " + r.in.Target.Name},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, paging.ResolvePages, open).Get(ctx, nil)
			if err == nil {
				for k := range r.s.Attempts {
					r.s.Attempts[k].Tried = false // it is over at the pager
				}
			}
			return err
		},
	}
}
