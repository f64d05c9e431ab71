package learning

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// FollowUpInput starts a follow-up, or continues it when State is set.
type FollowUpInput struct {
	Incident int                              `json:"incident"`
	Brief    api.FollowUpBrief                `json:"brief"`
	Policy   playbook.FollowUpPolicy          `json:"policy"`
	Tracker  playbook.TrackerPolicy           `json:"tracker"`
	Calendar playbook.Calendar                `json:"calendar"`
	People   map[string]playbook.PersonPolicy `json:"people,omitempty"`
	Settings api.Settings                     `json:"settings"`
	Scale    float64                          `json:"scale,omitempty"`
	State    *followUpState                   `json:"state,omitempty"`
	// Restored is set in the first run after its workflow was ended by hand.
	Restored *api.Restored `json:"restored,omitempty"`
}

// followUpState is everything that a follow-up carries over continue-as-new.
type followUpState struct {
	Brief api.FollowUpBrief `json:"brief"` // the follow-up's facts as they are now
	// DueAt is the moment to which the playbook's span led, where nobody gave a date.
	DueAt    time.Time        `json:"due_at,omitzero"`
	Issue    issueState       `json:"issue,omitzero"`
	Loop     mirror.LoopState `json:"loop"`
	Snags    []incident.Snag  `json:"snags,omitempty"`
	Reported string           `json:"reported,omitempty"`
	// OwnDue is the due date when it is the playbook's, and nobody gave another one.
	OwnDue incident.Date `json:"own_due,omitempty"`
	// Was is the status before it ended, to which it comes back when that was a mistake.
	Was incident.FollowUpStatus `json:"was,omitempty"`
	// Theirs says that people have made its issue, and Linking is the key of one that is to take its place.
	Theirs  bool   `json:"theirs,omitempty"`
	Linking string `json:"linking,omitempty"`
	Chase   chase  `json:"chase,omitzero"`
	// Missed are the fields that people changed in the tracker after it had ended.
	Missed []incident.IssuePart `json:"missed,omitempty"`
	// Missing says that nobody can be asked, which is a snag.
	Missing bool `json:"missing,omitempty"`
	// By changed it in the tracker, if AtVendor: what it says now came from there.
	By       string `json:"by,omitempty"`
	AtVendor bool   `json:"at_vendor,omitempty"`
	// Listed stands for what the memo says.
	Listed string `json:"listed,omitempty"`
}

type followUpRun struct {
	in  FollowUpInput
	s   *followUpState
	run *mirror.Run
	ctx workflow.Context
	// restored says that it was ended by hand and is started again.
	restored *api.Restored
}

// FollowUp follows one piece of work from its proposal to done or dropped, for as long as that
// takes: it has a tracker issue, soaks, is decided about, and falls due. It knows at every moment
// what it asks of whom, and digests ask it.
func FollowUp(ctx workflow.Context, in FollowUpInput) error {
	ctx = mirror.Lasting(ctx)
	r := newFollowUpRun(ctx, in)
	if err := r.answers(ctx); err != nil {
		return err
	}
	if err := mirror.AnswerCarried(ctx, stateBounds, r.carried); err != nil {
		return err
	}
	record, err := mirror.Record(ctx, r.recorded())
	if err != nil {
		return err
	}
	r.changed()
	r.run.Renew(api.FollowUpChanged, r.restored)
	r.run.Start(append(r.mirrors(), record)...)
	return r.live()
}

// recorded is what the archive holds of the follow-up.
func (r *followUpRun) recorded() mirror.Recorded[FollowUpInput] {
	return mirror.Recorded[FollowUpInput]{
		Type: api.TypeFollowUp, Incident: r.in.Incident, State: &r.s.Loop.Archived, Scale: r.in.Scale, Loop: &r.s.Loop,
		Mark:    func() string { return mirror.Fingerprint([]any{r.s.Brief.FollowUp, r.s.Snags}) },
		Carried: r.carried, Bounds: stateBounds,
		Over: func() bool { return r.followUp().Status.Ended() && !workflow.Now(r.ctx).Before(r.lingersUntil()) },
	}
}

func (r *followUpRun) mirrors() []mirror.Mirror {
	return []mirror.Mirror{
		{Name: "tracker", Next: r.trackIssue},
		{Name: "tracker fields", Next: r.writeLeftOff},
		{Name: "people", Next: r.tellPeople},
		{Name: "report", Next: r.reportNews},
	}
}

// live waits until it is done or dropped, everybody knows, and nobody has taken that back in time. It
// wakes for what people, vendors and digests say, and for no clock before it has ended.
func (r *followUpRun) live() error {
	for !r.over() && !r.run.Full() {
		planned := r.lingering()
		if _, err := r.run.Until(r.ctx, planned, func() bool { return r.over() || !r.lingering().At.Equal(planned.At) }); err != nil {
			return err
		}
		r.describe()
	}
	return r.run.Leave(r.ctx, r.over, func() error {
		next := r.carried()
		stateBounds.Fit(&next)
		return mirror.ContinueAsNew(r.ctx, FollowUp, next)
	})
}

// carried is the input by which the next run goes on.
func (r *followUpRun) carried() FollowUpInput {
	next := r.in
	next.State = r.s
	return next
}

func newFollowUpRun(ctx workflow.Context, in FollowUpInput) *followUpRun {
	r := &followUpRun{in: in, s: in.State, ctx: ctx, restored: in.Restored}
	r.in.Restored = nil
	if r.s == nil {
		r.s = &followUpState{Brief: in.Brief, Listed: mirror.Short(mirror.Fingerprint(listed(in.Brief, in.Calendar)))}
		r.plan(workflow.Now(ctx))
	}
	r.s.Loop.Doubts(in.Restored)
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.s.Loop, Snags: &r.s.Snags, Scale: in.Scale, Priority: api.Priority(api.Learning, in.Brief.Severity), After: r.changed,
		Incident: in.Incident,
	}, nil)
	if in.State == nil {
		r.s.Linking = in.Brief.FollowUp.Linked
	}
	r.run.Receive(api.FollowUpChanged, mirror.On(r.changedHere))
	r.run.Receive(api.IssueChanged, mirror.On(r.changedAtTracker))
	r.run.Receive(api.Told, mirror.On(r.told))
	r.run.Receive(api.Retry, mirror.On(r.retry))
	return r
}

func (r *followUpRun) followUp() *incident.FollowUp { return &r.s.Brief.FollowUp }

// over reports whether the follow-up has ended, everybody knows it, and nobody has taken that back in time.
func (r *followUpRun) over() bool {
	return r.followUp().Status.Ended() && !workflow.Now(r.ctx).Before(r.lingersUntil()) && r.run.Quiet(nil)
}

// lingerMargin is how much longer a follow-up lingers than people are told, so that a reopening in the
// last moment still reaches it.
const lingerMargin = time.Minute

// lingersUntil is until when an ended follow-up can be brought back.
func (r *followUpRun) lingersUntil() time.Time {
	f := r.followUp()
	if r.in.Policy.Grace.IsZero() || f.Moved() {
		return f.EndedAt
	}
	return r.in.Calendar.Add(f.EndedAt, r.in.Policy.Grace).Add(mirror.Scaled(lingerMargin, r.in.Scale))
}

// lingering is when an ended follow-up is left alone for good. What is left to do then wakes it.
func (r *followUpRun) lingering() mirror.Moment {
	if until := r.lingersUntil(); r.followUp().Status.Ended() && workflow.Now(r.ctx).Before(until) {
		return mirror.Moment{At: until, Summary: "somebody may reopen it"}
	}
	return mirror.Moment{}
}

// changedHere takes in what the incident's people decided.
func (r *followUpRun) changedHere(b api.FollowUpBrief) error {
	now := r.s.Brief
	r.s.Brief.Take(b.Brief)
	r.s.Brief.Services = b.Services
	if b.FollowUp.Revision <= now.FollowUp.Revision {
		return nil
	}
	r.s.Brief.FollowUp = b.FollowUp.Onto(now.FollowUp)
	f, was := r.followUp(), now.FollowUp
	r.s.AtVendor, r.s.By = false, ""
	if f.Status.Ended() && !was.Status.Ended() {
		r.s.Was = was.Status
	}
	if f.Owner != was.Owner {
		r.s.Issue.Unassign = f.Owner == ""
	}
	r.plan(workflow.Now(r.ctx))
	switch reopened := was.Status.Ended() && !f.Status.Ended(); {
	case f.Status.Ended():
		r.s.Linking = "" // no other issue is wanted any more
	case f.Linked != was.Linked:
		r.s.Linking = f.Linked
	case reopened && r.s.Issue.Known.Deleted: // it gets another, of Muster's own
		r.forgetIssue()
	case reopened && len(r.s.Missed) > 0: // what was decided here holds
		r.s.Missed, r.s.Issue.Written = nil, ""
	}
	return nil
}

// report is what the incident should know.
func (r *followUpRun) report() api.FollowUpReport {
	f := r.followUp()
	p := api.FollowUpReport{
		Number: f.Number, Status: f.Status, Owner: f.Owner, Due: f.Due, Reason: f.Reason, Issue: f.Issue, Title: f.Title,
		Revision: f.Revision, Snags: slices.Clone(r.s.Snags), Actor: incident.Actor{Way: incident.WayMuster},
	}
	if r.s.AtVendor {
		p.Actor = incident.Actor{Person: r.s.By, Way: incident.WayVendor}
	}
	return p
}

func (r *followUpRun) reportNews() mirror.Action {
	p := r.report()
	// With a tracker, the due date travels with the issue's key, in one report.
	tracked := r.in.Tracker.Project != ""
	known := p.Due == r.in.Brief.FollowUp.Due || tracked
	fresh := r.s.Reported == "" && p.Issue.Key == "" && known && len(p.Snags) == 0 && !p.Status.Ended()
	if fresh || mirror.Fingerprint(p) == r.s.Reported {
		return nil
	}
	return mirror.Report(r.in.Incident, api.FollowUpReported, p, func() { r.s.Reported = mirror.Fingerprint(p) })
}

func (r *followUpRun) describe() {
	f := r.followUp()
	workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("**%s** · owner %s · due %s\n\nWaits for: %s",
		f.Status, cmp.Or(mirror.Markdown(f.Owner), "nobody"), cmp.Or(string(f.Due), "none"), r.waitsFor()))
}
