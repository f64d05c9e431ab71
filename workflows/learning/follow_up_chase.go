package learning

import (
	"fmt"
	"slices"
	"time"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// chase is how far people were asked about a follow-up. It holds no timer: a digest asks what is
// due every morning, so all that is kept is from when on somebody is asked, and who was told.
type chase struct {
	// Owner, Status, Due and SnoozedUntil are what the chase goes by; when the facts differ it
	// begins anew.
	Owner        string                  `json:"owner,omitempty"`
	Status       incident.FollowUpStatus `json:"status,omitempty"`
	Due          incident.Date           `json:"due,omitempty"`
	SnoozedUntil time.Time               `json:"snoozed_until,omitzero"`
	// Begun counts the beginnings, Turn the times of asking since the last one.
	Begun int `json:"begun,omitempty"`
	Turn  int `json:"turn,omitempty"`
	// From is from when on this turn asks, Told whom it has told, Next when the next turn begins:
	// zero until somebody was told.
	From time.Time `json:"from,omitzero"`
	Told []string  `json:"told,omitempty"`
	Next time.Time `json:"next,omitzero"`
	// Unknown are people whom chat does not know.
	Unknown []string `json:"unknown,omitempty"`
	// Heir is the new owner who does not know yet, since when; Handed counts them.
	Heir   string    `json:"heir,omitempty"`
	HeirAt time.Time `json:"heir_at,omitzero"`
	Handed int       `json:"handed,omitempty"`
	// Failed are the digests that could not tell somebody.
	Failed []failedDigest `json:"failed,omitempty"`
}

type failedDigest struct {
	Person string `json:"person"`
	Digest string `json:"digest"`
}

// The turns of an accepted follow-up; those after them are overdue.
const (
	turnSoon = iota
	turnDue
	turnOverdue
)

// catchUp takes in what has changed in the facts, whoever changed it: the incident's people, or
// somebody in the tracker.
func (r *followUpRun) catchUp(now time.Time) {
	f, c := r.followUp(), &r.s.Chase
	if f.Owner != c.Owner {
		r.handOver(now)
	}
	if f.Status != c.Status || f.Due != c.Due || !f.SnoozedUntil.Equal(c.SnoozedUntil) || c.Begun == 0 {
		if c.Status == incident.FollowUpProposed && f.Status == incident.FollowUpAccepted {
			r.dueAfterDecision(now)
		}
		c.Status, c.Due, c.SnoozedUntil = f.Status, f.Due, f.SnoozedUntil
		r.begin(now)
	}
}

// handOver goes on with a new owner, who hears of it at once unless it was their own doing. The
// former one is asked no more. What was overdue is overdue still, but it escalates anew.
func (r *followUpRun) handOver(now time.Time) {
	f, c := r.followUp(), &r.s.Chase
	first := c.Begun == 0
	c.Owner, c.Heir, c.HeirAt = f.Owner, "", time.Time{}
	r.forgetFailures()
	if first && f.Status == incident.FollowUpProposed {
		return // it rests before anybody decides about it
	}
	by := f.ChangedBy
	if r.s.AtVendor { // where it may not be known
		by = r.s.By
	}
	if first {
		by = f.ProposedBy.Person
	}
	if f.Owner != "" && f.Owner != incident.NormalPerson(by) {
		c.Heir, c.HeirAt = f.Owner, now
		c.Handed++
	}
	if !first && c.Status == incident.FollowUpAccepted {
		c.Turn, c.Told, c.Next = min(c.Turn, turnOverdue), nil, time.Time{}
		c.Begun++
	}
}

// begin asks anew: the status, the due date or the snooze has changed.
func (r *followUpRun) begin(now time.Time) {
	c := &r.s.Chase
	c.Begun++
	c.Turn, c.Told, c.Next = turnSoon, nil, time.Time{}
	switch c.Status {
	case incident.FollowUpProposed:
		c.From = r.decideFrom(now)
	case incident.FollowUpAccepted:
		c.From = earlier(r.soonFrom(), r.dueFrom())
	default:
		c.Heir, c.Told = "", nil
		r.forgetFailures()
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// present is the turn at a moment. It changes nothing: queries ask for it too.
func (r *followUpRun) present(at time.Time) chase {
	c := r.s.Chase
	if c.Status == incident.FollowUpAccepted && c.Turn == turnSoon && !at.Before(r.dueFrom()) {
		c.Turn, c.From, c.Told, c.Next = turnDue, r.dueFrom(), nil, time.Time{}
	}
	if !c.Next.IsZero() && !at.Before(c.Next) {
		c.Turn, c.From, c.Told, c.Next = c.Turn+1, c.Next, nil, time.Time{}
	}
	return c
}

// turn names a time of asking, heirTurn that of telling a new owner.
func (c *chase) turn() string { return fmt.Sprintf("%d/%d", c.Begun, c.Turn) }

func (r *followUpRun) heirTurn(c chase) string { return fmt.Sprintf("owner/%d", c.Handed) }

// asked are those whom a turn asks, the first of them in the first place: who must decide or do it,
// and those to whom the playbook escalates it by then. Where nobody is to be found, the first of those
// who are is asked at once.
func (r *followUpRun) asked(c chase) []string {
	if c.Status.Ended() || c.Status == "" {
		return nil
	}
	var out []string
	if first := r.decider(c); first != "" {
		out = append(out, first)
	}
	further := r.steps(c)
	for _, step := range r.in.Policy.Escalate {
		p := r.reachable(step)
		if p == "" || slices.Contains(out, p) || slices.Contains(c.Unknown, p) {
			continue
		}
		if further == 0 && len(out) > 0 {
			break
		}
		out, further = append(out, p), max(further-1, 0)
	}
	return out
}

// steps is how many more people a turn asks: one for each reminder after the first so many.
func (r *followUpRun) steps(c chase) int {
	reminders := c.Turn + 1
	if c.Status == incident.FollowUpAccepted {
		reminders -= turnOverdue
	}
	if r.in.Policy.EscalateAfter <= 0 {
		return 0
	}
	return max(reminders-r.in.Policy.EscalateAfter, 0)
}

// reachable is whom a step of the escalation means now. Channels hear nothing of private incidents.
func (r *followUpRun) reachable(step string) string {
	switch {
	case step == playbook.EscalateCommander:
		return person(r.s.Brief.Commander)
	case isChannel(step) && r.s.Brief.Private:
		return ""
	}
	return step
}

// decider is whom it asks first: for the decision the commander as it is now, afterwards the
// owner, and who proposed it when there is neither.
func (r *followUpRun) decider(c chase) string {
	f := r.followUp()
	order := []string{f.Owner, r.s.Brief.Commander, f.ProposedBy.Person}
	if c.Status == incident.FollowUpProposed {
		order = []string{r.s.Brief.Commander, f.Owner, f.ProposedBy.Person}
	}
	for _, p := range order {
		if p = person(p); p != "" && !slices.Contains(c.Unknown, p) {
			return p
		}
	}
	return ""
}

// person is an e-mail address that can be written to, or "".
func person(p string) string {
	if incident.CheckPerson("", p) != nil {
		return ""
	}
	return incident.NormalPerson(p)
}

// told takes in what became of a line. An old turn, or one that was told already, changes nothing.
func (r *followUpRun) told(in api.ToldInput) error {
	who := in.Person
	if !isChannel(who) {
		who = incident.NormalPerson(who)
	}
	c := r.present(in.At)
	if in.Turn == r.heirTurn(c) && who == c.Heir {
		in.Turn = c.turn()
	}
	if in.Turn != c.turn() || !(slices.Contains(r.asked(c), who) || who == c.Heir) {
		return nil
	}
	r.s.Chase = c
	switch {
	case in.Unknown:
		r.unknown(who)
	case in.Snag != "":
		r.failed(who, in)
	default:
		r.heard(who, in.At)
	}
	return nil
}

// heard notes that a person knows.
func (r *followUpRun) heard(who string, at time.Time) {
	c := &r.s.Chase
	r.mended(who)
	if who == c.Heir {
		c.Heir, c.HeirAt = "", time.Time{}
	}
	if at.Before(r.askedFrom(*c)) || slices.Contains(c.Told, who) || !slices.Contains(r.asked(*c), who) {
		return
	}
	c.Told = append(slices.Clone(c.Told), who)
	if !c.Next.IsZero() {
		return
	}
	c.Next = r.nextMorning(at, r.again())
	if c.Status == incident.FollowUpAccepted && c.Turn == turnSoon {
		c.Next = r.dueFrom()
	}
}

// askedFrom is from when on a turn asks: never while it is snoozed, or reminders rest.
func (r *followUpRun) askedFrom(c chase) time.Time {
	return r.afterRest(c.From)
}

func (r *followUpRun) afterRest(t time.Time) time.Time {
	for _, rest := range []time.Time{r.followUp().SnoozedUntil, r.s.Brief.RemindersPausedUntil} {
		if rest.After(t) {
			t = rest
		}
	}
	return t
}

// nextAsk is from when on somebody is asked the next time, zero for never.
func (r *followUpRun) nextAsk(c chase) time.Time {
	people := r.asked(c)
	switch {
	case c.Heir != "":
		return c.HeirAt
	case len(people) == 0:
		return time.Time{}
	case slices.ContainsFunc(people, func(p string) bool { return !slices.Contains(c.Told, p) }):
		return r.askedFrom(c)
	}
	return r.afterRest(c.Next)
}
