package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// FollowUpInput starts a follow-up, or continues it when State is set.
type FollowUpInput struct {
	Incident int                              `json:"incident"`
	Title    string                           `json:"title"` // the incident's
	Brief    api.FollowUpBrief                `json:"brief"`
	Policy   playbook.FollowUpPolicy          `json:"policy"`
	Tracker  playbook.TrackerPolicy           `json:"tracker"`
	Calendar playbook.Calendar                `json:"calendar"`
	People   map[string]playbook.PersonPolicy `json:"people,omitempty"`
	Settings api.Settings                     `json:"settings"`
	Scale    float64                          `json:"scale,omitempty"`
	Priority int                              `json:"priority,omitempty"`
	State    *followUpState                   `json:"state,omitempty"`
}

// followUpState is everything that a follow-up carries over continue-as-new.
type followUpState struct {
	Brief api.FollowUpBrief `json:"brief"` // the follow-up's facts as they are now
	// DueAt is the due moment: the end of the due day, or the exact time that the playbook's
	// span led to.
	DueAt time.Time `json:"due_at,omitzero"`
	// Issue and Goal are what the tracker was told.
	Issue      string          `json:"issue,omitempty"`
	Goal       string          `json:"goal,omitempty"`
	Keeper     keeperState     `json:"keeper"`
	Snags      []incident.Snag `json:"snags,omitempty"`
	Deliveries deliveries      `json:"deliveries,omitempty"`
	Reported   string          `json:"reported,omitempty"`
	// Soaked is true once the decision was asked for; Nudges counts reminders.
	Soaked bool      `json:"soaked,omitempty"`
	Nudges int       `json:"nudges,omitempty"`
	NextAt time.Time `json:"next_at,omitzero"`
	// Wishes are to be told to people; Owed lists who was told of what.
	Wishes   []wish `json:"wishes,omitempty"`
	Owed     []owed `json:"owed,omitempty"`
	By       string `json:"by,omitempty"` // who ended it in the tracker
	AtVendor bool   `json:"at_vendor,omitempty"`
}

type followUpRun struct {
	in     FollowUpInput
	s      *followUpState
	keeper *keeper
	inbox  *inbox
	ctx    workflow.Context
}

// FollowUp follows one piece of work from its proposal to done or dropped, for as long as that
// takes: it has a tracker issue, soaks, is decided about, falls due, and its owner is reminded
// in working hours.
func FollowUp(ctx workflow.Context, in FollowUpInput) error {
	r := &followUpRun{in: in, s: in.State, ctx: ctx}
	if r.s == nil {
		r.s = &followUpState{Brief: in.Brief}
		r.plan(workflow.Now(ctx))
	}
	r.keeper = quietKeeper(&r.s.Keeper, &r.s.Snags, in.Scale, in.Priority)
	r.inbox = &inbox{handlers: map[string]func([]byte) error{
		api.FollowUpChanged: on(r.changedHere),
		api.IssueChanged:    on(r.changedAtTracker),
		api.Retry:           on(func(struct{}) error { r.keeper.retry(); return nil }),
	}, refused: logRefused(ctx), after: r.describe}
	r.describe()
	r.inbox.start(ctx)
	r.keeper.start(ctx,
		&mirror{name: "tracker", next: r.trackerStep},
		&mirror{name: "people", next: r.peopleStep},
		&mirror{name: "report", next: r.reportStep},
	)
	return r.run()
}

func (r *followUpRun) followUp() *incident.FollowUp { return &r.s.Brief.FollowUp }

func (r *followUpRun) run() error {
	for {
		err := r.waitForClock(func() bool { return r.over() || workflow.GetInfo(r.ctx).GetContinueAsNewSuggested() })
		if err != nil {
			return err
		}
		if !r.over() && !workflow.GetInfo(r.ctx).GetContinueAsNewSuggested() {
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
		return workflow.NewContinueAsNewError(r.ctx, FollowUp, next)
	}
}

// waitForClock waits for the condition or for the next moment that the follow-up plans.
func (r *followUpRun) waitForClock(cond func() bool) error {
	at := r.s.NextAt
	moved := func() bool { return cond() || !r.s.NextAt.Equal(at) }
	if at.IsZero() || r.followUp().Status.Ended() {
		return workflow.Await(r.ctx, func() bool { return cond() || (!r.s.NextAt.Equal(at) && !r.followUp().Status.Ended()) })
	}
	_, err := workflow.AwaitWithOptions(r.ctx, workflow.AwaitOptions{
		Timeout:      max(at.Sub(workflow.Now(r.ctx)), time.Millisecond),
		TimerOptions: workflow.TimerOptions{Summary: r.waitsFor()},
	}, func() bool { return moved() || r.followUp().Status.Ended() })
	return err
}

// over reports whether the follow-up has ended and everybody knows it.
func (r *followUpRun) over() bool {
	return r.followUp().Status.Ended() && r.keeper.quiet() && r.trackerStep() == nil && r.peopleStep() == nil && r.reportStep() == nil
}

// changedHere takes in what the incident's people decided.
func (r *followUpRun) changedHere(b api.FollowUpBrief) error {
	now := r.s.Brief
	if b.Parent != "" {
		r.s.Brief.Parent = b.Parent
	}
	r.s.Brief.Commander = b.Commander
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
	return nil
}

// changedAtTracker takes in what the tracker says: done there is done here. Each event is taken
// once, and one that brings nothing new changes nothing.
func (r *followUpRun) changedAtTracker(in api.IssueChangedInput) error {
	if r.s.Deliveries.known(in.DeliveryID) {
		return nil
	}
	f := r.followUp()
	same := in.Issue.Key == f.Issue.Key || (in.Issue.ID != "" && in.Issue.ID == f.Issue.ID)
	if f.Issue.Key == "" || !same {
		return fmt.Errorf("issue %q is not this follow-up's", in.Issue.Key)
	}
	f.Issue.Key = orElse(in.Issue.Key, f.Issue.Key) // it may have been moved to another project
	if f.Status.Ended() {
		return nil
	}
	r.s.By = in.By
	switch {
	case in.Issue.Missing:
		f.Status, f.Reason = incident.FollowUpDropped, "its issue was deleted in the tracker"
	case in.Issue.Done && in.Issue.Resolution != "" && in.Issue.Resolution == r.in.Tracker.DroppedResolution:
		f.Status, f.Reason = incident.FollowUpDropped, "closed in the tracker as "+in.Issue.Resolution
	case in.Issue.Done:
		f.Status = incident.FollowUpDone
	default:
		r.takeOver(in.Issue)
		return nil
	}
	f.EndedAt = workflow.Now(r.ctx)
	r.s.AtVendor = true
	return nil
}

// takeOver takes owner and due date from the tracker, where people change them.
func (r *followUpRun) takeOver(i incident.IssueState) {
	f := r.followUp()
	if i.Owner != "" && incident.CheckPerson("", i.Owner) == nil {
		f.Owner = incident.NormalPerson(i.Owner)
	}
	if i.Due != "" && i.Due != f.Due {
		f.Due, r.s.Nudges = i.Due, 0
		r.plan(workflow.Now(r.ctx))
	}
	r.s.Issue = fingerprint(r.issue()) // the tracker knows already
}

// report is what the incident should know.
func (r *followUpRun) report() api.FollowUpReport {
	f := r.followUp()
	p := api.FollowUpReport{
		Number: f.Number, Status: f.Status, Owner: f.Owner, Due: f.Due, Reason: f.Reason, Issue: f.Issue,
		Revision: f.Revision, Snags: r.s.Snags, Actor: incident.Actor{Way: incident.WayMuster},
	}
	if r.s.AtVendor {
		p.Actor = incident.Actor{Person: r.s.By, Way: incident.WayVendor}
	}
	return p
}

func (r *followUpRun) reportStep() *step {
	p := r.report()
	// With a tracker, the due date travels with the issue's key, in one report.
	tracked := r.in.Tracker.Project != ""
	known := p.Due == r.in.Brief.FollowUp.Due || tracked
	fresh := r.s.Reported == "" && p.Issue.Key == "" && known && len(p.Snags) == 0 && !p.Status.Ended()
	if fresh || fingerprint(p) == r.s.Reported {
		return nil
	}
	return &step{name: "report", run: func(ctx workflow.Context, _ bool) error {
		r.s.Reported = fingerprint(p)
		err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(r.in.Incident), "", api.FollowUpReported, p).Get(ctx, nil)
		if err != nil { // the incident has lingered out: there is nobody left to tell
			workflow.GetLogger(ctx).Warn("incident not told", "error", err.Error())
		}
		return nil
	}}
}

func (r *followUpRun) describe() {
	f := r.followUp()
	workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("**%s** · owner %s · due %s\n\nWaits for: %s",
		f.Status, orElse(markdown(f.Owner), "nobody"), orElse(string(f.Due), "none"), r.waitsFor()))
}
