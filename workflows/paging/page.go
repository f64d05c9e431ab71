// Package paging holds the workflow of a page: the chain of attempts to reach one target.
package paging

import (
	"cmp"
	"fmt"
	"slices"
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
	Incident  int                 `json:"incident"`
	Page      int                 `json:"page"`
	Revision  int                 `json:"revision"`
	Target    playbook.PageTarget `json:"target"`
	NotBefore time.Time           `json:"not_before,omitzero"`
	// Request is what every attempt says; key and credential are filled in for each.
	Request  incident.PageRequest `json:"request"`
	Calendar playbook.Calendar    `json:"calendar"`
	Settings api.Settings         `json:"settings"`
	Scale    float64              `json:"scale,omitempty"`
	State    *pageState           `json:"state,omitempty"`
}

// pageState is everything that a page carries over continue-as-new.
type pageState struct {
	Status    incident.PageStatus `json:"status"`
	Revision  int                 `json:"revision"`
	NotBefore time.Time           `json:"not_before,omitzero"`
	By        string              `json:"by,omitempty"`
	URL       string              `json:"url,omitempty"`
	Problem   string              `json:"problem,omitempty"`
	// Failure is the kind of the last failure, Chains how many chains in a row reached nobody.
	Failure  string    `json:"failure,omitempty"`
	Chains   int       `json:"chains,omitempty"`
	Attempts []attempt `json:"attempts,omitempty"`
	// Current counts the attempts that were begun in the present chain of steps.
	Current int `json:"current"`
	// Deadline is when the Present attempt, of that number from 0, counts as unanswered.
	Deadline time.Time `json:"deadline,omitzero"`
	Present  int       `json:"present,omitempty"`
	// AgainAt is when a chain that reached nobody is gone through again.
	AgainAt time.Time `json:"again_at,omitzero"`
	// Deliveries are the vendor events that were taken in already.
	Deliveries mirror.Deliveries `json:"deliveries,omitempty"`
	Loop       mirror.LoopState  `json:"loop"`
	Snags      []incident.Snag   `json:"snags,omitempty"`
	// TakenHere means that a person acknowledged in Muster: the pager cannot take that back.
	TakenHere bool   `json:"taken_here,omitempty"`
	Reported  string `json:"reported,omitempty"`
	// SnagsShown means that the incident shows snags of this page, so it must hear that they went.
	SnagsShown bool `json:"snags_shown,omitempty"`
}

// attempt is one call to the pager.
type attempt struct {
	activities.PageHandle
	Step string `json:"step"`
	// Tried means that the call may have reached the pager, Delivered that it did.
	Tried     bool `json:"tried,omitempty"`
	Delivered bool `json:"delivered,omitempty"`
	// Again means that the call was made once more because nobody heard the answer.
	Again bool `json:"again,omitempty"`
	// Acked means that the pager knows it as answered, At is when the pager last spoke of it.
	Acked bool      `json:"acked,omitempty"`
	At    time.Time `json:"at,omitzero"`
	// Hushed means that the answer is Muster's own, for a person who had answered elsewhere: it is
	// nothing that can be given back, and nothing that makes a page answered.
	Hushed bool `json:"hushed,omitempty"`
}

// hears takes in what the pager says of the attempt.
func (a *attempt) hears(s incident.PageState) {
	// Automation that resolves what a person has answered gives nothing back.
	a.Acked = answered(s) || (a.Acked && s.Resolved)
	a.Hushed = a.Hushed && a.Acked && s.By == ""
}

// answered reports whether a person has answered the attempt at the pager.
func (a *attempt) answered() bool { return a.Acked && !a.Hushed }

type pageRun struct {
	in  PageInput
	s   *pageState
	run *mirror.Run
	ctx workflow.Context
}

// Page reaches one target of an incident: attempt, wait for an acknowledgement, escalate, until
// it is withdrawn. Un-acknowledged, it goes on from the first step.
func Page(ctx workflow.Context, in PageInput) error {
	r := newPageRun(ctx, in)
	if err := workflow.SetQueryHandler(ctx, api.State, r.state); err != nil {
		return err
	}
	r.run.Start(mirror.Mirror{Name: "pager", Next: r.next}, mirror.Mirror{Name: "report", Next: r.reportNews})
	if _, err := r.run.Until(ctx, mirror.Moment{}, r.over); err != nil {
		return err
	}
	return r.run.Leave(ctx, r.over, func() error {
		next := r.in
		next.State = r.s
		return workflow.NewContinueAsNewError(ctx, Page, next)
	})
}

func newPageRun(ctx workflow.Context, in PageInput) *pageRun {
	r := &pageRun{in: in, s: in.State, ctx: ctx}
	if r.s == nil {
		r.s = &pageState{Status: incident.PagePaging, Revision: in.Revision, NotBefore: in.NotBefore}
		if !in.NotBefore.IsZero() {
			r.s.Status = incident.PageWaiting
		}
	}
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.s.Loop, Snags: &r.s.Snags, Scale: in.Scale, Priority: int(in.Request.Severity),
	}, nil)
	r.run.Receive(api.PageChanged, mirror.On(r.changedHere))
	r.run.Receive(api.PagerChanged, mirror.On(r.changedAtPager))
	return r
}

func (r *pageRun) state() (api.PageState, error) {
	p := api.PageState{Status: r.s.Status}
	for _, a := range r.open() {
		p.Keys = append(p.Keys, a.Key)
	}
	return p, nil
}

// over reports whether the page was withdrawn, and pager and incident know what they must.
func (r *pageRun) over() bool {
	return r.s.Status == incident.PageWithdrawn && r.run.Quiet(nil)
}

// changedHere takes in what the incident decided.
func (r *pageRun) changedHere(p incident.Page) error {
	if p.Revision <= r.s.Revision {
		return nil
	}
	r.s.Revision = p.Revision
	if r.s.Status == incident.PageWithdrawn {
		return nil
	}
	r.s.NotBefore = p.NotBefore
	switch p.Status {
	case incident.PageWithdrawn:
		r.s.Status = incident.PageWithdrawn
		r.forgetUndelivered()
	case incident.PageAcknowledged:
		r.s.Status, r.s.By, r.s.TakenHere = incident.PageAcknowledged, p.By, true
	case incident.PagePaging:
		if r.s.Status == incident.PageWaiting {
			r.s.Status = incident.PagePaging
		}
	}
	return nil
}

// changedAtPager takes in what the pager says, each event once.
func (r *pageRun) changedAtPager(in api.PagerChangedInput) error {
	if r.s.Deliveries.Known(in.DeliveryID) {
		return nil
	}
	k := slices.IndexFunc(r.s.Attempts, func(a attempt) bool { return a.Key == in.Key })
	if k < 0 {
		return fmt.Errorf("no attempt has the key %q", in.Key)
	}
	a := &r.s.Attempts[k]
	if !in.At.IsZero() && in.At.Before(a.At) {
		return nil // it was overtaken by a newer one
	}
	if in.At.After(a.At) {
		a.At = in.At
	}
	if in.State.URL != "" {
		r.s.URL = in.State.URL
	}
	a.hears(in.State)
	switch {
	case r.s.Status == incident.PageWithdrawn:
	case a.answered():
		r.taken(in.State)
	case in.State.Resolved && k == r.s.Present:
		r.s.Deadline = time.Time{} // a time-out at the pager ended it: nobody has answered, go on
	case in.State.Found && r.s.Status == incident.PageAcknowledged && !r.answered() && !r.s.TakenHere:
		r.resume()
	}
	return nil
}

// answered reports whether a person has answered at the pager. Resolving there is an answer
// too; a resolution that nobody made is automation's.
func answered(s incident.PageState) bool {
	return s.Acknowledged || (s.Resolved && s.By != "")
}

func (r *pageRun) taken(s incident.PageState) {
	r.s.Status, r.s.Problem = incident.PageAcknowledged, ""
	r.s.By, r.s.URL = cmp.Or(r.s.By, s.By), cmp.Or(s.URL, r.s.URL) // the first to answer has it
}

// answered reports whether a person has answered any attempt at the pager.
func (r *pageRun) answered() bool {
	return slices.ContainsFunc(r.s.Attempts, func(a attempt) bool { return a.answered() })
}

// resume goes on from the first step, since the page was given back. Attempts keep their keys:
// those still open at the pager are found there and not made twice.
func (r *pageRun) resume() {
	r.s.Status, r.s.By = incident.PagePaging, ""
	r.s.Current, r.s.Deadline = 0, time.Time{}
	for k := range r.s.Attempts {
		r.s.Attempts[k].Delivered = false
	}
}

func (r *pageRun) report() incident.PageReport {
	p := incident.PageReport{
		Page: r.in.Page, Status: r.s.Status, By: r.s.By, URL: r.s.URL, Problem: r.s.Problem,
		Revision: r.s.Revision, Snags: r.s.Snags, Attempts: r.s.delivered(),
	}
	if n := len(r.s.Attempts); n > 0 {
		p.Step = r.s.Attempts[n-1].Step
	}
	return p
}

// reportNews tells the incident what is news.
func (r *pageRun) reportNews() mirror.Action {
	p := r.report()
	if r.reported() {
		return nil
	}
	return mirror.Report(r.in.Incident, api.PageReported, p, func() {
		r.s.Reported, r.s.SnagsShown = mirror.Fingerprint(p), len(p.Snags) > 0
	})
}

// reported is true when the incident knows the present state, or need not: it knows by itself
// that a page was started or taken in Muster, and that it withdrew it.
func (r *pageRun) reported() bool {
	p := r.report()
	quietly := p.Status == incident.PageWithdrawn && len(p.Snags) == 0 && !r.s.SnagsShown
	started := p.Status == incident.PageWaiting || p.Status == incident.PagePaging || r.s.TakenHere
	fresh := started && p.Attempts == 0 && p.Problem == "" && len(p.Snags) == 0 && r.s.Reported == ""
	return quietly || fresh || mirror.Fingerprint(p) == r.s.Reported
}

func (s *pageState) delivered() int {
	n := 0
	for _, a := range s.Attempts {
		if a.Delivered {
			n++
		}
	}
	return n
}
