package learning

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
)

// plan sets the due date where nobody has given one.
func (r *followUpRun) plan(now time.Time) {
	f := r.followUp()
	if f.Due != "" {
		return
	}
	start := f.ProposedAt
	if start.IsZero() {
		start = now
	}
	r.dueIn(start)
}

// dueIn sets the due date of the playbook, counted from a moment.
func (r *followUpRun) dueIn(start time.Time) {
	c := r.calendar()
	r.s.DueAt = c.Add(start, r.in.Policy.Due)
	r.followUp().Due = incident.Date(r.s.DueAt.Format(time.DateOnly))
	r.s.OwnDue = r.followUp().Due
}

// dueAfterDecision moves a due date that nobody gave and that has passed before anybody decided:
// nothing is overdue before it was decided.
func (r *followUpRun) dueAfterDecision(now time.Time) {
	if f := r.followUp(); f.Due == r.s.OwnDue && !now.Before(r.dueEnd()) {
		r.dueIn(now)
	}
}

// dueFrom is when it counts as due: from the morning of its day on, so that a digest of that day
// says so, or at the exact moment to which a playbook of hours or seconds leads.
func (r *followUpRun) dueFrom() time.Time {
	if r.exact() {
		return r.s.DueAt
	}
	return r.dueDay()
}

// soonFrom is when its owner is reminded that it will be due: some days before, in the morning.
func (r *followUpRun) soonFrom() time.Time {
	if r.exact() {
		return r.calendar().Sub(r.s.DueAt, r.in.Policy.Nudge)
	}
	c := r.calendar()
	noon := r.dueDay().Add(12 * time.Hour) // within the day, whatever the clocks do
	return r.morning(c.Sub(noon, r.in.Policy.Nudge), r.in.Policy.Nudge)
}

// dueEnd is when the due day is over.
func (r *followUpRun) dueEnd() time.Time {
	if r.exact() {
		return r.s.DueAt
	}
	return startOfDay(r.dueDay().Add(36 * time.Hour))
}

// dueDay is the beginning of the due day.
func (r *followUpRun) dueDay() time.Time {
	day, err := time.ParseInLocation(time.DateOnly, string(r.followUp().Due), r.calendar().Location())
	if err != nil {
		return r.s.DueAt
	}
	return startOfDay(day.Add(12 * time.Hour))
}

// exact reports whether the due date is the exact moment of a playbook that counts in less than days.
func (r *followUpRun) exact() bool {
	return r.followUp().Due == r.s.OwnDue && !inDays(r.in.Policy.Due) && !r.s.DueAt.IsZero()
}

// decideFrom is when a decision is asked for: once it has soaked, or so early that it can still be
// done in time.
func (r *followUpRun) decideFrom(now time.Time) time.Time {
	start := r.followUp().ProposedAt
	if start.IsZero() {
		start = now
	}
	soaked := r.morning(r.calendar().Add(start, r.in.Policy.Soak), r.in.Policy.Soak)
	if soon := r.soonFrom(); soon.Before(soaked) {
		soaked = soon
	}
	if soaked.Before(start) {
		return start
	}
	return soaked
}

// again is how long after one turn the next one asks.
func (r *followUpRun) again() playbook.Span {
	if r.in.Policy.Overdue.IsZero() {
		return playbook.BusinessDays(5)
	}
	return r.in.Policy.Overdue
}

// nextMorning is the morning of the day to which a span leads, or its moment when it counts in less.
func (r *followUpRun) nextMorning(from time.Time, s playbook.Span) time.Time {
	return r.morning(r.calendar().Add(from, s), s)
}

// morning is the beginning of a day to which a span of days led, so that the digest of that day
// has it, and the moment itself when the span counts in less than days.
func (r *followUpRun) morning(t time.Time, s playbook.Span) time.Time {
	if inDays(s) {
		return startOfDay(t)
	}
	return t
}

func inDays(s playbook.Span) bool { return s.IsBusiness() || s.Exact >= 24*time.Hour }

// startOfDay is the first moment of a local day, which is not midnight everywhere and always.
func startOfDay(t time.Time) time.Time {
	y, m, d := t.Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	if start.Day() != d { // the clocks skip midnight on that day
		start = time.Date(y, m, d, 1, 0, 0, 0, t.Location())
	}
	return start
}

func (r *followUpRun) calendar() playbook.Calendar { return r.calendarOf(r.decider(r.s.Chase)) }

func (r *followUpRun) calendarOf(who string) playbook.Calendar {
	if p, ok := r.in.People[who]; ok && p.Calendar.Zone != "" {
		return p.Calendar
	}
	return r.in.Calendar
}

// isChannel tells a chat channel from a person.
func isChannel(who string) bool { return who != "" && !strings.Contains(who, "@") }

// waitsFor says in the Web UI what comes next. It names days, since nothing wakes the workflow to
// say it anew.
func (r *followUpRun) waitsFor() string {
	f := r.followUp()
	if until := r.lingersUntil(); f.Status.Ended() && workflow.Now(r.ctx).Before(until) {
		return "nothing; until " + until.In(r.calendar().Location()).Format("2 January 2006") + " it can be reopened"
	}
	if f.Status.Ended() {
		return "nothing"
	}
	c := r.present(workflow.Now(r.ctx))
	next := r.nextAsk(c)
	if next.IsZero() {
		return "somebody who can be asked: nobody owns it, and the incident has no commander"
	}
	day := next.In(r.calendar().Location()).Format("2 January 2006")
	if f.Status == incident.FollowUpProposed {
		return "a decision, asked for from " + day + " on"
	}
	return "being done; its owner is asked next from " + day + " on"
}
