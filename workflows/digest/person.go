package digest

import (
	"cmp"
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

// PersonDigestInput starts the digest of one person and day.
type PersonDigestInput struct {
	// Person is an e-mail address, or a chat channel to which the playbook escalates.
	Person string `json:"person"`
	// Date is the day in the person's zone.
	Date         incident.Date     `json:"date"`
	Installation string            `json:"installation"`
	Calendar     playbook.Calendar `json:"calendar"`
	// Lines are what the person is owed, as of AskedAt; More is how many things besides.
	Lines   []api.OwedLine `json:"lines"`
	AskedAt time.Time      `json:"asked_at"`
	More    int            `json:"more,omitempty"`
	Scale   float64        `json:"scale,omitempty"`
}

// fresh is how long lines are true without asking again.
const fresh = 2 * time.Minute

type personRun struct {
	ctx   workflow.Context
	in    PersonDigestInput
	loop  mirror.LoopState
	snags []incident.Snag
	run   *mirror.Run
	// from and until are the person's working hours on that day.
	from, until time.Time
	lines       []api.OwedLine
	// sending are the lines of the message that is, or may be, there.
	sending []api.OwedLine
	sent    time.Time
	// over means that no message will be sent any more.
	over  bool
	tells []tell
}

// tell is what a follow-up must hear.
type tell struct {
	followUp string
	in       api.ToldInput
}

// PersonDigest sends one person what they are owed on one day, as one message, and tells each
// follow-up that its line was shown. It tries for as long as the person works, and says nothing
// afterwards: what was not shown is asked for again the next morning.
func PersonDigest(ctx workflow.Context, in PersonDigestInput) error {
	ctx = mirror.Lasting(ctx)
	r := &personRun{ctx: ctx, in: in, lines: in.Lines}
	r.from = in.Calendar.NextWorking(workflow.Now(ctx))
	r.until = endOfHours(in.Calendar, r.from)
	if err := workflow.SetQueryHandler(ctx, api.State, func() (api.DigestAnswer, error) { return r.answer(), nil }); err != nil {
		return err
	}
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.loop, Snags: &r.snags, SnagChanged: r.snagChanged, Scale: in.Scale, Priority: api.Priority(api.Learning, 0), After: r.describe,
	}, nil)
	r.describe()
	r.run.Start(mirror.Mirror{Name: "digest", Next: r.message}, mirror.Mirror{Name: "follow-ups", Next: r.tellFollowUps})
	done := func() bool { return r.over && r.run.Quiet(nil) }
	if err := r.await("the end of working hours", r.until, done); err != nil {
		return err
	}
	r.giveUp()
	r.run.Changed()
	if err := workflow.Await(ctx, func() bool { return r.run.Quiet(nil) }); err != nil {
		return err
	}
	r.forgetVendors()
	return r.run.Leave(ctx, func() bool { return true }, nil)
}

func (r *personRun) await(what string, until time.Time, cond func() bool) error {
	_, err := workflow.AwaitWithOptions(r.ctx, workflow.AwaitOptions{
		Timeout: max(until.Sub(workflow.Now(r.ctx)), 0), TimerOptions: workflow.TimerOptions{Summary: what},
	}, cond)
	return err
}

// endOfHours is when the working hours end in which a moment lies.
func endOfHours(c playbook.Calendar, t time.Time) time.Time {
	end := t.Add(24 * time.Hour)
	for _, step := range []time.Duration{time.Hour, time.Minute} {
		for t.Before(end) && c.Working(t.Add(step)) {
			t = t.Add(step)
		}
	}
	return t.Add(time.Minute).Truncate(time.Minute)
}

// message sends the digest.
func (r *personRun) message() mirror.Action {
	now := workflow.Now(r.ctx)
	switch {
	case r.over:
		return nil
	case now.Before(r.from):
		return &mirror.Wait{Until: r.from, Summary: "working hours", Done: func(time.Time) {}}
	case !now.Before(r.until):
		return nil // the run gives up
	}
	return &mirror.Call{
		Name: "send the digest", Queue: api.QueueSlackWrite, Class: mirror.ClassCreate, Summary: "digest for " + r.in.Person,
		Run:     r.send,
		Gone:    func(f activities.Failure) bool { return r.notFound(f) },
		Refused: func(f activities.Failure) bool { return r.notFound(f) },
	}
}

// send asks anew what is owed, where some time has passed, and sends it. A message that may be
// there already holds what was first tried, so only that can be told of it: what is new waits for
// tomorrow, and what has been done meanwhile is left out.
func (r *personRun) send(ctx workflow.Context, tried bool) error {
	if err := r.refresh(ctx); err != nil {
		return err
	}
	if tried && r.sending != nil {
		r.lines = slices.DeleteFunc(slices.Clone(r.lines), func(l api.OwedLine) bool { return !slices.ContainsFunc(r.sending, sameTurn(l)) })
	}
	if len(r.lines) == 0 {
		r.over = true // there is nothing left to say
		return nil
	}
	m, shown := compose(r.in, r.lines)
	r.sending = shown
	if !workflow.Now(ctx).Before(r.until) {
		return mirror.ErrOvertaken
	}
	if err := r.deliver(ctx, m, tried); err != nil {
		return err
	}
	r.sent, r.over = workflow.Now(ctx), true
	mirror.Count(ctx, api.MetricReminders, map[string]string{api.LabelKind: api.ReminderDigest})
	for _, l := range shown {
		r.tell(l, api.ToldInput{At: r.sent})
	}
	return nil
}

func (r *personRun) deliver(ctx workflow.Context, m incident.Message, tried bool) error {
	ao := workflow.GetActivityOptions(ctx) // no attempt begins when the person has gone home
	ao.ScheduleToCloseTimeout = min(ao.ScheduleToCloseTimeout, r.until.Sub(workflow.Now(ctx)))
	ctx = workflow.WithActivityOptions(ctx, ao)
	if isChannel(r.in.Person) {
		in := activities.PostMessageInput{Channel: r.in.Person, Message: m, Tried: tried}
		return workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil)
	}
	in := activities.SendDirectInput{Person: r.in.Person, Message: m, Tried: tried}
	return workflow.ExecuteActivity(ctx, mirror.Chat.SendDirect, in).Get(ctx, nil)
}

// refresh asks the follow-ups again what they ask of the person, unless that was a moment ago.
func (r *personRun) refresh(ctx workflow.Context) error {
	now := workflow.Now(ctx)
	if now.Sub(r.in.AskedAt) < fresh {
		return nil
	}
	in := activities.LinesInput{Person: r.in.Person, At: now}
	for _, l := range r.in.Lines {
		in.FollowUps = append(in.FollowUps, l.FollowUp)
	}
	ctx = mirror.WithScaled(ctx, api.QueueMuster, mirror.ClassSweep, "what "+r.in.Person+" is still owed", api.Priority(api.Learning, 0), r.in.Scale)
	var lines []api.OwedLine
	if err := workflow.ExecuteActivity(ctx, mirror.Owing.LinesNow, in).Get(ctx, &lines); err != nil {
		return err
	}
	r.lines, r.in.AskedAt = sorted(lines), now
	return nil
}

func sameTurn(l api.OwedLine) func(api.OwedLine) bool {
	return func(o api.OwedLine) bool { return o.FollowUp == l.FollowUp && o.Turn == l.Turn }
}

// notFound ends the digest of somebody whom chat does not know: each follow-up asks others.
func (r *personRun) notFound(f activities.Failure) bool {
	if f.Meaning != activities.PersonUnknown {
		return false
	}
	for _, l := range r.lines {
		r.tell(l, api.ToldInput{At: workflow.Now(r.ctx), Unknown: true})
	}
	r.over = true
	return true
}

// giveUp ends a day on which the person could not be told; each follow-up shows why.
func (r *personRun) giveUp() {
	if r.over {
		return
	}
	r.over = true
	if len(r.snags) > 0 {
		return // they know
	}
	for _, l := range r.lines {
		r.tell(l, api.ToldInput{
			At: workflow.Now(r.ctx), Snag: "chat did not answer in their working hours on " + string(r.in.Date), Mend: "nothing to do: the next morning tries again",
		})
	}
}

// snagChanged lets everybody see why the digest is stuck: Register, when it concerns the vendor, and
// each follow-up in it.
func (r *personRun) snagChanged(s incident.Snag, cleared bool) {
	if s.Vendor != "" {
		r.toRegister(s, cleared)
	}
	if s.Off { // without a chat nobody is told anything, which is no news to anybody
		r.over = true
	}
	if cleared || s.Off {
		return
	}
	for _, l := range r.lines {
		r.tell(l, api.ToldInput{At: workflow.Now(r.ctx), Snag: s.Reason, Mend: s.Mend})
	}
}

// forgetVendors takes back from Register what this digest told it, since it ends.
func (r *personRun) forgetVendors() {
	for _, s := range slices.Clone(r.snags) {
		if s.Vendor != "" {
			r.run.ClearSnag(s.Mirror)
		}
	}
}

func (r *personRun) toRegister(s incident.Snag, cleared bool) {
	in := api.SnagChangedInput{
		Workflow: workflow.GetInfo(r.ctx).WorkflowExecution.ID, Vendor: s.Vendor, Cleared: cleared, Reason: s.Reason, Mend: s.Mend,
	}
	r.run.Go("tell register", func(ctx workflow.Context) {
		if err := workflow.SignalExternalWorkflow(ctx, api.RegisterID, "", api.SnagChanged, in).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("register not told", "error", err.Error())
		}
	})
}

func (r *personRun) tell(l api.OwedLine, in api.ToldInput) {
	in.Person, in.Turn, in.Digest = r.in.Person, l.Turn, workflow.GetInfo(r.ctx).WorkflowExecution.ID
	r.tells = append(r.tells, tell{l.FollowUp, in})
}

// tellFollowUps tells each follow-up what became of its line. One that has ended needs to hear nothing.
func (r *personRun) tellFollowUps() mirror.Action {
	if len(r.tells) == 0 {
		return nil
	}
	t := r.tells[0]
	return &mirror.Call{Name: "tell " + t.followUp, Run: func(ctx workflow.Context, _ bool) error {
		if err := workflow.SignalExternalWorkflow(ctx, t.followUp, "", api.Told, t.in).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Info("follow-up not told", "follow_up", t.followUp, "error", err.Error())
		}
		r.tells = r.tells[1:]
		return nil
	}}
}

func (r *personRun) answer() api.DigestAnswer {
	return api.DigestAnswer{
		Person: r.in.Person, Sent: r.sent, Lines: len(r.sending), Snags: slices.Clone(r.snags), Waiting: r.loop.Waiting("digest"),
	}
}

// describe shows in the Web UI how it stands, and lets a stuck one be found.
func (r *personRun) describe() {
	stands := "to be sent"
	switch {
	case !r.sent.IsZero():
		stands = "sent"
	case len(r.snags) > 0:
		stands = "stuck: " + r.snags[0].Reason
	case r.over:
		stands = "not sent"
	}
	workflow.SetCurrentDetails(r.ctx, mirror.Markdown(strings.TrimSpace("Digest for "+r.in.Person+": "+cmp.Or(r.loop.Waiting("digest"), stands))))
	have, _ := workflow.GetTypedSearchAttributes(r.ctx).GetInt64(mirror.AttrSnags)
	if n := int64(len(r.snags)); n != have {
		if err := workflow.UpsertTypedSearchAttributes(r.ctx, mirror.AttrSnags.ValueSet(n)); err != nil {
			workflow.GetLogger(r.ctx).Error("search attributes not upserted", "error", err.Error())
		}
	}
}

// isChannel tells a chat channel from a person.
func isChannel(who string) bool { return !strings.Contains(who, "@") }
