package mirror

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// Loop is a reconcile loop: one coroutine for each mirror compares what the facts want with what
// the outside was last told, takes one action for the difference, and looks again. So ten changes
// during an outage become one call when the vendor returns, writes to one vendor are in order, and
// no mirror holds up another.
type Loop struct {
	Options
	ctx      workflow.Context
	flight   Flight
	resets   *resets
	revision int
	places   []*place
	draining bool // take no more actions: the run is about to end
	stopped  bool // the workflow has ended
}

// Options are what a loop needs of its workflow.
type Options struct {
	// State is what the loop remembers over continue-as-new.
	State *LoopState
	// Snags is the list that people see.
	Snags *[]incident.Snag
	// SnagChanged, when set, hears of every snag that comes or goes.
	SnagChanged func(s incident.Snag, cleared bool)
	// Note, when set, writes to the timeline.
	Note func(event, text string)
	// CancelAsked, when set, hears that somebody has asked Temporal to cancel the workflow, once a run;
	// for a child of an Incident its incident hears of it instead. The context of the run must be one
	// that Lasting has made.
	CancelAsked func()
	Incident    int
	// After, when set, is called after every change of the facts that the loop or the inbox made.
	After func()
	// Scale stretches time-outs and waits; 0 counts as 1.
	Scale float64
	// Priority is that of the activities, by api.Priority.
	Priority int
}

// LoopState is what a loop remembers over continue-as-new.
type LoopState struct {
	Mirrors map[string]*State `json:"mirrors,omitempty"`
	// Asked counts the retry requests of people.
	Asked int `json:"asked,omitempty"`
	// Reset means that this run or one before it was reset: whatever is called may have been done.
	Reset bool `json:"reset,omitempty"`
	// Archived is what is known of the workflow's record.
	Archived api.Archived `json:"archived,omitzero"`
}

// State is what a mirror remembers over continue-as-new.
type State struct {
	// Tried names the calls that may have been applied without our knowing.
	Tried []string `json:"tried,omitempty"`
	// Failures counts failures since the last success, Snagged those in a row that need a person.
	Failures int       `json:"failures,omitempty"`
	Snagged  int       `json:"snagged,omitempty"`
	RetryAt  time.Time `json:"retry_at,omitzero"`
	// RetryOf names the call that is tried again then.
	RetryOf string `json:"retry_of,omitempty"`
	// Waiting says what the mirror waits for during an outage. Limited says that the vendor works, and
	// lets us do no more for now.
	Waiting string `json:"waiting,omitempty"`
	Limited bool   `json:"limited,omitempty"`
	// Asked is the number of retry requests that this mirror has heeded.
	Asked int `json:"asked,omitempty"`
	// Doubt is since when a write may be under way of which nobody heard the end, Rewrite when the mirror
	// writes once more for that.
	Doubt   time.Time `json:"doubt,omitzero"`
	Rewrite time.Time `json:"rewrite,omitzero"`
}

// Doubts notes that a workflow goes on from what the archive holds: it looks before every call, since it may
// have done more than it knows of.
func (s *LoopState) Doubts(in *api.Restored) {
	if in != nil && in.Archived {
		s.Reset, s.Archived.Mark = true, ""
	}
}

// Tried reports whether a call of the mirror may have been applied without our knowing.
func (s *LoopState) Tried(mirror string) bool {
	m := s.Mirrors[mirror]
	return m != nil && len(m.Tried) > 0
}

// Waiting says what a mirror waits for during an outage, or "".
func (s *LoopState) Waiting(mirror string) string {
	if m := s.Mirrors[mirror]; m != nil {
		return m.Waiting
	}
	return ""
}

// Limited reports whether a mirror waits for a vendor that works and lets us do no more for now.
func (s *LoopState) Limited(mirror string) bool {
	m := s.Mirrors[mirror]
	return m != nil && m.Waiting != "" && m.Limited
}

// Making reports whether a mirror has tried something and nothing has failed so far.
func (s *LoopState) Making(mirror string) bool {
	m := s.Mirrors[mirror]
	return m != nil && m.Failures == 0 && len(m.Tried) > 0
}

// ErrOvertaken is the answer of a call that failed and is not wanted any more.
var ErrOvertaken = errors.New("the call is not wanted any more")

// place is where a mirror stands in its loop. What it does next is asked for once a revision, and
// not by every predicate: to compare, mirrors hash what they would say.
type place struct {
	mirror Mirror
	state  *State
	asked  Revision
	next   Action
	// calls is the context of activities, which abandon cancels.
	calls   workflow.Context
	abandon workflow.CancelFunc
}

// Revision tells apart the moments between which facts or time may have moved on.
type Revision struct {
	n  int
	at time.Time
}

// Revision is the present one.
func (l *Loop) Revision() Revision { return Revision{n: l.revision, at: workflow.Now(l.ctx)} }

// Changed says that facts have changed: what mirrors do next is asked for anew.
func (l *Loop) Changed() { l.revision++ }

func (l *Loop) next(p *place) Action {
	if now := l.Revision(); p.asked != now {
		p.next, p.asked = l.rewrites(p, p.mirror.Next()), now
	}
	return p.next
}

// newLoop makes a loop that start runs.
func newLoop(ctx workflow.Context, o Options) *Loop {
	if o.State.Mirrors == nil {
		o.State.Mirrors = map[string]*State{}
	}
	return &Loop{Options: o, ctx: ctx, resets: newResets(ctx), revision: 1}
}

// start runs the mirrors, one coroutine each, in the order given.
func (l *Loop) start(mirrors ...Mirror) {
	for _, m := range mirrors {
		st := l.State.Mirrors[m.Name]
		if st == nil {
			st = &State{}
			l.State.Mirrors[m.Name] = st
		}
		if slices.ContainsFunc(l.places, func(p *place) bool { return p.mirror.Name == m.Name }) {
			panic("two mirrors are called " + m.Name) // they would share what each remembers
		}
		p := &place{mirror: m, state: st}
		l.places = append(l.places, p)
		workflow.GoNamed(l.ctx, "mirror "+m.Name, func(ctx workflow.Context) { l.keep(ctx, p) })
	}
}

// Keep takes on more mirrors in a run that goes on already.
func (l *Loop) Keep(mirrors ...Mirror) {
	l.start(mirrors...)
	l.Changed()
}

func (l *Loop) keep(ctx workflow.Context, p *place) {
	p.calls, p.abandon = workflow.WithCancel(ctx)
	for {
		if err := l.backOff(ctx, p); err != nil {
			return
		}
		if !acts(l.next(p)) && l.rested(p) { // what was stuck is no longer wanted
			l.changed()
		}
		err := workflow.Await(ctx, func() bool { return l.stopped || (!l.draining && l.next(p) != nil) })
		if err != nil || l.stopped {
			return
		}
		switch a := l.next(p).(type) {
		case *Call:
			l.call(ctx, p, a)
		case *Wait:
			err = l.wait(ctx, p, a)
		case *Decision:
			a.Decide(workflow.Now(ctx))
		}
		if err != nil {
			return
		}
		l.changed()
	}
}

// acts tells an action from a rest.
func acts(a Action) bool {
	_, waits := a.(*Wait)
	return a != nil && !waits
}

// changed is Changed, and tells whoever wants to know.
func (l *Loop) changed() {
	if l.After != nil {
		l.After()
	}
	l.Changed()
}

// backOff waits until the mirror may try again, or a person asks it to.
func (l *Loop) backOff(ctx workflow.Context, p *place) error {
	st := p.state
	ready := func() bool {
		c, ok := l.next(p).(*Call)
		overtakes := ok && c.Urgent && c.Name != st.RetryOf
		return l.stopped || l.State.Asked != st.Asked || !acts(l.next(p)) || overtakes
	}
	var err error
	if !st.RetryAt.IsZero() {
		_, err = l.until(ctx, st.RetryAt, p.mirror.Name+": try again", ready)
	}
	st.RetryAt, st.RetryOf, st.Asked = time.Time{}, "", l.State.Asked
	return err
}

// wait rests until the moment has come, the facts lead elsewhere, or the run is about to end.
func (l *Loop) wait(ctx workflow.Context, p *place, w *Wait) error {
	asked := l.State.Asked
	over := func() bool { return l.stopped || l.draining || !w.equals(l.next(p)) }
	retried := func() bool { return w.OnRetry && l.State.Asked != asked }
	_, err := l.until(ctx, w.Until, w.Summary, func() bool { return over() || retried() })
	if err == nil && !over() {
		w.Done(workflow.Now(ctx))
	}
	return err
}

// until waits for a moment, and reports whether it came before the condition.
func (l *Loop) until(ctx workflow.Context, at time.Time, summary string, cond func() bool) (bool, error) {
	if at.IsZero() || at.Equal(Never) {
		return false, workflow.Await(ctx, cond)
	}
	wait := at.Sub(workflow.Now(ctx))
	if wait <= 0 {
		return true, nil
	}
	met, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: wait, TimerOptions: workflow.TimerOptions{Summary: summary},
	}, cond)
	return !met, err
}

func (l *Loop) call(ctx workflow.Context, p *place, c *Call) {
	st := p.state
	known := slices.Contains(st.Tried, c.Name)
	tried := known || l.WasReset()
	if !known {
		st.Tried = append(st.Tried, c.Name)
	}
	began := workflow.Now(ctx)
	err := l.flight.during(func() error {
		if c.Queue == "" {
			return c.Run(ctx, tried)
		}
		return c.Run(c.options(p.calls, l.Scale, l.Priority), tried)
	})
	if !temporal.IsCanceledError(err) {
		l.mindLate(ctx, p, c, workflow.Now(ctx).Sub(began), err)
	}
	switch {
	case err == nil:
		st.forget(c.Name)
		l.succeeded(p)
	case temporal.IsCanceledError(err):
		l.abandoned(ctx, st, c)
	case errors.Is(err, ErrOvertaken):
		st.forget(c.Name)
	case IsType(err, activities.ErrGone) && c.Gone != nil && givenUp(c.Gone, err):
		st.forget(c.Name)
	case IsType(err, activities.ErrPermanent) && c.Refused != nil && givenUp(c.Refused, err):
		st.forget(c.Name)
	default:
		l.failed(ctx, p, c, tried, err)
	}
}

// abandoned keeps a call that the end of a run has cut off as tried, and lets its last attempt
// come to its end before the next run makes the call again, so that writes stay in order.
func (l *Loop) abandoned(ctx workflow.Context, st *State, c *Call) {
	st.RetryAt, st.RetryOf = workflow.Now(ctx).Add(Scaled(c.Class.attempt, l.Scale)), c.Name
}

func givenUp(ask func(activities.Failure) bool, err error) bool {
	f, _ := FailureOf(err)
	return ask(f)
}

func (s *State) forget(call string) {
	s.Tried = slices.DeleteFunc(s.Tried, func(t string) bool { return t == call })
}

// WasReset reports whether the run, or one before it, was reset to an earlier task. Then it does not
// know what it has done already, and looks before every call.
func (l *Loop) WasReset() bool {
	if !l.State.Reset && l.resets.noticed() {
		l.State.Reset = true
	}
	return l.State.Reset
}

// Resume says that what was forgotten by a reset is known again, in the run of the ID. The next reset is
// noticed as the first one was.
func (l *Loop) Resume(runID string) {
	if l.State.Reset {
		l.State.Reset = false
		l.resets.resume(l.ctx, runID)
	}
}

// Retry makes every stuck mirror try again now.
func (l *Loop) Retry() { l.State.Asked++ }

// Go runs something that must not be lost, such as a start or a signal, in a coroutine of its own.
func (l *Loop) Go(name string, run func(ctx workflow.Context)) {
	l.flight.Go(l.ctx, name, func(ctx workflow.Context) {
		run(ctx)
		l.changed()
	})
}

// Stopped reports whether the workflow has ended.
func (l *Loop) Stopped() bool { return l.stopped }

// Quiet reports whether nothing is in flight and no mirror has anything left to do, but for those
// that except names.
func (l *Loop) Quiet(except func(mirror string) bool) bool {
	return l.flight.Landed() && !slices.ContainsFunc(l.places, func(p *place) bool {
		return acts(l.next(p)) && (except == nil || !except(p.mirror.Name))
	})
}

// drain takes no more actions, and abandons the calls of vendors: a run that ends waits for none.
func (l *Loop) drain() {
	l.draining = true
	for _, p := range l.places {
		if p.abandon != nil {
			p.abandon()
		}
	}
}
