// Package register holds the workflow that hands out numbers and starts incidents.
package register

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// What Register remembers is bounded by number and by size, so that it can always be continued as new:
// all of it together stays below api.MaxInput, which a test holds.
const (
	// maxDeclared is how many callers' keys are remembered, and keysLast how long. A caller that
	// retries does so within minutes.
	maxDeclared = 1500
	keysLast    = 24 * time.Hour
	// maxMoved bounds the record of numbers that were taken when we wanted to use them.
	maxMoved = 100
	// maxAlertKeys is how many live incidents can hold an alert key. Those of severity 1 have room of
	// their own, so that nothing that declares without end keeps out what matters most.
	maxAlertKeys      = 2500
	maxWorstAlertKeys = 500
	// maxVendors bounds the vendors with a snag, maxNamed the workflows that each names.
	maxVendors = 10
	maxNamed   = 20
)

type registerRun struct {
	s   *api.RegisterState
	run *mirror.Run
	// loop and snags are not carried over: what its mirror has to do is in the state.
	loop  mirror.LoopState
	snags []incident.Snag
	// starting is how many bytes of starts are under way, queue those that wait for their turn.
	starting int
	queue    []opening
	// opening are the numbers that were handed out and whose incidents are not known to have started.
	opening []int
	// gathering means that the openings of this workflow task are about to be raised and started.
	gathering bool
	// early are signals that came before the counter was known, relearns means that it was reset and finds
	// out what it knew.
	early    []func() error
	relearns bool
	// changes counts what was taken in besides declarations.
	changes int
	log     log.Logger
	ctx     workflow.Context
}

// Register hands out numbers and starts incidents. It lives for ever, keeps the alert keys of
// live incidents, and minted the installation's ID when it first started.
func Register(ctx workflow.Context, in api.RegisterInput) error {
	ctx = mirror.Lasting(ctx)
	r := &registerRun{s: in.State, ctx: ctx, log: workflow.GetLogger(ctx)}
	if r.s == nil {
		r.s = &api.RegisterState{Installation: mint(ctx)}
	}
	r.complete()
	if err := r.handle(ctx); err != nil {
		return err
	}
	workflow.GoNamed(ctx, "resets", r.noticeReset)
	if !r.ready() && !r.relearns {
		r.recover(ctx)
	}
	return r.live(ctx)
}

// mint makes the installation's ID: short, since it is part of every key at every vendor.
func mint(ctx workflow.Context) string {
	var id string
	err := workflow.SideEffect(ctx, func(workflow.Context) any { return newInstallation() }).Get(&id)
	if err != nil {
		return "muster"
	}
	return id
}

// recorded is what the archive holds of Register, so that one that is lost comes back whole.
func (r *registerRun) recorded() mirror.Recorded[api.RegisterInput] {
	return mirror.Recorded[api.RegisterInput]{
		Type: api.TypeRegister, State: &r.s.Archived, Mark: r.mark, Carried: func() api.RegisterInput { return api.RegisterInput{State: r.s} },
		Bounds: stateBounds, Over: func() bool { return false },
	}
}

// mark stands for what Register knows, but not before it has recovered what it knew. It is asked for with every
// task, so nothing is marshalled for it: it counts, and each run begins with a record.
func (r *registerRun) mark() string {
	if !r.s.Recovered {
		return r.s.Archived.Mark
	}
	return fmt.Sprintf("%.8s/%d/%d/%d", workflow.GetInfo(r.ctx).WorkflowExecution.RunID, r.s.Last, len(r.s.Stray), r.changes)
}

func (r *registerRun) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, api.State, func() (api.RegisterState, error) {
		s := *r.s
		s.Opening = slices.Clone(r.opening)
		return s, nil
	},
		workflow.QueryHandlerOptions{Description: "Numbers, alert keys and vendor-wide snags."})
	if err != nil {
		return err
	}
	r.run = mirror.NewRun(ctx, mirror.Options{State: &r.loop, Snags: &r.snags, Priority: api.Priority(api.Waking, 0)}, nil)
	r.run.Receive(api.AlertKeyFreed, r.later(mirror.On(r.alertKeyFreed)))
	r.run.Receive(api.Lost, r.later(mirror.On(r.lost)))
	r.run.Receive(api.SnagChanged, r.later(mirror.On(r.snagChanged)))
	// A declaration that was recorded beside it must not get one of the numbers that it leaves out.
	r.run.ReceiveFirst(api.SkipNumbers, r.later(mirror.On(r.skipNumbers)))
	r.run.Receive(api.HandOn, r.later(mirror.On(r.handOn)))
	r.run.Receive(api.DeclareUpdate, r.later(mirror.On(r.declareLater)))
	r.run.Receive(api.SubscribeUpdate, r.later(mirror.On(r.subscribeLater)))
	r.run.Receive(api.UnsubscribeUpdate, r.later(mirror.On(r.unsubscribeLater)))
	record, err := mirror.Record(ctx, r.recorded())
	if err != nil {
		return err
	}
	r.run.Start(mirror.Mirror{Name: "stray pages", Next: r.endStray}, record)
	if err := r.handleSubscriptions(ctx); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, api.DeclareUpdate, r.declare, workflow.UpdateHandlerOptions{
		Validator: r.validDeclaration, Description: "Open an incident.",
	})
}

func (r *registerRun) alertKeyFreed(in api.AlertKeyFreedInput) error {
	key := cmp.Or(in.Hash, api.AlertKeyHash(in.AlertKey))
	switch {
	case key == "" || r.s.AlertKeys[key] != in.Number:
	case in.Number == 0 && len(r.s.AlertKeys) >= maxAlertKeys+maxWorstAlertKeys:
		return fmt.Errorf("%d live incidents hold an alert key, and there is no room for one of %s", len(r.s.AlertKeys), incident.Key(in.To))
	case in.To > 0: // of 0 when an incident that was restored asks for what nobody holds
		r.s.AlertKeys[key] = in.To
	default:
		delete(r.s.AlertKeys, key)
	}
	return nil
}

// checkAlertKey refuses one more alert key when live incidents hold as many as Register can remember.
func (r *registerRun) checkAlertKey(d incident.Declaration) error {
	room := maxAlertKeys
	if d.Severity == incident.WorstSeverity {
		room += maxWorstAlertKeys
	}
	if _, held := r.s.AlertKeys[api.AlertKeyHash(d.AlertKey)]; d.AlertKey == "" || held || len(r.s.AlertKeys) < room {
		return nil
	}
	return &incident.Problem{
		Code: incident.CodeIllegal, Field: "alert_key", Reason: fmt.Sprintf("%d live incidents hold an alert key, and there is no room for more", len(r.s.AlertKeys)),
		Mend: "resolve or cancel those that are over, or declare it without an alert key",
	}
}

// maxSnagText is how many bytes of JSON each text of a vendor's snag has.
const maxSnagText = 600

// snagChanged keeps one snag per vendor, however many workflows are held up by it.
func (r *registerRun) snagChanged(in api.SnagChangedInput) error {
	if in.Vendor == "" {
		return fmt.Errorf("no vendor is named")
	}
	s, known := r.s.Snags[in.Vendor]
	if in.Cleared {
		if !known {
			return nil
		}
		s.Workflows = slices.DeleteFunc(s.Workflows, func(w string) bool { return w == in.Workflow })
		if len(s.Workflows) == 0 {
			delete(r.s.Snags, in.Vendor)
			return nil
		}
		r.s.Snags[in.Vendor] = s
		return nil
	}
	if !known && len(r.s.Snags) >= maxVendors {
		return fmt.Errorf("%d vendors have a snag already", maxVendors)
	}
	if !known {
		s = api.VendorSnag{Vendor: in.Vendor, Since: workflow.Now(r.ctx)}
	}
	s.Reason, s.Mend = bounds.Cut(in.Reason, maxSnagText), bounds.Cut(in.Mend, maxSnagText)
	if !slices.Contains(s.Workflows, in.Workflow) && len(s.Workflows) < maxNamed {
		s.Workflows = append(s.Workflows, in.Workflow)
	}
	r.s.Snags[in.Vendor] = s
	return nil
}

// live goes on for ever: nothing ends Register, it is only continued as new.
func (r *registerRun) live(ctx workflow.Context) error {
	if _, err := r.run.Until(ctx, mirror.Moment{}, func() bool { return false }); err != nil {
		return err
	}
	return r.run.Leave(ctx, func() bool { return false }, func() error {
		next := api.RegisterInput{State: r.s}
		stateBounds.Fit(&next)
		return mirror.ContinueAsNew(ctx, Register, next)
	})
}
