// Package paging holds the workflow of a page: the chain of attempts to reach one target.
package paging

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// PageInput starts a page, or continues it when State is set.
type PageInput struct {
	Incident int               `json:"incident"`
	Brief    api.PageBrief     `json:"brief"`
	Calendar playbook.Calendar `json:"calendar"`
	Settings api.Settings      `json:"settings"`
	Scale    float64           `json:"scale,omitempty"`
	// Raised means that Register has sent the first attempt ahead.
	Raised bool       `json:"raised,omitempty"`
	State  *pageState `json:"state,omitempty"`
	// Restored is set in the first run after the page's workflow was ended by hand.
	Restored *api.Restored `json:"restored,omitempty"`
}

// pageState is everything that a page carries over continue-as-new.
type pageState struct {
	// Brief is what the incident says of the page, as it is now.
	Brief     api.PageBrief       `json:"brief"`
	Status    incident.PageStatus `json:"status"`
	NotBefore time.Time           `json:"not_before,omitzero"`
	By        string              `json:"by,omitempty"`
	URL       string              `json:"url,omitempty"`
	// Asked are the people whom the pager asks.
	Asked   []string `json:"asked,omitempty"`
	Problem string   `json:"problem,omitempty"`
	// Failure is the kind of the last failure, Failures how many passes in a row delivered nothing.
	Failure  string `json:"failure,omitempty"`
	Failures int    `json:"failures,omitempty"`
	// Attempts has one for each step that was begun; Sends counts what was delivered in all.
	Attempts []attempt `json:"attempts,omitempty"`
	Sends    int       `json:"sends,omitempty"`
	// Stale are attempts of earlier times through the chain, still to be ended at the pager.
	Stale []activities.PageHandle `json:"stale,omitempty"`
	// Ended are the last of them that were: somebody may have answered just before.
	Ended []activities.PageHandle `json:"ended,omitempty"`
	// Place counts the places of the chain that were gone through this time. Times counts the times
	// before, and is part of the keys; Lulls those since somebody last answered.
	Place int `json:"place"`
	Times int `json:"times,omitempty"`
	Lulls int `json:"lulls,omitempty"`
	// Mending is a pass through those steps only that could not be delivered.
	Mending bool `json:"mending,omitempty"`
	// Resting means that the present pass through the chain is over and nobody has come.
	Resting bool `json:"resting,omitempty"`
	// Deadline is when the attempt of the Present step counts as unanswered.
	Deadline time.Time `json:"deadline,omitzero"`
	Present  int       `json:"present,omitempty"`
	// RaisedUntil is when what Register sent ahead cannot arrive at the pager any more; zero when
	// it sent nothing, or when that moment was waited for.
	RaisedUntil time.Time `json:"raised_until,omitzero"`
	// LateUntil is until when a call may arrive at the pager of which nobody heard the end; zero for
	// none. Resolved means that the page was ended there, and is ended once more after that moment.
	LateUntil time.Time `json:"late_until,omitzero"`
	Resolved  bool      `json:"resolved,omitempty"`
	// MendAt is when the undelivered steps are tried again, AgainAt when the whole chain is.
	MendAt  time.Time `json:"mend_at,omitzero"`
	AgainAt time.Time `json:"again_at,omitzero"`
	// Again says that the whole chain is due, as soon as the pager was asked once more.
	Again bool `json:"again,omitempty"`
	Look  look `json:"look,omitzero"`
	// Woken is whom the pager has really notified, by its log, and Log when that is asked.
	Woken incident.WokenReport `json:"woken,omitzero"`
	Log   logAsk               `json:"log,omitzero"`
	// Deliveries are the vendor events that were taken in already.
	Deliveries mirror.Deliveries `json:"deliveries,omitempty"`
	Loop       mirror.LoopState  `json:"loop"`
	Snags      []incident.Snag   `json:"snags,omitempty"`
	// TakenHere means that a person acknowledged in Muster, or an attempt of an earlier time: the
	// pager cannot take that back.
	TakenHere bool   `json:"taken_here,omitempty"`
	Reported  string `json:"reported,omitempty"`
	// WokenTold is the fingerprint of what the incident was told of Woken.
	WokenTold string `json:"woken_told,omitempty"`
	// SnagsShown means that the incident shows snags of this page, so it must hear that they went.
	SnagsShown bool `json:"snags_shown,omitempty"`
	// Shown is the status that visibility shows.
	Shown incident.PageStatus `json:"shown,omitempty"`
}

// attempt is one step of the chain at the pager. A round that repeats a step sends it again under
// the same key, and so opens nothing new there.
type attempt struct {
	activities.PageHandle
	Step string `json:"step"`
	// Tried means that a call may have reached the pager, Delivered that one did this time through
	// the chain, Sent when the last one did.
	Tried bool `json:"tried,omitempty"`
	// Raised means the same of the call that Register sent ahead.
	Raised    bool      `json:"raised,omitempty"`
	Delivered bool      `json:"delivered,omitempty"`
	Sent      time.Time `json:"sent,omitzero"`
	// Severity is what it was last sent with, Drill that it was marked as one.
	Severity incident.Severity `json:"severity,omitempty"`
	Drill    bool              `json:"drill,omitempty"`
	// Again means that the call was made once more because nobody heard the answer.
	Again bool `json:"again,omitempty"`
	// Acked means that the pager knows it as answered, At is when the pager last spoke of it.
	Acked bool      `json:"acked,omitempty"`
	At    time.Time `json:"at,omitzero"`
	// Hushed means that the answer is Muster's own, for a person who had answered elsewhere: it is
	// nothing that can be given back, and nothing that makes a page answered.
	Hushed bool `json:"hushed,omitempty"`
	// Silent means that the pager notifies nobody for it, which was heeded already.
	Silent bool `json:"silent,omitempty"`
}

type pageRun struct {
	in  PageInput
	s   *pageState
	run *mirror.Run
	ctx workflow.Context
	// restored says that the page was ended by hand and is started again.
	restored *api.Restored
}

// Page reaches one target of an incident: attempt, wait for an acknowledgement, escalate, until
// somebody answers or it is withdrawn. Un-acknowledged, it goes on from the first step.
func Page(ctx workflow.Context, in PageInput) error {
	ctx = mirror.Lasting(ctx)
	r := newPageRun(ctx, in)
	err := workflow.SetQueryHandlerWithOptions(ctx, api.State, r.state, workflow.QueryHandlerOptions{Description: "Its status, and the keys that may be open at the pager."})
	if err != nil {
		return err
	}
	if err := mirror.AnswerCarried(ctx, stateBounds, r.carried); err != nil {
		return err
	}
	record, err := mirror.Record(ctx, r.recorded())
	if err != nil {
		return err
	}
	r.renew()
	r.run.Start(append(r.mirrors(), record)...)
	if _, err := r.run.Until(ctx, mirror.Moment{}, r.over); err != nil {
		return err
	}
	return r.run.Leave(ctx, r.over, func() error {
		next := r.carried()
		stateBounds.Fit(&next)
		return mirror.ContinueAsNew(ctx, Page, next)
	})
}

// carried is the input by which the next run goes on.
func (r *pageRun) carried() PageInput {
	next := r.in
	next.State = r.s
	return next
}

// recorded is what the archive holds of the page; who was asked when is in its incident's record.
func (r *pageRun) recorded() mirror.Recorded[PageInput] {
	return mirror.Recorded[PageInput]{
		Type: api.TypePage, Incident: r.in.Incident, State: &r.s.Loop.Archived, Scale: r.in.Scale, Loop: &r.s.Loop,
		Mark: func() string {
			return mirror.Fingerprint([]any{r.s.Status, r.s.By, r.s.Brief.Page.Revision, r.open(), len(r.s.Attempts)})
		},
		Carried: r.carried, Bounds: stateBounds, Over: func() bool { return r.s.Status == incident.PageWithdrawn && len(r.open()) == 0 },
	}
}

func (r *pageRun) mirrors() []mirror.Mirror {
	return []mirror.Mirror{
		{Name: "pager", Next: r.next},
		{Name: "stale", Next: r.endStale},
		{Name: "log", Next: r.askLog},
		{Name: "report", Next: r.reportNews},
		{Name: "visibility", Next: r.showStatus},
	}
}

func newPageRun(ctx workflow.Context, in PageInput) *pageRun {
	r := &pageRun{in: in, s: in.State, ctx: ctx}
	if r.s == nil {
		r.s = freshPage(in)
		r.raised(workflow.Now(ctx))
	}
	r.s.Loop.Doubts(in.Restored)
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.s.Loop, Snags: &r.s.Snags, Scale: in.Scale, Priority: api.Priority(api.Waking, in.Brief.Severity),
		Incident: in.Incident,
	}, nil)
	r.run.Receive(api.PageChanged, mirror.On(r.changedHere))
	r.run.Receive(api.Orphaned, mirror.On(func(struct{}) error { r.run.AskOrphaned(r.orphaned); return nil }))
	r.run.Receive(api.PagerChanged, mirror.On(r.changedAtPager))
	r.restored, r.in.Restored = r.in.Restored, nil
	return r
}

func freshPage(in PageInput) *pageState {
	s := &pageState{Brief: in.Brief, Status: incident.PagePaging, NotBefore: in.Brief.Page.NotBefore}
	switch {
	case in.Brief.Page.Status == incident.PageAcknowledged: // somebody took it before it could begin
		s.Status, s.By, s.TakenHere = incident.PageAcknowledged, in.Brief.Page.By, true
	case !s.NotBefore.IsZero():
		s.Status = incident.PageWaiting
	}
	s.Shown = s.Status // its incident starts it so
	return s
}

func (r *pageRun) state() (api.PageState, error) {
	p := api.PageState{Status: r.s.Status}
	for _, a := range r.open() {
		p.Keys = append(p.Keys, a.Key)
	}
	if r.s.Status == incident.PageWithdrawn {
		for _, a := range r.s.Attempts {
			p.Ended = append(p.Ended, api.EndedPage{Key: a.Key, Credential: a.Credential, Reach: a.Reach})
		}
	}
	return p, nil
}

// over reports whether the page was withdrawn, and pager and incident know what they must.
func (r *pageRun) over() bool {
	return r.s.Status == incident.PageWithdrawn && len(r.open()) == 0 && r.logSettled() && r.run.Quiet(nil)
}

func (r *pageRun) unanswered() bool {
	return r.s.Status == incident.PagePaging || r.s.Status == incident.PageUnanswered
}

// showStatus keeps the status in visibility, where the Sweep looks for what is unanswered.
func (r *pageRun) showStatus() mirror.Action {
	status := r.s.Status
	if r.s.Shown == status {
		return nil
	}
	return &mirror.Decision{Name: "show the status", Decide: func(time.Time) {
		r.countStatus()
		// A page that is withdrawn ends, and nobody looks for it. Only one that still waits for the
		// pager's log would be counted as one that rings.
		rang := r.s.Shown != incident.PageAcknowledged && !r.logSettled()
		if r.s.Shown = status; status == incident.PageWithdrawn && !rang {
			return
		}
		if err := workflow.UpsertTypedSearchAttributes(r.ctx, mirror.AttrStatus.ValueSet(string(status))); err != nil {
			workflow.GetLogger(r.ctx).Warn("status not shown", "error", err.Error())
		}
	}}
}
