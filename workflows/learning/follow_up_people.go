package learning

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
	"muster/workflows/mirror"
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

// forgetWishes forgets what nobody needs to hear any more, once the follow-up has ended.
func (r *followUpRun) forgetWishes() {
	if r.followUp().Status.Ended() {
		r.s.Wishes = nil
	}
}

// tellPeople tells people what they owe, and takes it back when the follow-up has ended.
func (r *followUpRun) tellPeople() mirror.Action {
	if r.followUp().Status.Ended() {
		return r.takeBack()
	}
	if len(r.s.Wishes) == 0 || r.s.Brief.RemindersPaused(workflow.Now(r.ctx)) {
		return nil
	}
	w := r.s.Wishes[0]
	return r.tell(w, func() {
		if len(r.s.Wishes) > 0 { // they are forgotten when it ends
			r.s.Wishes = r.s.Wishes[1:]
		}
		r.s.Owed = slices.DeleteFunc(r.s.Owed, func(o owed) bool { return o.Person == w.Person })
		until := r.calendarOf(w.Person).NextWorking(workflow.Now(r.ctx).Add(api.Bundle)).Add(digestGrace)
		r.s.Owed = append(r.s.Owed, owed{Person: w.Person, Until: until})
	})
}

// takeBack settles what somebody was told and has perhaps not read yet.
func (r *followUpRun) takeBack() mirror.Action {
	now := workflow.Now(r.ctx)
	k := slices.IndexFunc(r.s.Owed, func(o owed) bool { return now.Before(o.Until) })
	if k < 0 {
		return nil
	}
	w := wish{Person: r.s.Owed[k].Person, Owed: api.OwedInput{Key: r.owedKey(""), Settled: true}}
	return r.tell(w, func() {
		r.s.Owed = slices.DeleteFunc(r.s.Owed, func(o owed) bool { return o.Person == w.Person })
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

func (r *followUpRun) tell(w wish, said func()) mirror.Action {
	return &mirror.Call{
		Name: "tell " + w.Person, Queue: api.QueueMuster, Class: mirror.ClassSet, Summary: "tell " + w.Person + " in their digest",
		Run: func(ctx workflow.Context, _ bool) error {
			// Most people have a workflow already; only the first time it must be started.
			err := workflow.SignalExternalWorkflow(ctx, api.PersonID(w.Person), "", api.Owed, w.Owed).Get(ctx, nil)
			if temporal.IsCanceledError(err) {
				return err
			}
			if err != nil && !w.Owed.Settled {
				err = workflow.ExecuteActivity(ctx, mirror.Directory.TellPerson, activities.TellPersonInput{Person: w.Person, Owed: w.Owed}).Get(ctx, nil)
			} else {
				err = nil // somebody without a workflow owes nothing
			}
			if err == nil {
				said()
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
