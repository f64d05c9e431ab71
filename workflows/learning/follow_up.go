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
}

// followUpState is everything that a follow-up carries over continue-as-new.
type followUpState struct {
	Brief api.FollowUpBrief `json:"brief"` // the follow-up's facts as they are now
	// DueAt is the due moment: the end of the due day, or the exact time that the playbook's
	// span led to.
	DueAt      time.Time         `json:"due_at,omitzero"`
	Issue      issueState        `json:"issue,omitzero"`
	Loop       mirror.LoopState  `json:"loop"`
	Snags      []incident.Snag   `json:"snags,omitempty"`
	Deliveries mirror.Deliveries `json:"deliveries,omitempty"`
	Reported   string            `json:"reported,omitempty"`
	// Soaked is true once the decision was asked for; Nudges counts reminders.
	Soaked bool      `json:"soaked,omitempty"`
	Nudges int       `json:"nudges,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
	// Wishes are to be told to people; Owed lists who was told of what.
	Wishes   []wish `json:"wishes,omitempty"`
	Owed     []owed `json:"owed,omitempty"`
	By       string `json:"by,omitempty"` // who ended it in the tracker
	AtVendor bool   `json:"at_vendor,omitempty"`
	// Listed stands for what the memo says.
	Listed string `json:"listed,omitempty"`
}

type followUpRun struct {
	in  FollowUpInput
	s   *followUpState
	run *mirror.Run
	ctx workflow.Context
}

// FollowUp follows one piece of work from its proposal to done or dropped, for as long as that
// takes: it has a tracker issue, soaks, is decided about, falls due, and its owner is reminded
// in working hours.
func FollowUp(ctx workflow.Context, in FollowUpInput) error {
	r := newFollowUpRun(ctx, in)
	r.describe()
	r.run.Start(r.mirrors()...)
	return r.live()
}

func (r *followUpRun) mirrors() []mirror.Mirror {
	return []mirror.Mirror{
		{Name: "tracker", Next: r.trackIssue},
		{Name: "people", Next: r.tellPeople},
		{Name: "report", Next: r.reportNews},
	}
}

// live lets the follow-up soak, asks for a decision, nudges its owner before it is due, and then
// again and again, at last with its commander, until it is done or dropped and everybody knows.
func (r *followUpRun) live() error {
	for !r.over() && !r.run.Full() {
		planned := r.moment()
		came, err := r.run.Until(r.ctx, planned, func() bool { return r.over() || !r.moment().At.Equal(planned.At) })
		switch now := workflow.Now(r.ctx); {
		case err != nil:
			return err
		case !came: // people have moved it on, here or in the tracker, or a pause has ended
			r.describe()
			continue
		case r.soaking():
			r.askToDecide(now)
		case now.Before(r.s.DueAt):
			r.nudge()
		default:
			r.nudgeOverdue(now)
		}
		r.describe()
		r.run.Changed()
	}
	return r.run.Leave(r.ctx, r.over, func() error {
		next := r.in
		next.State = r.s
		return workflow.NewContinueAsNewError(r.ctx, FollowUp, next)
	})
}

func newFollowUpRun(ctx workflow.Context, in FollowUpInput) *followUpRun {
	r := &followUpRun{in: in, s: in.State, ctx: ctx}
	if r.s == nil {
		r.s = &followUpState{Brief: in.Brief, Listed: mirror.Short(mirror.Fingerprint(listed(in.Brief, in.Calendar)))}
		r.plan(workflow.Now(ctx))
	}
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.s.Loop, Snags: &r.s.Snags, Scale: in.Scale, Priority: api.Priority(api.Learning, in.Brief.Severity), After: r.describe,
	}, nil)
	r.run.Receive(api.FollowUpChanged, mirror.On(r.changedHere))
	r.run.Receive(api.IssueChanged, mirror.On(r.changedAtTracker))
	return r
}

func (r *followUpRun) followUp() *incident.FollowUp { return &r.s.Brief.FollowUp }

// over reports whether the follow-up has ended and everybody knows it.
func (r *followUpRun) over() bool { return r.followUp().Status.Ended() && r.run.Quiet(nil) }

// soaking reports whether nobody was asked yet to decide about it.
func (r *followUpRun) soaking() bool {
	return r.followUp().Status == incident.FollowUpProposed && !r.s.Soaked
}

// moment is when people are next to be told something; never once it has ended.
func (r *followUpRun) moment() mirror.Moment {
	if r.followUp().Status.Ended() {
		return mirror.Moment{}
	}
	return mirror.Moment{At: r.s.Brief.AfterPause(r.s.NextAt, workflow.Now(r.ctx)), Summary: r.waitsFor()}
}

// changedHere takes in what the incident's people decided.
func (r *followUpRun) changedHere(b api.FollowUpBrief) error {
	now := r.s.Brief
	r.s.Brief.Take(b.Brief)
	r.s.Brief.Services = b.Services
	if b.FollowUp.Revision <= now.FollowUp.Revision {
		return nil
	}
	issue := now.FollowUp.Issue
	r.s.Brief.FollowUp = b.FollowUp
	r.s.Brief.FollowUp.Issue = issue
	if b.FollowUp.Due == "" {
		r.s.Brief.FollowUp.Due = now.FollowUp.Due
	}
	r.s.AtVendor = false
	if r.s.Brief.FollowUp.Due != now.FollowUp.Due {
		r.s.Nudges = 0
	}
	if r.s.Brief.FollowUp.Due != now.FollowUp.Due || r.s.Brief.FollowUp.Status != now.FollowUp.Status {
		r.plan(workflow.Now(r.ctx))
	}
	r.forgetWishes()
	return nil
}

// report is what the incident should know.
func (r *followUpRun) report() api.FollowUpReport {
	f := r.followUp()
	p := api.FollowUpReport{
		Number: f.Number, Status: f.Status, Owner: f.Owner, Due: f.Due, Reason: f.Reason, Issue: f.Issue,
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
	r.keepListed()
	f := r.followUp()
	workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("**%s** · owner %s · due %s\n\nWaits for: %s",
		f.Status, cmp.Or(mirror.Markdown(f.Owner), "nobody"), cmp.Or(string(f.Due), "none"), r.waitsFor()))
}
