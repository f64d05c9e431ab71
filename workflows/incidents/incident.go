// Package incidents holds the workflow of an incident. Its state is a plain struct of facts; a
// command changes facts and returns at once; every outside system is a mirror that is kept in line
// with the facts by a small type of its own, in a file of its own.
package incidents

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/internal/bounds"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
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
	// Raised says which pages Register has sent ahead.
	Raised Raised         `json:"raised,omitzero"`
	State  *incidentState `json:"state,omitempty"`
	// Restored is set in the first run after the incident's workflow was ended by hand.
	Restored *api.Restored `json:"restored,omitempty"`
}

// incidentState is everything that an incident carries over continue-as-new: its facts, and what
// each part remembers of what the outside knows.
type incidentState struct {
	Facts incident.Incident `json:"facts"`
	// Commands are the newest commands with their results, so that a repeated one is answered
	// alike and applied once, whichever run it reaches.
	Commands []commandRecord `json:"commands,omitempty"`
	// Older are those before them, without their results.
	Older []olderCommand   `json:"older,omitempty"`
	Loop  mirror.LoopState `json:"loop"`
	// Deliveries are the vendor events that were taken in already.
	Deliveries mirror.Deliveries `json:"deliveries,omitempty"`

	Tracker   trackerState `json:"tracker,omitzero"`
	Board     boardState   `json:"board,omitzero"`
	Furnished mirror.Mark  `json:"furnished,omitzero"`
	// Invited stands for the people and groups who were invited to the channel: each once, for
	// whoever leaves it does so on purpose.
	Invited []string `json:"invited,omitempty"`
	// Asked is the channel that was last asked for, until it is known.
	Asked incident.ChannelSpec `json:"asked,omitzero"`
	// DroppedChannels counts the channels before those that the links remember as former ones.
	DroppedChannels int `json:"dropped_channels,omitempty"`
	// Retired are channels that were given up for one of the other sort and are not archived yet.
	Retired []retiredChannel `json:"retired,omitempty"`
	// Evicted stands for the removals that were carried out in the channel.
	Evicted []string `json:"evicted,omitempty"`
	// Announcements are by the channel's name in the playbook.
	Announcements map[string]*announcementState `json:"announcements,omitempty"`
	// Called lists the pages for which people were called in chat, since the pager failed.
	Called        []int `json:"called,omitempty"`
	CalledOutside []int `json:"called_outside,omitempty"`
	// Quiet is the beginning of the silence about which people were asked.
	Quiet time.Time `json:"quiet,omitzero"`
	// Log is what the channel was told of the timeline.
	Log logState `json:"log,omitzero"`
	// Checklists are the people who were given the first steps.
	Checklists []string `json:"checklists,omitempty"`
	// Promise is the newest promised update of which people were reminded.
	Promise     time.Time        `json:"promise,omitzero"`
	Subscribers subscribersState `json:"subscribers,omitzero"`
	Archive     archiveState     `json:"archive,omitzero"`
	// Archiving is when Muster last tried to archive the channel.
	Archiving time.Time `json:"archiving,omitzero"`
	// Settle is until when what was just posted is not edited.
	Settle     time.Time       `json:"settle,omitzero"`
	Visibility visibilityState `json:"visibility,omitzero"`
	Children   childrenState   `json:"children,omitzero"`
	// Transferred stands for what the incident into which this one was merged has been given.
	Transferred string         `json:"transferred,omitempty"`
	AlertKeys   alertKeysState `json:"alert_keys,omitzero"`
	// Refusals are recorded commands of which people are still to be told that they were not applied.
	Refusals refusalsState `json:"refusals,omitzero"`
	// Given is when the newest command was given of each aspect of which the last word holds.
	Given map[string]time.Time `json:"given,omitempty"`
	// Vendors are those with a snag of which Register knows.
	Vendors []string `json:"vendors,omitempty"`
	// Nominated counts the nominations that have led to a review.
	Nominated int `json:"nominated,omitempty"`
	// Ends is when the workflow completes after the incident has ended, zero while it lives.
	Ends time.Time `json:"ends,omitzero"`
}

// incidentRun is one run of an incident: its state, and its parts.
type incidentRun struct {
	*scene
	in IncidentInput
	s  *incidentState
	// mustered means that the time to muster was measured.
	mustered bool
	parts
}

// Incident is one incident from its declaration to the end of its last follow-up.
func Incident(ctx workflow.Context, in IncidentInput) error {
	ctx = mirror.Lasting(ctx)
	r := newIncidentRun(ctx, in)
	if err := r.handle(ctx); err != nil {
		return err
	}
	if err := mirror.AnswerCarried(ctx, stateBounds, r.carried); err != nil {
		return err
	}
	record, err := mirror.Record(ctx, r.recorded())
	if err != nil {
		return err
	}
	if err := r.start(ctx, append(r.mirrors(), record)); err != nil {
		return err
	}
	return r.live(ctx)
}

// start draws the first conclusions, takes in what the run begins with, and keeps every outside system in
// line from now on.
func (r *incidentRun) start(ctx workflow.Context, mirrors []mirror.Mirror) error {
	r.conclude()
	if err := r.run.Gather(ctx); err != nil {
		return err
	}
	r.run.Start(mirrors...)
	workflow.GoNamed(ctx, "visibility", r.visibility.keep)
	workflow.GoNamed(ctx, "clock", r.keepClock)
	return nil
}

func newIncidentRun(ctx workflow.Context, in IncidentInput) *incidentRun {
	r := &incidentRun{in: in, s: in.State}
	fresh := r.s == nil
	if fresh {
		r.s = &incidentState{Facts: *incident.New(in.Number, in.Declaration, workflow.Now(ctx))}
	}
	r.s.Loop.Doubts(in.Restored)
	r.scene = &scene{
		declaration: in.Declaration, settings: in.Settings, facts: &r.s.Facts, policy: &r.in.Slice, raised: in.Raised,
		ctx: ctx, log: workflow.GetLogger(ctx),
	}
	r.run = mirror.NewRun(ctx, mirror.Options{
		State: &r.s.Loop, Snags: &r.facts.Snags, Scale: in.Slice.TimeoutScale, Priority: api.Priority(api.Working, r.facts.Severity),
		SnagChanged: func(s incident.Snag, cleared bool) { r.vendorSnags.changed(s, cleared) },
		Note:        r.note, After: r.conclude,
		CancelAsked: func() {
			_ = r.cancelAsked(api.CancelAskedInput{Workflow: api.IncidentID(r.facts.Number)}) // its own ID is never refused
			r.conclude()
		},
	}, r.refusedSignal)
	r.parts = newParts(r.scene, r.s)
	r.mustered = !r.facts.MusteredAt.IsZero()
	if fresh {
		r.raised.plan(r.facts, r.policy)
		r.invitePolicy()
		r.subscribers.expect(in.Subscribers, in.AskSubscribers)
	}
	r.in.Subscribers = nil // they are in the state now
	r.restored()
	return r
}

// live waits until the incident has ended and lingered, or this run has become too long.
func (r *incidentRun) live(ctx workflow.Context) error {
	for !r.run.Full() {
		if _, err := r.run.Until(ctx, mirror.Moment{}, r.lingered); err != nil {
			return err
		}
		switch {
		case !r.lingered():
		case r.behind():
			// A vendor is away and has not heard the end yet: stay until it has.
			r.s.Ends = r.now().Add(mirror.Scaled(time.Hour, r.policy.TimeoutScale))
		default:
			r.vendorSnags.forget()
			// Somebody may still reopen it in the last moment.
			return r.leave(ctx, func() bool { return !r.s.Ends.IsZero() })
		}
	}
	return r.leave(ctx, func() bool { return false })
}

// lingered reports whether the time after the end has passed, in which it answers and can be reopened.
func (r *incidentRun) lingered() bool { return !r.s.Ends.IsZero() && !r.now().Before(r.s.Ends) }

func (r *incidentRun) leave(ctx workflow.Context, over func() bool) error {
	return r.run.Leave(ctx, over, func() error {
		next := r.carried()
		r.subscribers.askAgain()
		stateBounds.Fit(&next)
		return mirror.ContinueAsNew(ctx, Incident, next)
	})
}

// carried is the input by which the next run goes on.
func (r *incidentRun) carried() IncidentInput {
	next := r.in
	next.State = r.s
	return next
}

// behind reports whether a mirror has something left to do that needs no person. The archive is waited for in any
// case: what it lacks is gone with Temporal's retention.
func (r *incidentRun) behind() bool {
	return !r.run.Quiet(func(name string) bool { return r.run.Snagged(name) && name != mirror.RecordMirror })
}

// conclude draws the conclusions from changed facts that are not a person's to draw: which
// targets to page, whether a review is planned, whether the incident closes, which children
// must be started or told.
func (r *incidentRun) conclude() {
	now := r.now()
	r.facts.EndPause(now)
	r.run.Priority = api.Priority(api.Working, r.facts.Severity)
	r.policy.PlanPages(r.facts, now)
	r.quiet.conclude()
	r.planReview(now)
	r.closeIfLearned(now)
	r.observeMuster()
	r.linger(now)
	r.room.renew()
	r.children.sync()
	r.transfer.sync()
	r.trim()
	r.noteWaiting()
	r.describe()
	r.run.Changed()
}

func (r *incidentRun) closeIfLearned(now time.Time) {
	if r.facts.Status != incident.StatusResolved || !r.facts.Learned() {
		return
	}
	r.facts.Status, r.facts.ClosedAt = incident.StatusClosed, now
	r.note("closed", "Closed: review and follow-ups have ended")
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
	for _, at := range []time.Time{r.archive.at(), r.s.Settle} {
		if at.After(r.s.Ends) {
			r.s.Ends = at
		}
	}
}

// weightOf is how many bytes all of an entry has as JSON at most. It is asked with every conclusion, so
// nothing is marshalled for it.
func weightOf(e incident.Entry) int {
	n := entryBytes
	if e.Source != (incident.MessageRef{}) {
		n += sourceBytes
	}
	if !e.Next.IsZero() {
		n += nextBytes
	}
	for _, s := range []string{e.Event, e.Text, e.Actor.Person, string(e.Actor.Way), e.Actor.Token, e.Source.Channel, e.Source.ID, e.Source.URL} {
		n += bounds.Weight(s)
	}
	return n
}

// What an entry has as JSON besides its texts.
const (
	entryBytes  = 135
	sourceBytes = 45
	nextBytes   = 50
)
