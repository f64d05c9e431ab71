package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

// IncidentInput starts an incident, or continues it when State is set.
type IncidentInput struct {
	Number      int                  `json:"number"`
	Declaration incident.Declaration `json:"declaration"`
	Slice       playbook.Slice       `json:"slice"`
	Settings    api.Settings         `json:"settings"`
	// Subscribers are told of it, as Register knew them at the start. With AskSubscribers they
	// were too many to send along.
	Subscribers    []incident.Subscriber `json:"subscribers,omitempty"`
	AskSubscribers bool                  `json:"ask_subscribers,omitempty"`
	State          *incidentState        `json:"state,omitempty"`
}

// incidentState is everything that an incident carries over continue-as-new.
type incidentState struct {
	Facts incident.Incident `json:"facts"`
	// Commands are the newest commands with their results, so that a repeated one is answered
	// alike and applied once, whichever run it reaches.
	Commands []commandRecord `json:"commands,omitempty"`
	Keeper   keeperState     `json:"keeper"`
	Told     incidentTold    `json:"told"`
	// Deliveries are the vendor events that were taken in already.
	Deliveries deliveries `json:"deliveries,omitempty"`
	// Log is what the channel was told of the timeline.
	Log     logState     `json:"log,omitzero"`
	Archive archiveState `json:"archive,omitzero"`
	// Subscribers are who is still to be told, and who was.
	Subscribers subscribersState `json:"subscribers,omitzero"`
	// Nominated counts the nominations that have led to a review.
	Nominated int `json:"nominated,omitempty"`
	// AlertKeys are those that came over with merged incidents.
	AlertKeys []alertKey `json:"alert_keys,omitempty"`
	// Ends is when the workflow completes after the incident has ended, zero while it lives.
	Ends time.Time `json:"ends,omitzero"`
}

// commandRecord is one command that was applied.
type commandRecord struct {
	ID     string          `json:"id"`
	Result incident.Result `json:"result"`
}

// incidentTold is what vendors and children were last told.
type incidentTold struct {
	Furnished mark `json:"furnished,omitzero"`
	// Invited stands for the people and groups who were invited to the channel: each once, for
	// whoever leaves it does so on purpose.
	Invited []string `json:"invited,omitempty"`
	Board   mark     `json:"board,omitzero"`
	Boards  int      `json:"boards,omitempty"` // boards that people deleted
	Issue   mark     `json:"issue,omitzero"`
	Goal    string   `json:"goal,omitempty"`
	// Announcements are by the channel's name in the playbook.
	Announcements map[string]*announcementTold `json:"announcements,omitempty"`
	// Checklists are the people who were given the first steps.
	Checklists []string `json:"checklists,omitempty"`
	// Promise is the newest promised update of which people were reminded.
	Promise time.Time `json:"promise,omitzero"`
	// Handed stands for what was handed to the incident into which this one was merged.
	Handed string `json:"handed,omitempty"`
	Memo   string `json:"memo,omitempty"`
	// Attributes are what visibility was told; nil before the first comparison.
	Attributes *incidentAttributes `json:"attributes,omitempty"`
	// Called lists the pages for which people were called in chat, since the pager failed.
	Called    []int        `json:"called,omitempty"`
	Pages     []*childTold `json:"pages,omitempty"`
	FollowUps []*childTold `json:"follow_ups,omitempty"`
	Reviews   []*childTold `json:"reviews,omitempty"`
	KeyFreed  bool         `json:"key_freed,omitempty"`
	// Vendors are those with a snag of which Register was told.
	Vendors []string `json:"vendors,omitempty"`
}

// childTold is what one child workflow was last told.
type childTold struct {
	Started bool `json:"started,omitempty"`
	// Version is the fingerprint of what it was told.
	Version string `json:"version,omitempty"`
	busy    bool
}

// incidentRun is one run of an incident: its state, and the live things around it.
type incidentRun struct {
	in     IncidentInput
	s      *incidentState
	facts  *incident.Incident
	policy *playbook.Slice
	keeper *keeper
	inbox  *inbox
	log    log.Logger
	ctx    workflow.Context
	// freeing is true while Register is being told of alert keys, handing while the incident
	// into which this one was merged is being told of it.
	freeing, handing bool
}

// Incident is one incident from its declaration to the end of its last follow-up.
func Incident(ctx workflow.Context, in IncidentInput) error {
	r := newIncidentRun(ctx, in)
	if err := r.handle(ctx); err != nil {
		return err
	}
	r.settle()
	r.mirror(ctx)
	return r.run(ctx)
}

func newIncidentRun(ctx workflow.Context, in IncidentInput) *incidentRun {
	r := &incidentRun{in: in, s: in.State, policy: &in.Slice, log: workflow.GetLogger(ctx), ctx: ctx}
	fresh := r.s == nil
	if fresh {
		r.s = &incidentState{Facts: *incident.New(in.Number, in.Declaration, workflow.Now(ctx))}
	}
	r.facts = &r.s.Facts
	r.keeper = &keeper{
		state: &r.s.Keeper, snags: &r.facts.Snags, scale: in.Slice.TimeoutScale,
		priority: int(r.facts.Severity), changed: r.snagChanged, note: r.noteSelf, after: r.noteWaiting,
	}
	r.inbox = &inbox{handlers: map[string]func([]byte) error{}, refused: r.refusedSignal, after: r.settle}
	if fresh {
		r.invitePolicy()
		r.expectSubscribers()
	}
	r.in.Subscribers = nil // they are in the state now
	return r
}

// run waits until the incident has ended and lingered, or this run has become too long.
func (r *incidentRun) run(ctx workflow.Context) error {
	for {
		wait := time.Duration(0)
		if !r.s.Ends.IsZero() {
			wait = max(r.s.Ends.Sub(workflow.Now(ctx)), time.Second)
		}
		ends := r.s.Ends
		moved := func() bool {
			return workflow.GetInfo(ctx).GetContinueAsNewSuggested() || !r.s.Ends.Equal(ends)
		}
		if err := r.await(ctx, wait, moved); err != nil {
			return err
		}
		over := !r.s.Ends.IsZero() && !workflow.Now(ctx).Before(r.s.Ends)
		switch {
		case over && r.behind():
			// A vendor is away and has not heard the end yet: stay until it has.
			r.s.Ends = workflow.Now(ctx).Add(scaled(time.Hour, r.policy.TimeoutScale))
		case over:
			return r.end(ctx)
		case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
			return r.continueAsNew(ctx)
		}
	}
}

func (r *incidentRun) await(ctx workflow.Context, wait time.Duration, cond func() bool) error {
	if wait == 0 {
		return workflow.Await(ctx, cond)
	}
	_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout:      wait,
		TimerOptions: workflow.TimerOptions{Summary: "linger after the end, to answer and to be reopened"},
	}, cond)
	return err
}

// rest waits until nothing is in flight: calls, starting children and handlers.
//
// Taking in the last signals may start something again, which the server would drop with this
// run, so it ends only when there was nothing left to take in.
func (r *incidentRun) rest(ctx workflow.Context) error {
	r.keeper.draining = true
	return restful(ctx, r.inbox, func() bool { return r.keeper.quiet() && workflow.AllHandlersFinished(ctx) })
}

// behind reports whether a mirror has something left to tell that needs no person.
func (r *incidentRun) behind() bool {
	stuck := func(name string) bool {
		return slices.ContainsFunc(r.facts.Snags, func(s incident.Snag) bool { return s.Mirror == name })
	}
	return slices.ContainsFunc(r.mirrors(), func(m *mirror) bool { return m.next() != nil && !stuck(m.name) })
}

func (r *incidentRun) continueAsNew(ctx workflow.Context) error {
	if err := r.rest(ctx); err != nil {
		return err
	}
	next := r.in
	next.State = r.s
	return workflow.NewContinueAsNewError(ctx, Incident, next)
}

func (r *incidentRun) end(ctx workflow.Context) error {
	for _, v := range slices.Clone(r.s.Told.Vendors) {
		r.facts.Snags = slices.DeleteFunc(r.facts.Snags, func(s incident.Snag) bool { return s.Vendor == v })
		r.snagChanged(incident.Snag{Vendor: v}, true)
	}
	if err := r.rest(ctx); err != nil {
		return err
	}
	if r.s.Ends.IsZero() { // somebody reopened it while we rested
		return r.continueAsNew(ctx)
	}
	r.keeper.stopped = true
	return nil
}

// settle draws the conclusions from changed facts that are not a person's to draw: which
// targets to page, whether a review is planned, whether the incident closes, which children
// must be started or told.
func (r *incidentRun) settle() {
	now := workflow.Now(r.ctx)
	r.keeper.priority = int(r.facts.Severity)
	r.planPages(now)
	r.planReview(now)
	r.closeIfLearned(now)
	r.linger(now)
	r.renewChannel(now)
	r.syncChildren(r.ctx)
	r.handOver(r.ctx)
	r.tellRegister(r.ctx)
	r.trim()
	r.noteWaiting()
	r.describe(r.ctx)
}

func (r *incidentRun) closeIfLearned(now time.Time) {
	if r.facts.Status != incident.StatusResolved || !r.facts.Learned() {
		return
	}
	r.facts.Status, r.facts.ClosedAt = incident.StatusClosed, now
	r.facts.Note(now, incident.Actor{Way: incident.WayMuster}, "closed", "Closed: review and follow-ups have ended")
}

// linger says when the workflow completes: some time after the incident has ended, and not
// before its channel was archived.
func (r *incidentRun) linger(now time.Time) {
	switch {
	case !ended(r.facts.Status):
		r.s.Ends, r.s.Archive = time.Time{}, archiveState{}
		return
	case r.s.Archive.Ended.IsZero():
		r.s.Archive.Ended = now
	}
	if r.facts.OpenFollowUps() > 0 {
		r.s.Ends = time.Time{}
		return
	}
	if r.s.Ends.IsZero() {
		r.s.Ends = r.policy.Calendar.Add(now, r.policy.Linger)
	}
	if at := r.archiveAt(); at.After(r.s.Ends) {
		r.s.Ends = at
	}
}

// ended reports whether nothing more is expected of an incident of the status, but for
// follow-ups that it may have left.
func ended(s incident.Status) bool {
	return s == incident.StatusClosed || s == incident.StatusCancelled || s == incident.StatusMerged
}

// maxTimeline and maxTimelineText bound the timeline in the state: with everything else it must
// stay below 512 kB, since the server terminates a workflow whose input is too large.
const (
	maxTimeline     = 300
	maxTimelineText = 110_000 // bytes as JSON
)

// trim drops the oldest entries, a quarter at a time, so that it is done rarely.
func (r *incidentRun) trim() {
	size := 0
	for _, e := range r.facts.Timeline {
		size += weightOf(e)
	}
	n := len(r.facts.Timeline)
	if n <= maxTimeline && size <= maxTimelineText {
		return
	}
	drop := n / 4
	for _, e := range r.facts.Timeline[:drop] {
		size -= weightOf(e)
	}
	for ; drop < n-1 && size > maxTimelineText; drop++ {
		size -= weightOf(r.facts.Timeline[drop])
	}
	r.facts.Timeline = append([]incident.Entry(nil), r.facts.Timeline[drop:]...)
}

// weightOf is how much people's words make of an entry.
func weightOf(e incident.Entry) int {
	return weight(e.Text) + weight(e.Actor.Person) + weight(e.Actor.Token) + weight(e.Source.URL)
}

func (r *incidentRun) noteSelf(event, text string) {
	r.facts.Note(workflow.Now(r.ctx), incident.Actor{Way: incident.WayMuster}, event, text)
}

func (r *incidentRun) refusedSignal(name string, err error) {
	r.log.Warn("signal refused", "signal", name, "error", err.Error())
	r.noteSelf("refused", fmt.Sprintf("Refused %s: %v", name, err))
}

func (r *incidentRun) key(step string) string {
	return api.VendorKey(r.in.Settings.Installation, api.IncidentID(r.facts.Number), step)
}

func (r *incidentRun) severityName() string {
	p := r.policy.Severity(r.facts.Severity)
	if p.Name == "" {
		return fmt.Sprintf("%d", r.facts.Severity)
	}
	return fmt.Sprintf("%d (%s)", r.facts.Severity, p.Name)
}
