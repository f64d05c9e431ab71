package mirror

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
)

// Run is one run of a workflow that lives long: its reconcile loop and its inbox, and the way in
// which both come to an end.
type Run struct {
	*Loop
	inbox    Inbox
	listens  bool // the inbox takes in signals
	leftAt   int  // how long the history was when Leave was called, 0 before
	requests *requests
}

// NewRun makes a run, which takes in a Retry of itself. Signals that cannot be used go to refused; without it they are logged, as
// for workflows that have no timeline.
func NewRun(ctx workflow.Context, o Options, refused func(name string, err error)) *Run {
	r := &Run{Loop: newLoop(ctx, o), requests: requestsOf(ctx)}
	switch {
	case o.Incident > 0:
		r.requests.told = r.tellIncident
	case o.CancelAsked != nil:
		r.requests.told = o.CancelAsked
	}
	if refused == nil {
		refused = func(name string, err error) {
			workflow.GetLogger(ctx).Warn("signal refused", "signal", name, "error", err.Error())
		}
	}
	r.inbox = Inbox{handlers: map[string]Handler{}, refused: refused, after: r.changed, reserved: map[string]bool{}, first: map[string]bool{}}
	r.Receive(api.Retry, On(func(struct{}) error { r.Retry(); return nil }))
	r.Receive(api.MoveOn, On(func(struct{}) error { return nil })) // the task that brings it shows what Full asks for
	return r
}

// Receive takes in the signals of a name. It is called before Start.
func (r *Run) Receive(name string, h Handler) { r.inbox.handlers[name] = h }

// ReceiveFirst is Receive for signals that are taken in before all others that came with them.
func (r *Run) ReceiveFirst(name string, h Handler) {
	r.inbox.first[name] = true
	r.Receive(name, h)
}

// Refused says that a signal could not be used.
func (r *Run) Refused(name string, err error) { r.inbox.refused(name, err) }

// Unread reports whether signals have arrived that were not taken in. It changes nothing, so that the
// validator of an update may ask: what such an update meets, only its handler can know.
func (r *Run) Unread() bool { return r.inbox.waits(r.ctx) }

// TakeIn takes in the signals that have arrived. The handler of an update calls it first: what was
// recorded before is older, although the SDK runs updates before anything else in a workflow task.
func (r *Run) TakeIn(ctx workflow.Context) {
	if r.Unread() {
		r.inbox.drain(ctx)
	}
}

// Start takes in signals and keeps the mirrors from now on.
func (r *Run) Start(mirrors ...Mirror) {
	r.listen()
	r.start(mirrors...)
}

// listen takes in signals from now on.
func (r *Run) listen() {
	if !r.listens {
		r.listens = true
		r.inbox.start(r.ctx)
	}
}

// Moment is a time at which something is due, with what the Web UI shows of the wait. The zero
// Moment never comes.
type Moment struct {
	At      time.Time
	Summary string
}

// Until waits for a moment and reports whether it came. It returns early when the condition holds,
// and when the run has become so long that it must be continued as new.
func (r *Run) Until(ctx workflow.Context, m Moment, cond func() bool) (bool, error) {
	return r.until(ctx, m.At, m.Summary, func() bool { return r.Full() || cond() })
}

// Full reports whether this run is to be continued as new: the server suggests it, or workers of another
// version take new work, on which the next run begins.
func (r *Run) Full() bool {
	info := workflow.GetInfo(r.ctx)
	return info.GetContinueAsNewSuggested() || info.GetTargetWorkerDeploymentVersionChanged()
}

// Leaving reports whether the run ends as soon as what is under way has landed. What comes in now and sets something
// under way holds that up, and where it comes all the time the run never ends: its history grows to the server's limits,
// from where on nothing comes in at all. Updates can be refused with BetweenRuns meanwhile, signals cannot.
func (r *Run) Leaving() bool { return r.leftAt > 0 && !r.flight.Landed() }

// Overdue reports whether the run is still leaving when its history has grown by half since it began to.
func (r *Run) Overdue() bool {
	return r.Leaving() && workflow.GetInfo(r.ctx).GetCurrentHistoryLength() > r.leftAt*3/2
}

// Leave ends the run: the workflow when it is over, or else only this run, by the error that
// continues it as new.
//
// It waits for no vendor: calls in flight are cut off and stay in the state as tried, so that the
// next run looks before it calls. It does wait for what only the server has to take: starts of
// children, signals to other workflows and running handlers. Whatever signals have come meanwhile
// are taken in, since the server would drop them with this run; they may start something again, or
// bring the workflow back to life, so over is asked last.
func (r *Run) Leave(ctx workflow.Context, over func() bool, continued func() error) error {
	r.drain()
	r.leftAt = max(1, workflow.GetInfo(ctx).GetCurrentHistoryLength())
	landed := func() bool { return r.flight.Landed() && workflow.AllHandlersFinished(ctx) }
	for {
		if err := workflow.Await(ctx, landed); err != nil {
			return err
		}
		r.requests.heed()
		if !landed() {
			continue // it is being told
		}
		if !r.inbox.waits(ctx) {
			break
		}
		r.inbox.drain(ctx)
	}
	if !over() {
		return continued()
	}
	r.stopped = true
	return nil
}
