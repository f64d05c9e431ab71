// Package register holds the workflow that hands out numbers and starts incidents.
package register

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// maxDeclared is how many callers' keys are remembered: a caller that retries does so within
// minutes, and 2,000 declarations last longer than that.
const maxDeclared = 2000

// maxMoved bounds the record of numbers that were taken when we wanted to use them.
const maxMoved = 100

type registerRun struct {
	s   *api.RegisterState
	run *mirror.Run
	// loop and snags are not carried over: what its mirror has to do is in the state.
	loop  mirror.LoopState
	snags []incident.Snag
	// starting is how many bytes of starts are under way, queue those that wait for their turn.
	starting int
	queue    []opening
	// gathering means that the openings of this workflow task are about to be raised and started.
	gathering bool
	// early are signals that came before the counter was known, relearns means that it was reset and finds
	// out what it knew.
	early    []func() error
	relearns bool
	log      log.Logger
	ctx      workflow.Context
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

func (r *registerRun) handle(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, api.State, func() (api.RegisterState, error) { return *r.s, nil },
		workflow.QueryHandlerOptions{Description: "Numbers, alert keys and vendor-wide snags."})
	if err != nil {
		return err
	}
	r.run = mirror.NewRun(ctx, mirror.Options{State: &r.loop, Snags: &r.snags, Priority: api.Priority(api.Waking, 0)}, nil)
	r.run.Receive(api.AlertKeyFreed, r.later(mirror.On(r.alertKeyFreed)))
	r.run.Receive(api.Lost, r.later(mirror.On(r.lost)))
	r.run.Receive(api.SnagChanged, r.later(mirror.On(r.snagChanged)))
	r.run.Receive(api.DeclareUpdate, r.later(mirror.On(r.declareLater)))
	r.run.Receive(api.SubscribeUpdate, r.later(mirror.On(r.subscribeLater)))
	r.run.Receive(api.UnsubscribeUpdate, r.later(mirror.On(r.unsubscribeLater)))
	r.run.Start(mirror.Mirror{Name: "stray pages", Next: r.endStray})
	if err := r.handleSubscriptions(ctx); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, api.DeclareUpdate, r.declare, workflow.UpdateHandlerOptions{
		Validator:   func(_ workflow.Context, in api.DeclareInput) error { return mirror.Refusal(r.check(in)) },
		Description: "Open an incident.",
	})
}

func (r *registerRun) alertKeyFreed(in api.AlertKeyFreedInput) error {
	switch {
	case in.AlertKey == "" || r.s.AlertKeys[in.AlertKey] != in.Number:
	case in.To > 0:
		r.s.AlertKeys[in.AlertKey] = in.To
	default:
		delete(r.s.AlertKeys, in.AlertKey)
	}
	return nil
}

// maxNamed bounds the workflows that a vendor-wide snag names.
const maxNamed = 50

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
	if !known {
		s = api.VendorSnag{Vendor: in.Vendor, Since: workflow.Now(r.ctx)}
	}
	s.Reason, s.Mend = in.Reason, in.Mend
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
		return workflow.NewContinueAsNewError(ctx, Register, api.RegisterInput{State: r.s})
	})
}
