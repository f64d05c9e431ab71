package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// ReviewInput starts a review, or continues it when State is set.
type ReviewInput struct {
	Incident int                    `json:"incident"`
	Title    string                 `json:"title"`
	Private  bool                   `json:"private,omitempty"`
	Brief    api.ReviewBrief        `json:"brief"`
	Policy   playbook.ReviewPolicy  `json:"policy"`
	Tracker  playbook.TrackerPolicy `json:"tracker"`
	Calendar playbook.Calendar      `json:"calendar"`
	Settings api.Settings           `json:"settings"`
	Scale    float64                `json:"scale,omitempty"`
	Priority int                    `json:"priority,omitempty"`
	State    *reviewState           `json:"state,omitempty"`
}

// reviewState is everything that a review carries over continue-as-new.
type reviewState struct {
	Brief  api.ReviewBrief `json:"brief"` // the review's facts as they are now
	Keeper keeperState     `json:"keeper"`
	Snags  []incident.Snag `json:"snags,omitempty"`
	// Issue, Goal and Message are what tracker and chat were told.
	Issue    string              `json:"issue,omitempty"`
	Goal     string              `json:"goal,omitempty"`
	Posted   incident.MessageRef `json:"posted,omitzero"`
	Message  string              `json:"message,omitempty"`
	Reported string              `json:"reported,omitempty"`
	// Reminders that have come due, and how many of them were posted.
	Due    int       `json:"due,omitempty"`
	Told   int       `json:"told,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
	// Left counts the reminders of the playbook that are past for the present date.
	Left int `json:"left,omitempty"`
}

type reviewRun struct {
	in     ReviewInput
	s      *reviewState
	keeper *keeper
	inbox  *inbox
	ctx    workflow.Context
}

// Review is one learning review: it is announced in chat and as a child issue, people are
// reminded before it, and it waits until it is held or waived. Reopening the incident puts it
// on hold.
func Review(ctx workflow.Context, in ReviewInput) error {
	r := &reviewRun{in: in, s: in.State, ctx: ctx}
	if r.s == nil {
		r.s = &reviewState{Brief: in.Brief}
		r.plan(workflow.Now(ctx))
	}
	r.keeper = quietKeeper(&r.s.Keeper, &r.s.Snags, in.Scale, in.Priority)
	r.inbox = &inbox{handlers: map[string]func([]byte) error{
		api.ReviewChanged: on(r.changedHere),
		api.IssueChanged:  on(func(api.IssueChangedInput) error { return nil }),
		api.Retry:         on(func(struct{}) error { r.keeper.retry(); return nil }),
	}, refused: logRefused(ctx), after: r.describe}
	r.describe()
	r.inbox.start(ctx)
	r.keeper.start(ctx,
		&mirror{name: "tracker", next: r.trackerStep},
		&mirror{name: "chat", next: r.chatStep},
		&mirror{name: "report", next: r.reportStep},
	)
	return r.run()
}

func (r *reviewRun) review() *incident.Review { return &r.s.Brief.Review }

// policy is that of the track, which may have changed since the start.
func (r *reviewRun) policy() playbook.ReviewPolicy {
	if p := r.s.Brief.Policy; p.Track != "" {
		return p
	}
	return r.in.Policy
}

func (r *reviewRun) run() error {
	for {
		suggested := func() bool { return workflow.GetInfo(r.ctx).GetContinueAsNewSuggested() }
		if err := r.waitForClock(func() bool { return r.over() || suggested() }); err != nil {
			return err
		}
		if !r.over() && !suggested() {
			r.tick(workflow.Now(r.ctx))
			continue
		}
		r.keeper.draining = !r.over()
		if err := restful(r.ctx, r.inbox, r.keeper.quiet); err != nil {
			return err
		}
		if r.over() {
			r.keeper.stopped = true
			return nil
		}
		next := r.in
		next.State = r.s
		return workflow.NewContinueAsNewError(r.ctx, Review, next)
	}
}

func (r *reviewRun) waitForClock(cond func() bool) error {
	at := r.s.NextAt
	moved := func() bool { return cond() || !r.s.NextAt.Equal(at) }
	if at.IsZero() {
		return workflow.Await(r.ctx, moved)
	}
	_, err := workflow.AwaitWithOptions(r.ctx, workflow.AwaitOptions{
		Timeout:      max(at.Sub(workflow.Now(r.ctx)), time.Millisecond),
		TimerOptions: workflow.TimerOptions{Summary: r.waitsFor()},
	}, moved)
	return err
}

func (r *reviewRun) over() bool {
	return r.review().Status.Ended() && r.keeper.quiet() && r.trackerStep() == nil && r.chatStep() == nil && r.reportStep() == nil
}

// plan sets the next moment: a reminder before the review, or the next question about one that
// is overdue.
func (r *reviewRun) plan(now time.Time) {
	v := r.review()
	r.s.NextAt, r.s.Left = time.Time{}, 0
	if v.Status != incident.ReviewPlanned || v.At.IsZero() {
		return
	}
	for k, before := range r.policy().Remind {
		if at := r.in.Calendar.Sub(v.At, before); at.After(now) {
			r.s.NextAt, r.s.Left = at, len(r.policy().Remind)-k
			return
		}
	}
	// At the review's own time nobody is asked anything: people are in it.
	r.s.NextAt = r.overdueAt(v.At)
	if !r.s.NextAt.After(now) {
		r.s.NextAt = r.overdueAt(now)
	}
}

// overdueAt is when people are asked about a review that was expected at a time.
func (r *reviewRun) overdueAt(expected time.Time) time.Time {
	wait := r.policy().Overdue
	if wait.IsZero() {
		wait = playbook.Span{BusinessDays: 2}
	}
	return r.in.Calendar.Add(expected, wait)
}

func (r *reviewRun) tick(now time.Time) {
	if r.s.NextAt.IsZero() || now.Before(r.s.NextAt) {
		return
	}
	r.s.Due++
	r.plan(now)
	r.describe()
}

// changedHere takes in what the incident decided.
func (r *reviewRun) changedHere(b api.ReviewBrief) error {
	now := r.s.Brief
	if b.Parent != "" {
		r.s.Brief.Parent = b.Parent
	}
	if b.Channel.ID != "" {
		r.s.Brief.Channel = b.Channel
	}
	if b.Review.Revision <= now.Review.Revision {
		return nil
	}
	r.s.Brief.ResolvedAt, r.s.Brief.Policy = b.ResolvedAt, b.Policy
	b.Review.Issue = now.Review.Issue
	r.s.Brief.Review = b.Review
	r.plan(workflow.Now(r.ctx))
	return nil
}

func (r *reviewRun) report() api.ReviewReport {
	v := r.review()
	return api.ReviewReport{Number: v.Number, Status: v.Status, At: v.At, Issue: v.Issue, Revision: v.Revision, Snags: r.s.Snags}
}

func (r *reviewRun) reportStep() *step {
	p := r.report()
	// The incident planned it and decided about it: only what it cannot know is news.
	news := fingerprint([]any{p.Issue.Key, p.Snags})
	if (r.s.Reported == "" && p.Issue.Key == "" && len(p.Snags) == 0) || news == r.s.Reported {
		return nil
	}
	return &step{name: "report", run: func(ctx workflow.Context, _ bool) error {
		r.s.Reported = news
		err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(r.in.Incident), "", api.ReviewReported, p).Get(ctx, nil)
		if err != nil { // the incident has lingered out: there is nobody left to tell
			workflow.GetLogger(ctx).Warn("incident not told", "error", err.Error())
		}
		return nil
	}}
}

func (r *reviewRun) waitsFor() string {
	v := r.review()
	switch {
	case v.Status == incident.ReviewOnHold:
		return "the incident to be resolved again"
	case v.Status.Ended():
		return "nothing"
	case r.s.Left > 0:
		return "a reminder before the learning review"
	case workflow.Now(r.ctx).Before(v.At):
		return "the learning review"
	}
	return "the review to be held or waived"
}

func (r *reviewRun) describe() {
	v := r.review()
	workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("**%s** · track %s · %s\n\nWaits for: %s",
		v.Status, v.Track, v.At.UTC().Format("2006-01-02 15:04 MST"), r.waitsFor()))
}

// tracked says whether the review has a child issue: one sentence needs none.
func (r *reviewRun) tracked() bool {
	return r.in.Tracker.Project != "" && r.review().Track != string(playbook.TrackSentence)
}

func (r *reviewRun) trackerStep() *step {
	v := r.review()
	if !r.tracked() || (r.s.Brief.Parent == "" && v.Issue.Key == "") {
		return nil
	}
	if v.Issue.Key == "" {
		if v.Status.Ended() && len(r.s.Keeper.tried("tracker")) == 0 {
			return nil
		}
		return createChildIssue(r.issue(), func(ref incident.IssueRef, mark string) { r.review().Issue, r.s.Issue = ref, mark })
	}
	if issue := r.issue(); !v.Status.Ended() && fingerprint(issue) != r.s.Issue {
		return updateChildIssue(v.Issue.Key, issue, func(mark string) { r.s.Issue = mark })
	}
	switch {
	case v.Status == incident.ReviewHeld && r.s.Goal == "":
		return moveChildIssue(v.Issue.Key, incident.GoalDone, r.in.Tracker, func(g string) { r.s.Goal = g })
	case v.Status == incident.ReviewWaived && r.s.Goal == "":
		return moveChildIssue(v.Issue.Key, incident.GoalDropped, r.in.Tracker, func(g string) { r.s.Goal = g })
	}
	return nil
}

func (r *reviewRun) issue() incident.Issue {
	v := r.review()
	i := incident.Issue{
		Key:         api.VendorKey(r.in.Settings.Installation, api.ReviewID(r.in.Incident, v.Number), ""),
		Project:     r.in.Tracker.Project,
		Type:        r.in.Tracker.ReviewType,
		Summary:     "Learning review of " + r.name(),
		Description: []string{"A conversation about what happened and what it teaches. It is not about who did what wrong."},
		Labels:      append([]string{"muster", "learning-review"}, r.in.Tracker.Labels...),
		Parent:      r.s.Brief.Parent,
		Owner:       r.s.Brief.Commander,
		Fields:      r.in.Tracker.FollowUpFields,
	}
	if !v.At.IsZero() {
		i.Due = incident.Date(v.At.In(r.in.Calendar.Location()).Format(time.DateOnly))
	}
	return i
}

func (r *reviewRun) name() string {
	if r.in.Private {
		return incident.Key(r.in.Incident)
	}
	return incident.Key(r.in.Incident) + " " + r.in.Title
}

// chatStep keeps the review's one message true and posts the reminders that have come due.
func (r *reviewRun) chatStep() *step {
	if r.s.Brief.Channel.ID == "" {
		return nil
	}
	m := r.message()
	switch {
	case r.s.Posted.ID == "" && r.review().Status.Ended():
		return nil
	case r.s.Posted.ID == "":
		return r.post(m)
	case fingerprint(m) != r.s.Message:
		return r.edit(m)
	case r.s.Told < r.s.Due && r.review().Status == incident.ReviewPlanned:
		return r.remind(r.s.Due) // only the newest of those that have come due
	}
	return nil
}

func (r *reviewRun) message() incident.Message {
	v := r.review()
	m := incident.Message{Headline: "Learning review of " + r.name()}
	switch v.Status {
	case incident.ReviewPlanned:
		if v.Track == string(playbook.TrackSentence) {
			m.Headline = "What did " + r.name() + " teach us?"
			m.Body = []string{fmt.Sprintf("One sentence is enough: starter resolve %s --learning \"...\"", incident.Key(r.in.Incident))}
			break
		}
		m.Fields = []incident.Field{{Label: "When", Time: v.At}, {Label: "Depth", Text: v.Track}}
		m.Body = []string{"It is about what happened and what it teaches, not about who did what wrong. Follow-ups are decided in a meeting of their own."}
	case incident.ReviewOnHold:
		m.Body = []string{"On hold: the incident was reopened."}
	case incident.ReviewHeld:
		m.Body = []string{"Held. Thank you."}
	case incident.ReviewWaived:
		m.Body = []string{"Waived: " + v.Reason}
	}
	return m
}

func (r *reviewRun) vendorKey(what string) string {
	return api.VendorKey(r.in.Settings.Installation, api.ReviewID(r.in.Incident, r.review().Number), what)
}

func (r *reviewRun) post(m incident.Message) *step {
	mark := fingerprint(m)
	m.Key = r.vendorKey("message")
	return &step{
		name: "announce the review",
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: "announce the learning review"},
		run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: r.s.Brief.Channel.ID, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, &r.s.Posted)
			if err == nil && !tried { // what an earlier try has posted may be out of date
				r.s.Message = mark
			}
			return err
		},
		// The channel was archived: the review is still in the tracker and on the record.
		gone: func(activities.Failure) bool { r.s.Brief.Channel = incident.ChannelRef{}; return true },
	}
}

func (r *reviewRun) edit(m incident.Message) *step {
	mark := fingerprint(m)
	m.Key = r.vendorKey("message")
	return &step{
		name: "update the review's message",
		call: call{queue: api.QueueSlackWrite, class: classSet, summary: "update the review's message"},
		run: func(ctx workflow.Context, _ bool) error {
			err := workflow.ExecuteActivity(ctx, chat.EditMessage, activities.EditMessageInput{Ref: r.s.Posted, Message: m}).Get(ctx, nil)
			if err == nil {
				r.s.Message = mark
			}
			return err
		},
		gone: func(activities.Failure) bool { r.s.Message = mark; return true },
	}
}

func (r *reviewRun) remind(n int) *step {
	v := r.review()
	m := incident.Message{
		Key:      r.vendorKey(fmt.Sprintf("reminder/%d", n)),
		Headline: "Reminder: learning review of " + r.name(),
		Fields:   []incident.Field{{Label: "When", Time: v.At}},
	}
	if !workflow.Now(r.ctx).Before(v.At) {
		m.Headline = "Was the learning review of " + r.name() + " held?"
		m.Body = []string{fmt.Sprintf("Say `starter review held %[1]s` or `starter review waive %[1]s REASON`.", incident.Key(r.in.Incident))}
	}
	return &step{
		name: fmt.Sprintf("post reminder %d", n),
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: fmt.Sprintf("reminder %d of the learning review", n)},
		run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Parent: r.s.Posted, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.PostMessage, in).Get(ctx, nil)
			if err == nil {
				r.s.Told = n
			}
			return err
		},
		gone: func(activities.Failure) bool { r.s.Told = n; return true },
	}
}
