package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// wish is one thing to tell a person.
type wish struct {
	Person string        `json:"person"`
	Owed   api.OwedInput `json:"owed"`
}

// owed is a person who was told of this follow-up, and when their digest has surely gone out:
// what is settled after that is no news to them.
type owed struct {
	Person string    `json:"person"`
	Until  time.Time `json:"until"`
}

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

// tick is called when the planned moment has come.
func (r *followUpRun) tick(now time.Time) {
	f, c := r.followUp(), r.calendar()
	if f.Status.Ended() || r.s.NextAt.IsZero() || now.Before(r.s.NextAt) {
		return
	}
	defer r.describe()
	if f.Status == incident.FollowUpProposed && !r.s.Soaked {
		r.s.Soaked = true
		r.owe(r.decider(), "decide", "Decide about a follow-up of %s: accept it or drop it with a reason", incident.Key(r.in.Incident))
		r.s.NextAt = c.Sub(r.s.DueAt, r.in.Policy.Nudge)
		if !r.s.NextAt.After(now) {
			r.s.NextAt = now
		}
		return
	}
	r.s.Nudges++
	if now.Before(r.s.DueAt) {
		r.owe(r.decider(), "due", "Due %s", f.Due)
		r.s.NextAt = r.s.DueAt
		return
	}
	r.owe(r.decider(), "due", "Overdue since %s", f.Due)
	if r.s.Nudges > r.in.Policy.EscalateAfter && r.in.Policy.EscalateAfter > 0 && r.s.Brief.Commander != f.Owner {
		r.owe(r.s.Brief.Commander, "overdue", "Overdue since %s, owner %s", f.Due, orElse(f.Owner, "nobody"))
	}
	wait := r.in.Policy.Overdue
	if wait.IsZero() {
		wait = playbook.Span{Exact: 5 * 24 * time.Hour}
	}
	r.s.NextAt = c.Add(now, wait)
}

// owe notes what a person is to be told, in their own digest.
func (r *followUpRun) owe(person, what, format string, args ...any) {
	if person == "" {
		return
	}
	f := r.followUp()
	o := api.OwedInput{
		Key:      r.owedKey(what),
		Text:     fmt.Sprintf("%s: %s", f.Title, fmt.Sprintf(format, args...)),
		Due:      f.Due,
		Calendar: r.calendarOf(person),
	}
	if f.Issue.URL != "" {
		o.Link = incident.Link{Label: f.Issue.Key, URL: f.Issue.URL}
	}
	r.s.Wishes = append(r.s.Wishes, wish{Person: person, Owed: o})
}

// peopleStep tells people what they owe, and takes it back when the follow-up has ended.
func (r *followUpRun) peopleStep() *step {
	if r.followUp().Status.Ended() {
		r.s.Wishes = nil
		if len(r.s.Owed) == 0 {
			return nil
		}
		now := workflow.Now(r.ctx)
		k := slices.IndexFunc(r.s.Owed, func(o owed) bool { return now.Before(o.Until) })
		if k < 0 {
			return nil
		}
		w := wish{Person: r.s.Owed[k].Person, Owed: api.OwedInput{Key: r.owedKey(""), Settled: true}}
		return r.tell(w, func() { r.s.Owed = slices.Delete(r.s.Owed, k, k+1) })
	}
	if len(r.s.Wishes) == 0 {
		return nil
	}
	w := r.s.Wishes[0]
	return r.tell(w, func() {
		r.s.Wishes = r.s.Wishes[1:]
		r.s.Owed = slices.DeleteFunc(r.s.Owed, func(o owed) bool { return o.Person == w.Person })
		until := r.calendarOf(w.Person).NextWorking(workflow.Now(r.ctx).Add(bundle)).Add(digestGrace)
		r.s.Owed = append(r.s.Owed, owed{Person: w.Person, Until: until})
	})
}

// digestGrace is how long after its time a digest is still taken for not sent.
const digestGrace = time.Hour

// owedKey names what a person owes of this follow-up; without a part, everything.
func (r *followUpRun) owedKey(part string) string {
	id := api.FollowUpID(r.in.Incident, r.followUp().Number)
	if part == "" {
		return id
	}
	return id + "/" + part
}

func (r *followUpRun) tell(w wish, told func()) *step {
	return &step{
		name: "tell " + w.Person,
		call: call{queue: api.QueueMuster, class: classSet, summary: "tell " + w.Person + " in their digest"},
		run: func(ctx workflow.Context, _ bool) error {
			// Most people have a workflow already; only the first time it must be started.
			err := workflow.SignalExternalWorkflow(ctx, api.PersonID(w.Person), "", api.Owed, w.Owed).Get(ctx, nil)
			if err != nil && !w.Owed.Settled {
				err = workflow.ExecuteActivity(ctx, directory.TellPerson, activities.TellPersonInput{Person: w.Person, Owed: w.Owed}).Get(ctx, nil)
			} else {
				err = nil // somebody without a workflow owes nothing
			}
			if err == nil {
				told()
			}
			return err
		},
	}
}

// decider is the owner, or the commander while nobody owns it, or who proposed it.
func (r *followUpRun) decider() string {
	f := r.followUp()
	for _, p := range []string{f.Owner, r.s.Brief.Commander, incident.NormalPerson(f.ProposedBy.Person)} {
		if incident.CheckPerson("", p) == nil {
			return p
		}
	}
	return ""
}

func (r *followUpRun) calendar() playbook.Calendar { return r.calendarOf(r.decider()) }

func (r *followUpRun) calendarOf(person string) playbook.Calendar {
	if p, ok := r.in.People[person]; ok && p.Calendar.Zone != "" {
		return p.Calendar
	}
	return r.in.Calendar
}

func (r *followUpRun) waitsFor() string {
	f := r.followUp()
	switch {
	case f.Status.Ended():
		return "nothing"
	case f.Status == incident.FollowUpProposed && !r.s.Soaked:
		return "soaking until a decision is asked for"
	case workflow.Now(r.ctx).Before(r.s.DueAt):
		return "its due date, " + string(f.Due)
	}
	return "being done: it is overdue since " + string(f.Due)
}

// issue is the follow-up's issue as the tracker should have it.
func (r *followUpRun) issue() incident.Issue {
	f := r.followUp()
	return incident.Issue{
		Key:         api.VendorKey(r.in.Settings.Installation, api.FollowUpID(r.in.Incident, f.Number), ""),
		Project:     r.in.Tracker.Project,
		Type:        r.in.Tracker.FollowUpType,
		Summary:     f.Title,
		Description: []string{fmt.Sprintf("Follow-up %d of %s %s.", f.Number, incident.Key(r.in.Incident), r.in.Title)},
		Labels:      append([]string{"muster", "follow-up"}, r.in.Tracker.Labels...),
		Parent:      r.s.Brief.Parent,
		Owner:       f.Owner,
		Due:         f.Due,
		Fields:      r.in.Tracker.FollowUpFields,
	}
}

// trackerStep keeps the child issue. It waits for the parent: a child cannot be made without.
func (r *followUpRun) trackerStep() *step {
	f := r.followUp()
	if r.in.Tracker.Project == "" || (r.s.Brief.Parent == "" && f.Issue.Key == "") {
		return nil
	}
	if f.Issue.Key == "" {
		if f.Status.Ended() && !slices.Contains(r.s.Keeper.tried("tracker"), "create the issue") {
			return nil
		}
		return createChildIssue(r.issue(), func(ref incident.IssueRef, mark string) {
			r.followUp().Issue, r.s.Issue = ref, mark
			r.findable(ref)
		})
	}
	if r.s.AtVendor {
		return nil // what ended at the tracker is known there
	}
	if issue := r.issue(); fingerprint(issue) != r.s.Issue {
		return updateChildIssue(f.Issue.Key, issue, func(mark string) { r.s.Issue = mark })
	}
	switch {
	case f.Status == incident.FollowUpDone && r.s.Goal != string(incident.GoalDone):
		return moveChildIssue(f.Issue.Key, incident.GoalDone, r.in.Tracker, func(g string) { r.s.Goal = g })
	case f.Status == incident.FollowUpDropped && r.s.Goal != string(incident.GoalDropped):
		return moveChildIssue(f.Issue.Key, incident.GoalDropped, r.in.Tracker, func(g string) { r.s.Goal = g })
	}
	return nil
}

// findable lets the Sweep find this workflow by its issue, and people by owner and due date.
func (r *followUpRun) findable(ref incident.IssueRef) {
	updates := []temporal.SearchAttributeUpdate{attrTracker.ValueSet(ref.Key), attrDue.ValueSet(r.s.DueAt)}
	if owner := r.followUp().Owner; owner != "" {
		updates = append(updates, attrOwner.ValueSet(owner))
	}
	if err := workflow.UpsertTypedSearchAttributes(r.ctx, updates...); err != nil {
		workflow.GetLogger(r.ctx).Error("search attributes not upserted", "error", err.Error())
	}
}
