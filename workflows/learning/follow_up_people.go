package learning

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// tellPeople says itself what cannot wait for a digest: to a new owner that it is theirs, and that a
// decision is needed today. It does so in the hours in which that came to be; what comes at night
// is in the digest of the morning.
func (r *followUpRun) tellPeople() mirror.Action {
	now := workflow.Now(r.ctx)
	c := r.present(now)
	switch {
	case c.Status.Ended():
		return nil
	case c.Heir != "" && sameHours(r.calendarOf(c.Heir), c.HeirAt, now):
		return r.tell(c.Heir, api.AskYours, "A follow-up is yours now", fmt.Sprintf("owner/%d", c.Handed))
	case r.pressing(c, now):
		return r.tell(r.decider(c), api.AskDecide, "A follow-up waits for your decision today", fmt.Sprintf("decide/%d", c.Begun))
	}
	return nil
}

// sameHours reports whether somebody has worked since a moment without going home.
func sameHours(c playbook.Calendar, since, now time.Time) bool {
	return c.Working(since) && c.Working(now) && !c.NextMorning(since).Before(now)
}

// pressing reports whether a decision would come too late in the next digest: it came to be asked
// for in today's hours, and will be due before the next morning.
func (r *followUpRun) pressing(c chase, now time.Time) bool {
	who := r.decider(c)
	if c.Status != incident.FollowUpProposed || who == "" || c.Turn > 0 || slices.Contains(c.Told, who) {
		return false
	}
	from, cal := r.askedFrom(c), r.calendarOf(who)
	return !now.Before(from) && sameHours(cal, from, now) && r.dueEnd().Before(cal.NextMorning(now))
}

func (r *followUpRun) tell(who string, ask api.Ask, headline, step string) mirror.Action {
	return &mirror.Call{
		Name: "tell " + who, Queue: api.QueueSlackWrite, Class: mirror.ClassCreate, Summary: "tell " + who,
		Run: func(ctx workflow.Context, tried bool) error {
			now := workflow.Now(ctx)
			line := r.line(who, ask, now)
			m := incident.Message{
				Key:      api.VendorKey(r.in.Settings.Installation, api.FollowUpID(r.in.Incident, r.followUp().Number), step),
				Headline: headline,
				Items:    []incident.Item{{Text: line.Text, Link: line.Link, Buttons: line.Buttons}},
			}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.SendDirect, activities.SendDirectInput{Person: who, Message: m, Tried: tried}).Get(ctx, nil)
			if err == nil {
				r.s.Chase = r.present(now)
				r.heard(who, now)
			}
			return err
		},
		Gone:    func(f activities.Failure) bool { return r.notFound(who, f) },
		Refused: func(f activities.Failure) bool { return r.notFound(who, f) },
	}
}

// notFound takes in that chat does not know somebody.
func (r *followUpRun) notFound(who string, f activities.Failure) bool {
	if f.Meaning != activities.PersonUnknown {
		return false
	}
	r.s.Chase = r.present(workflow.Now(r.ctx))
	r.unknown(who)
	return true
}

// missSomebody shows that there is nobody who can be asked.
func (r *followUpRun) missSomebody() {
	const part = "owner"
	c := r.s.Chase
	if c.Status.Ended() || len(r.asked(c)) > 0 {
		if r.s.Missing {
			r.run.ClearSnag(part)
			r.s.Missing = false
		}
		return
	}
	if r.s.Missing {
		return
	}
	r.s.Missing = true
	r.run.SetSnag(incident.Snag{
		Mirror: part, Step: "ask somebody about it", Reason: "nobody owns it, and the incident has no commander whom chat knows",
		Mend: "give it an owner, or name somebody under follow_ups.escalate in the playbook", Since: workflow.Now(r.ctx),
	})
}

// snagOf names the snag of somebody who could not be told.
const snagOf = "tell "

// unknown asks others in place of somebody whom chat does not know, and shows that.
func (r *followUpRun) unknown(who string) {
	c := &r.s.Chase
	if slices.Contains(c.Unknown, who) {
		return
	}
	c.Unknown = append(slices.Clone(c.Unknown), who)
	if c.Heir == who {
		c.Heir, c.HeirAt = "", time.Time{}
	}
	r.run.SetSnag(incident.Snag{
		Mirror: snagOf + who, Step: "tell " + who + " of their follow-up", Reason: "chat does not know them, or not any more",
		Mend: "give the follow-up to somebody else, or correct their address and retry", Since: workflow.Now(r.ctx),
	})
}

// failed shows that a digest could not tell somebody, and remembers it: a retry reaches it.
func (r *followUpRun) failed(who string, in api.ToldInput) {
	c := &r.s.Chase
	c.Failed = append(slices.DeleteFunc(slices.Clone(c.Failed), func(f failedDigest) bool { return f.Person == who }),
		failedDigest{Person: who, Digest: in.Digest})
	r.run.SetSnag(incident.Snag{Mirror: snagOf + who, Step: "tell " + who + " in their digest", Reason: in.Snag, Mend: in.Mend, Since: in.At})
}

// mended takes back that somebody could not be told.
func (r *followUpRun) mended(who string) {
	c := &r.s.Chase
	c.Failed = slices.DeleteFunc(slices.Clone(c.Failed), func(f failedDigest) bool { return f.Person == who })
	c.Unknown = slices.DeleteFunc(slices.Clone(c.Unknown), func(p string) bool { return p == who })
	r.run.ClearSnag(snagOf + who)
}

// forgetFailures takes back everything of that kind.
func (r *followUpRun) forgetFailures() {
	c := &r.s.Chase
	c.Failed, c.Unknown = nil, nil
	if r.run == nil {
		return
	}
	for _, s := range slices.Clone(r.s.Snags) {
		if strings.HasPrefix(s.Mirror, snagOf) {
			r.run.ClearSnag(s.Mirror)
		}
	}
}

// retry tries again what is stuck here, and in the digests that could not tell somebody. Whoever
// was not found is looked for again.
func (r *followUpRun) retry(in api.RetryInput) error {
	retried(r.run, &r.in.Tracker, in)
	r.child().putBack()
	for _, f := range r.s.Chase.Failed {
		if f.Digest == "" {
			continue
		}
		r.run.Go("retry "+f.Digest, func(ctx workflow.Context) {
			_ = workflow.SignalExternalWorkflow(ctx, f.Digest, "", api.Retry, nil).Get(ctx, nil) // one of yesterday has ended, and today's asks anew
		})
	}
	for _, p := range r.s.Chase.Unknown {
		r.mended(p)
	}
	return nil
}
