package paging

import (
	"fmt"
	"slices"
	"time"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
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
			return r.afterRaised(r.delivered(), r.acknowledge(open))
		}
	case incident.PageWithdrawn:
		if open := r.open(); open != nil {
			return r.afterRaised(false, r.withdraw(open))
		}
	}
	return nil
}

// waitForMorning holds the page until people work. The calendar is asked when the moment has
// come: Muster may have been away, and then it can be any hour of the night.
func (r *pageRun) waitForMorning() mirror.Action {
	return &mirror.Wait{
		Until: r.s.NotBefore, Summary: "page on the next business morning",
		Done: func(now time.Time) {
			if r.in.Calendar.Working(now) {
				r.s.Status = incident.PagePaging
				return
			}
			r.s.NotBefore = r.in.Calendar.NextWorking(now)
		},
	}
}

// reach makes the next attempt, or waits for an answer to the present one. Before anybody else is
// woken the pager is asked whether somebody has answered: its events can be lost. When the chain
// has come to its end, what could not be delivered is tried again soon, and the whole chain at
// growing intervals, until somebody comes.
func (r *pageRun) reach() mirror.Action {
	place, more := r.place()
	switch {
	case r.s.Look.Doubt:
		return r.settleDoubt()
	case r.worse() && !r.s.Deadline.IsZero():
		return r.attempt(r.s.Present, r.s.Place)
	case !r.s.Deadline.IsZero():
		return r.waitForAnswer()
	case r.s.Look.Due && r.looks():
		return r.lookNow()
	case r.s.Again, r.worse() && r.s.Resting:
		return &mirror.Decision{Name: "page again", Decide: func(time.Time) { r.goAgain() }}
	case more:
		return r.attempt(r.step(place), place+1)
	case !r.s.Resting:
		return &mirror.Decision{Name: "give up", Decide: r.giveUp}
	}
	return r.waitToGoOn()
}

// worse reports whether the incident has become worse since the present attempt went out: by its
// severity, or since what was said to be a drill is none.
func (r *pageRun) worse() bool {
	if r.s.Present >= len(r.s.Attempts) {
		return false
	}
	a := r.s.Attempts[r.s.Present]
	return a.Delivered && (r.s.Brief.Severity < a.Severity || a.Drill && r.s.Brief.Kind != incident.KindDrill)
}

// steps are those of the target, and then those of the last resort that lead elsewhere.
func (r *pageRun) steps() []playbook.PageStep {
	own := r.s.Brief.Target.Steps
	last := r.s.Brief.LastResort
	if last == nil || last.Name == r.s.Brief.Target.Name {
		return own
	}
	out := slices.Clone(own)
	for _, s := range last.Steps {
		if !slices.ContainsFunc(own, func(o playbook.PageStep) bool { return o.Credential == s.Credential && o.Reach == s.Reach }) {
			out = append(out, s)
		}
	}
	return out
}

// chain is how many places it has: the target's own steps as often as the playbook says, and then
// the last resort once.
func (r *pageRun) chain() int {
	own := len(r.s.Brief.Target.Steps)
	return own*max(r.s.Brief.Target.Rounds, 1) + len(r.steps()) - own
}

// step is the number, from 0, of the step at a place.
func (r *pageRun) step(place int) int {
	own := len(r.s.Brief.Target.Steps)
	if rounds := own * max(r.s.Brief.Target.Rounds, 1); place >= rounds {
		return own + place - rounds
	}
	return place % own
}

// place is the next place of the chain at which something is to be done. A pass that mends makes
// only what was not delivered; what was not delivered in the first round waits for such a pass, and
// what notifies nobody is not repeated.
func (r *pageRun) place() (int, bool) {
	for p := r.s.Place; p < r.chain(); p++ {
		k := r.step(p)
		var a attempt
		if k < len(r.s.Attempts) {
			a = r.s.Attempts[k]
		}
		repeats := p != k && k < len(r.s.Brief.Target.Steps)
		switch {
		case r.s.Mending && (repeats || a.Delivered):
		case repeats && (!a.Delivered || a.Silent):
		default:
			return p, true
		}
	}
	return 0, false
}

// giveUp says that nobody has come, and when it goes on.
func (r *pageRun) giveUp(now time.Time) {
	r.s.Status, r.s.Place, r.s.Mending, r.s.Resting = incident.PageUnanswered, r.chain(), false, true
	r.logAfterChain(now)
	if r.undeliveredSteps() {
		r.s.Failures++
		r.s.MendAt = r.mendAt(now)
	}
	if r.delivered() && !r.s.AgainAt.After(now) {
		r.s.AgainAt = now.Add(r.againWait())
	}
	if len(r.steps()) == 0 {
		r.s.Problem, r.s.MendAt = "the playbook names no way to reach "+r.s.Brief.Target.Name, mirror.Never
	}
}

func (r *pageRun) undeliveredSteps() bool {
	return slices.ContainsFunc(r.s.Attempts, func(a attempt) bool { return !a.Delivered })
}

func (r *pageRun) delivered() bool {
	return slices.ContainsFunc(r.s.Attempts, func(a attempt) bool { return a.Delivered })
}

// pagerWaits are shorter than other outages' waits: somebody still sleeps who should not.
var pagerWaits = []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// mendAt is when what was not delivered is tried again; a pager that is off waits for a person.
func (r *pageRun) mendAt(now time.Time) time.Time {
	switch r.s.Failure {
	case activities.ErrOff:
		return mirror.Never
	case activities.ErrPermanent, activities.ErrCredential, activities.ErrGone:
		return now.Add(mirror.Scaled(mirror.SnagWait(r.s.Failures), r.in.Scale))
	}
	return now.Add(mirror.Scaled(mirror.Nth(pagerWaits, r.s.Failures), r.in.Scale))
}

// maxAgainWait is the longest rest between two times through the whole chain.
const maxAgainWait = time.Hour

// againWait is how long the chain rests after having been gone through: as long as one attempt is
// waited for, twice as long after every further time, and an hour at most.
func (r *pageRun) againWait() time.Duration {
	wait := max(r.s.Brief.Target.AckWithin.Exact, time.Second)
	for range r.s.Lulls {
		if wait *= 2; wait >= maxAgainWait {
			return maxAgainWait
		}
	}
	return wait
}

// waitToGoOn rests until what was not delivered, or the whole chain, is due again, and looks
// meanwhile whether somebody has answered.
func (r *pageRun) waitToGoOn() mirror.Action {
	mend, again := r.s.MendAt, r.s.AgainAt
	w := &mirror.Wait{Until: again, Summary: "page " + r.targetName() + " again", OnRetry: !mend.IsZero()}
	if again.IsZero() || (!mend.IsZero() && mend.Before(again)) {
		w.Until, w.Summary = mend, "try the pager again"
	}
	w.Done = func(now time.Time) {
		if again.IsZero() || now.Before(again) {
			r.mend()
			return
		}
		r.s.Again, r.s.Look.Due = true, true
	}
	return r.orLook(w)
}

// mend goes through the steps that were not delivered.
func (r *pageRun) mend() {
	r.s.Mending, r.s.Resting, r.s.Place, r.s.MendAt = true, false, 0, time.Time{}
}

// goAgain goes through the whole chain once more. What was delivered before gets a new key, since
// the pager rings for an open one no more; the old one is ended there.
func (r *pageRun) goAgain() {
	r.s.Times++
	r.s.Lulls++
	r.s.Place, r.s.Mending, r.s.Again, r.s.Resting = 0, false, false, false
	r.s.Deadline, r.s.MendAt, r.s.AgainAt, r.s.Look = time.Time{}, time.Time{}, time.Time{}, look{}
	steps := r.steps() // which may have become fewer
	for k := range r.s.Attempts {
		a := &r.s.Attempts[k]
		if k < len(steps) && !a.Delivered && !a.Acked {
			continue
		}
		r.s.Stale = append(r.s.Stale, a.PageHandle)
		*a = attempt{Step: a.Step, PageHandle: r.handle(k)}
	}
	r.s.Attempts = r.s.Attempts[:min(len(r.s.Attempts), len(steps))]
}

// handle names the attempt of a step at the pager, this time through the chain.
func (r *pageRun) handle(k int) activities.PageHandle {
	name := fmt.Sprintf("attempt/%d", k+1)
	if r.s.Times > 0 {
		name += fmt.Sprintf("/again/%d", r.s.Times)
	}
	h := activities.PageHandle{Key: api.VendorKey(r.in.Settings.Installation, api.PageID(r.in.Incident, r.s.Brief.Page.Number), name)}
	if steps := r.steps(); k < len(steps) {
		h.Credential, h.Reach = steps[k].Credential, steps[k].Reach
	}
	return h
}

// planned is the attempt of a step, as it was made or as it will be.
func (r *pageRun) planned(k int) attempt {
	if k < len(r.s.Attempts) {
		return r.s.Attempts[k]
	}
	return attempt{Step: r.steps()[k].Name, PageHandle: r.handle(k)}
}
