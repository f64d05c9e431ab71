package learning

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
)

// plan sets due date and the next moment from status and policy.
func (r *followUpRun) plan(now time.Time) {
	f, c := r.followUp(), r.calendar()
	start := f.ProposedAt
	if start.IsZero() {
		start = now
	}
	if f.Due == "" {
		r.s.DueAt = c.Add(start, r.in.Policy.Due)
		f.Due = incident.Date(r.s.DueAt.In(c.Location()).Format(time.DateOnly))
	} else if day, err := time.ParseInLocation(time.DateOnly, string(f.Due), c.Location()); err == nil {
		if r.s.DueAt.IsZero() || r.s.DueAt.In(c.Location()).Format(time.DateOnly) != string(f.Due) {
			r.s.DueAt = day.Add(time.Duration(c.End) * time.Minute)
		}
	}
	switch {
	case f.Status == incident.FollowUpProposed && !r.s.Soaked:
		r.s.NextAt = c.Add(start, r.in.Policy.Soak)
	case r.s.Nudges == 0:
		r.s.NextAt = c.Sub(r.s.DueAt, r.in.Policy.Nudge)
	}
	if f.Status != incident.FollowUpProposed {
		r.s.Soaked = true
	}
}

// askToDecide ends the soak.
func (r *followUpRun) askToDecide(now time.Time) {
	r.s.Soaked = true
	r.owe(r.decider(), "decide", "Decide about a follow-up of %s: accept it or drop it with a reason", incident.Key(r.in.Incident))
	r.s.NextAt = r.calendar().Sub(r.s.DueAt, r.in.Policy.Nudge)
	if !r.s.NextAt.After(now) {
		r.s.NextAt = now
	}
}

// nudge reminds of the due date before it comes.
func (r *followUpRun) nudge() {
	r.s.Nudges++
	r.owe(r.decider(), "due", "Due %s", r.followUp().Due)
	r.s.NextAt = r.s.DueAt
}

// nudgeOverdue reminds of a due date that has passed, and tells the commander too once its owner
// was reminded as often as the playbook says.
func (r *followUpRun) nudgeOverdue(now time.Time) {
	f := r.followUp()
	r.s.Nudges++
	r.owe(r.decider(), "due", "Overdue since %s", f.Due)
	if r.s.Nudges > r.in.Policy.EscalateAfter && r.in.Policy.EscalateAfter > 0 && r.s.Brief.Commander != f.Owner {
		r.owe(r.s.Brief.Commander, "overdue", "Overdue since %s, owner %s", f.Due, cmp.Or(f.Owner, "nobody"))
	}
	wait := r.in.Policy.Overdue
	if wait.IsZero() {
		wait = playbook.Span{Exact: 5 * 24 * time.Hour}
	}
	r.s.NextAt = r.calendar().Add(now, wait)
}

func (r *followUpRun) waitsFor() string {
	f := r.followUp()
	switch {
	case f.Status.Ended() && workflow.Now(r.ctx).Before(r.lingersUntil()):
		return "nothing; until " + r.lingersUntil().UTC().Format("2 Jan 2006") + " it can be reopened"
	case f.Status.Ended():
		return "nothing"
	case r.s.Brief.RemindersPaused(workflow.Now(r.ctx)):
		return "the end of the pause of reminders"
	case f.Status == incident.FollowUpProposed && !r.s.Soaked:
		return "soaking until a decision is asked for"
	case workflow.Now(r.ctx).Before(r.s.DueAt):
		return "its due date, " + string(f.Due)
	}
	return "being done: it is overdue since " + string(f.Due)
}
