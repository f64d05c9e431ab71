// Package learning holds the workflows of what comes after an incident: the learning review and
// the follow-ups.
package learning

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// ReviewInput starts a review, or continues it when State is set.
type ReviewInput struct {
	Incident int                    `json:"incident"`
	Brief    api.ReviewBrief        `json:"brief"`
	Policy   playbook.ReviewPolicy  `json:"policy"`
	Tracker  playbook.TrackerPolicy `json:"tracker"`
	Calendar playbook.Calendar      `json:"calendar"`
	Settings api.Settings           `json:"settings"`
	Scale    float64                `json:"scale,omitempty"`
	State    *reviewState           `json:"state,omitempty"`
	// Restored is set in the first run after its workflow was ended by hand.
	Restored *api.Restored `json:"restored,omitempty"`
}

// reviewState is everything that a review carries over continue-as-new.
type reviewState struct {
	Brief api.ReviewBrief  `json:"brief"` // the review's facts as they are now
	Loop  mirror.LoopState `json:"loop"`
	Snags []incident.Snag  `json:"snags,omitempty"`
	Issue issueState       `json:"issue,omitzero"`
	// Posted is the review's message in chat, Message stands for what it says.
	Posted   incident.MessageRef `json:"posted,omitzero"`
	Message  string              `json:"message,omitempty"`
	Reported string              `json:"reported,omitempty"`
	// Due counts the reminders that have come due, Reminded those that were posted.
	Due      int       `json:"due,omitempty"`
	Reminded int       `json:"reminded,omitempty"`
	NextAt   time.Time `json:"next_at,omitzero"`
	// Left counts the reminders of the playbook that are past for the present date.
	Left int `json:"left,omitempty"`
}

type reviewRun struct {
	in  ReviewInput
	s   *reviewState
	run *mirror.Run
	ctx workflow.Context
	// restored says that it was ended by hand and is started again.
	restored *api.Restored
}

// Review is one learning review: it is announced in chat and as a child issue, people are
// reminded before it, and it waits until it is held or waived. Reopening the incident puts it
// on hold.
func Review(ctx workflow.Context, in ReviewInput) error {
	ctx = mirror.Lasting(ctx)
	r := newReviewRun(ctx, in)
	if err := mirror.AnswerCarried(ctx, stateBounds, r.carried); err != nil {
		return err
	}
	record, err := mirror.Record(ctx, r.recorded())
	if err != nil {
		return err
	}
	r.describe()
	r.run.Renew(api.ReviewChanged, r.restored)
	r.run.Start(append(r.mirrors(), record)...)
	return r.live()
}

// recorded is what the archive holds of the review.
func (r *reviewRun) recorded() mirror.Recorded[ReviewInput] {
	return mirror.Recorded[ReviewInput]{
		Type: api.TypeReview, Incident: r.in.Incident, State: &r.s.Loop.Archived, Scale: r.in.Scale, Loop: &r.s.Loop,
		Mark:    func() string { return mirror.Fingerprint([]any{r.review(), r.s.Snags}) },
		Carried: r.carried, Bounds: stateBounds, Over: func() bool { return r.review().Status.Ended() },
	}
}

func (r *reviewRun) mirrors() []mirror.Mirror {
	return []mirror.Mirror{
		{Name: "tracker", Next: r.trackIssue},
		{Name: "tracker fields", Next: r.writeLeftOff},
		{Name: "chat", Next: r.speak},
		{Name: "report", Next: r.reportNews},
	}
}

// live waits for the review's slot, reminds people of it, asks afterwards whether it was held, and
// ends once that is on record everywhere.
func (r *reviewRun) live() error {
	for !r.over() && !r.run.Full() {
		planned := r.moment()
		came, err := r.run.Until(r.ctx, planned, func() bool { return r.over() || !r.moment().At.Equal(planned.At) })
		switch now := workflow.Now(r.ctx); {
		case err != nil:
			return err
		case !came: // it was moved, put on hold, held or waived, or a pause has ended
			r.describe()
			continue
		case now.Before(r.review().At):
			r.remind(now)
		default:
			r.ask(now)
		}
	}
	return r.run.Leave(r.ctx, r.over, func() error {
		next := r.carried()
		stateBounds.Fit(&next)
		return mirror.ContinueAsNew(r.ctx, Review, next)
	})
}

// carried is the input by which the next run goes on.
func (r *reviewRun) carried() ReviewInput {
	next := r.in
	next.State = r.s
	return next
}

func newReviewRun(ctx workflow.Context, in ReviewInput) *reviewRun {
	r := &reviewRun{in: in, s: in.State, ctx: ctx, restored: in.Restored}
	r.in.Restored = nil
	if r.s == nil {
		r.s = &reviewState{Brief: in.Brief}
		r.plan(workflow.Now(ctx))
	}
	r.s.Loop.Doubts(in.Restored)
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.s.Loop, Snags: &r.s.Snags, Scale: in.Scale, Priority: api.Priority(api.Learning, in.Brief.Severity), After: r.describe,
		Incident: in.Incident,
	}, nil)
	r.run.Receive(api.ReviewChanged, mirror.On(r.changedHere))
	r.run.Receive(api.Retry, mirror.On(r.retry))
	r.run.Receive(api.IssueChanged, mirror.On(r.changedAtTracker))
	return r
}

func (r *reviewRun) review() *incident.Review { return &r.s.Brief.Review }

// policy is that of the track, which may have changed since the start.
func (r *reviewRun) policy() playbook.ReviewPolicy {
	if p := r.s.Brief.Policy; p.Track != "" {
		return p
	}
	return r.in.Policy
}

// over reports whether the review has ended and everybody knows it.
func (r *reviewRun) over() bool { return r.review().Status.Ended() && r.run.Quiet(nil) }

func (r *reviewRun) moment() mirror.Moment {
	return mirror.Moment{At: r.s.Brief.AfterPause(r.s.NextAt, workflow.Now(r.ctx)), Summary: r.waitsFor()}
}

// remind lets chat post a reminder of the review.
func (r *reviewRun) remind(now time.Time) { r.due(now) }

// ask lets chat ask whether the review was held.
func (r *reviewRun) ask(now time.Time) { r.due(now) }

func (r *reviewRun) due(now time.Time) {
	r.s.Due++
	r.plan(now)
	r.describe()
	r.run.Changed()
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

// changedHere takes in what the incident decided.
func (r *reviewRun) changedHere(b api.ReviewBrief) error {
	now := r.s.Brief
	r.s.Brief.Take(b.Brief)
	if b.Review.Revision <= now.Review.Revision {
		return nil
	}
	r.s.Brief.ResolvedAt, r.s.Brief.Policy = b.ResolvedAt, b.Policy
	b.Review.Issue = now.Review.Issue
	r.s.Brief.Review = b.Review
	r.plan(workflow.Now(r.ctx))
	return nil
}

// retry tries again what is stuck.
func (r *reviewRun) retry(in api.RetryInput) error {
	retried(r.run, &r.in.Tracker, in)
	r.child().putBack()
	return nil
}

func (r *reviewRun) report() api.ReviewReport {
	v := r.review()
	return api.ReviewReport{Number: v.Number, Status: v.Status, At: v.At, Issue: v.Issue, Revision: v.Revision, Snags: slices.Clone(r.s.Snags)}
}

func (r *reviewRun) reportNews() mirror.Action {
	p := r.report()
	// The incident planned it and decided about it: only what it cannot know is news.
	news := mirror.Fingerprint([]any{p.Issue.Key, p.Snags})
	if (r.s.Reported == "" && p.Issue.Key == "" && len(p.Snags) == 0) || news == r.s.Reported {
		return nil
	}
	return mirror.Report(r.in.Incident, api.ReviewReported, p, func() { r.s.Reported = news })
}

func (r *reviewRun) waitsFor() string {
	v := r.review()
	switch {
	case v.Status == incident.ReviewOnHold:
		return "the incident to be resolved again"
	case v.Status.Ended():
		return "nothing"
	case r.s.Brief.RemindersPaused(workflow.Now(r.ctx)):
		return "the end of the pause of reminders"
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
