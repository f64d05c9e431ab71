// Package digest holds the workflows that tell people what they are owed: a time zone's morning, one
// person's message of one day, and the weekly report. What a person is owed is a question that is
// asked every morning, so nothing here outlives a day.
package digest

import (
	"errors"
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

const (
	// again is how long after a morning in which something could not be asked it is asked anew, and
	// askings how often at most.
	again   = 15 * time.Minute
	askings = 4
	// perRun bounds the digests that one run starts, so that its history stays short, and perPerson
	// the lines that one of them is given; of those that exceed it only their number is told.
	perRun    = 1000
	perPerson = 50
)

type digestRun struct {
	ctx workflow.Context
	in  api.DigestInput
	s   *api.DigestState
}

// Digest is a time zone's morning. It asks what is due, and starts the digest of each person who is
// owed something and works on that day. Whatever it cannot find out today is asked tomorrow again:
// only what was told is taken for told.
func Digest(ctx workflow.Context, in api.DigestInput) error {
	ctx = mirror.Lasting(ctx)
	r := &digestRun{ctx: ctx, in: in, s: in.State}
	if r.s == nil {
		r.s = &api.DigestState{At: workflow.Now(ctx)}
	}
	for asking := 1; ; asking++ {
		if !r.somebodyWorks() {
			return nil
		}
		complete, err := r.morning()
		switch {
		case errors.Is(err, errFull):
			next := in
			next.State = r.s
			return mirror.ContinueAsNew(ctx, Digest, next)
		case complete:
			return nil
		case asking == askings:
			return temporal.NewNonRetryableApplicationError("not everything that is due could be asked; the next morning asks anew", "DigestIncomplete", err)
		}
		if err := r.rest(asking); err != nil {
			return err
		}
	}
}

// errFull says that a run has started as many digests as fit into its history.
var errFull = errors.New("the run is full")

// rest waits before asking anew, or until a person asks to retry.
func (r *digestRun) rest(asking int) error {
	retries := workflow.GetSignalChannel(r.ctx, api.Retry)
	_, err := workflow.AwaitWithOptions(r.ctx, workflow.AwaitOptions{
		Timeout:      mirror.Scaled(again*time.Duration(asking*asking), r.in.Scale),
		TimerOptions: workflow.TimerOptions{Summary: "ask anew what is due"},
	}, func() bool { return retries.Len() > 0 })
	for retries.ReceiveAsync(nil) {
	}
	return err
}

// morning asks for everything that is due and starts the digests. It reports whether everything
// could be asked.
func (r *digestRun) morning() (bool, error) {
	all, complete, err := r.due()
	if err != nil && len(all.People) == 0 {
		return false, err
	}
	slices.SortFunc(all.People, func(a, b activities.PersonLines) int { return cmpText(a.Person, b.Person) })
	started := 0
	for _, p := range all.People {
		in, works := r.digestOf(p, all.Installation)
		if !works || slices.Contains(r.s.Started, p.Person) {
			continue
		}
		if started++; started > perRun {
			return false, errFull
		}
		if err := r.start(in); err != nil {
			return false, err
		}
		r.s.Started = append(r.s.Started, p.Person)
	}
	return complete && err == nil, err
}

// due is what is due now, page by page. What one page could not give keeps none of the others.
func (r *digestRun) due() (all activities.Due, complete bool, err error) {
	complete = true
	in := activities.DueInput{
		At: workflow.Now(r.ctx), People: workflow.DeterministicKeys(r.in.People), Others: r.in.Others, Elsewhere: r.in.Elsewhere,
	}
	ctx := mirror.WithScaled(r.ctx, api.QueueMuster, mirror.ClassSweep, "what is due in "+r.in.Zone, api.Priority(api.Learning, 0), r.in.Scale)
	for {
		var page activities.Due
		if err := workflow.ExecuteActivity(ctx, mirror.Owing.ListDue, in).Get(ctx, &page); err != nil {
			return all, false, err
		}
		if page.Installation != "" {
			all.Installation = page.Installation
		}
		for _, p := range page.People {
			add(&all, p)
		}
		complete = complete && len(page.Unread) == 0
		if in.Page = page.Next; len(in.Page) == 0 {
			return all, complete, nil
		}
	}
}

func add(all *activities.Due, p activities.PersonLines) {
	k := slices.IndexFunc(all.People, func(o activities.PersonLines) bool { return o.Person == p.Person })
	if k < 0 {
		all.People = append(all.People, p)
		return
	}
	all.People[k].Lines = append(all.People[k].Lines, p.Lines...)
}

func (r *digestRun) calendarOf(person string) playbook.Calendar {
	if k, own := r.in.People[person]; own && k >= 0 && k < len(r.in.Calendars) {
		return r.in.Calendars[k]
	}
	return r.in.Calendar
}

// somebodyWorks reports whether anybody of the zone has working hours left on the day on which the
// digest began.
func (r *digestRun) somebodyWorks() bool {
	now := workflow.Now(r.ctx)
	if _, works := today(r.in.Calendar, r.s.At, now); works && r.in.Others {
		return true
	}
	for _, name := range workflow.DeterministicKeys(r.in.People) {
		if _, works := today(r.calendarOf(name), r.s.At, now); works {
			return true
		}
	}
	return false
}

// today gives the moment from which on somebody can be told, if that is on the day on which the
// digest began: a holiday of theirs is left in peace, and tomorrow asks anew.
func today(c playbook.Calendar, began, now time.Time) (time.Time, bool) {
	at := c.NextWorking(now)
	return at, at.Format(time.DateOnly) == began.In(c.Location()).Format(time.DateOnly)
}

// digestOf is one person's digest, and whether they work today.
func (r *digestRun) digestOf(p activities.PersonLines, installation string) (PersonDigestInput, bool) {
	c := r.calendarOf(p.Person)
	now := workflow.Now(r.ctx)
	at, works := today(c, r.s.At, now)
	lines := sorted(p.Lines)
	in := PersonDigestInput{
		Person: p.Person, Date: incident.Date(at.Format(time.DateOnly)), Installation: installation, Calendar: c,
		Lines: lines[:min(len(lines), perPerson)], More: max(len(lines)-perPerson, 0), AskedAt: now, Scale: r.in.Scale,
	}
	return in, works
}

// start starts a person's digest. Its ID holds the day, so a second one on that day is none.
func (r *digestRun) start(in PersonDigestInput) error {
	o := mirror.ChildOptions(api.PersonDigestID(in.Date, in.Person), "Digest for "+in.Person, api.Priority(api.Learning, 0))
	if !isChannel(in.Person) {
		o.TypedSearchAttributes = temporal.NewSearchAttributes(mirror.AttrOwner.ValueSet(in.Person))
	}
	ctx := workflow.WithChildOptions(r.ctx, o)
	err := workflow.ExecuteChildWorkflow(ctx, PersonDigest, in).GetChildWorkflowExecution().Get(ctx, nil)
	if _, already := errors.AsType[*temporal.ChildWorkflowExecutionAlreadyStartedError](err); already {
		return nil
	}
	return err
}
