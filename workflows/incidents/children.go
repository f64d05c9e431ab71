package incidents

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
	"muster/workflows/mirror"
)

// childrenState is what the child workflows know.
type childrenState struct {
	Pages     []*childState `json:"pages,omitempty"`
	FollowUps []*childState `json:"follow_ups,omitempty"`
	Reviews   []*childState `json:"reviews,omitempty"`
}

// childState is what one child workflow knows.
type childState struct {
	Started bool `json:"started,omitempty"`
	// Version is the fingerprint of what it was told.
	Version string `json:"version,omitempty"`
	busy    bool
	// forgotten counts how often it was forgotten what the child was told.
	forgotten int
}

// children starts and informs the child workflows: pages, reviews and follow-ups. It may change
// what it remembers of them.
type children struct {
	*scene
	state *childrenState
}

// childSpec is one child workflow as the facts want it.
type childSpec struct {
	id       string
	summary  string
	workflow any
	// input is made only where the child is to be started, and brief only where it is to be told:
	// they hold its part of the policy, and specs are made with every conclusion.
	input func() any
	// signal and brief are what a running child must know. It is told when the version differs
	// from the one it was told, so that what a child itself reported does not come back to it.
	signal  string
	brief   func() any
	version any
	// retry comes with the request to try again.
	retry      any
	attributes []temporal.SearchAttributeUpdate
	// found, when set, gives further attributes of a child that starts at a moment.
	found func(now time.Time) []temporal.SearchAttributeUpdate
	// listing, where there is one, is what lists go by and show of it from its start.
	listing func() ([]temporal.SearchAttributeUpdate, map[string]any)
	// work says how soon it gets its turn.
	work api.Work
	// over is true when the child has ended and needs to hear nothing more.
	over  bool
	state *childState
}

// sync starts every child that the facts have and tells every child what is new. It
// waits for nothing: each start and each signal runs in its own coroutine, one at a time per
// child, and counts as a call in flight, so that no continue-as-new loses it.
func (c *children) sync() {
	for _, spec := range c.specs() {
		c.syncOne(spec)
	}
}

func (c *children) syncOne(spec childSpec) {
	version, state := mirror.Fingerprint(spec.version), spec.state
	if state.busy || state.Version == version || (spec.over && !state.Started) {
		return
	}
	state.busy = true
	c.run.Go("child "+spec.id, func(ctx workflow.Context) {
		// The facts may have moved on in the same workflow task: a page that somebody has taken by now
		// wakes nobody, and one that was withdrawn is not begun.
		spec := c.present(spec)
		version, forgotten := mirror.Fingerprint(spec.version), state.forgotten
		var err error
		switch {
		case state.Started:
			err = workflow.SignalExternalWorkflow(ctx, spec.id, "", spec.signal, api.Fitting(spec.brief())).Get(ctx, nil)
		case spec.over:
			state.busy = false
			return
		default:
			err = c.start(ctx, spec, spec.input())
		}
		state.busy = false
		if err != nil {
			// A child that has ended cannot be told; its last report is on the record.
			c.log.Debug("child not told", "child", spec.id, "error", err.Error())
		}
		if state.Started = true; state.forgotten == forgotten {
			state.Version = version
		}
	})
}

// forget forgets what a child was told, so that it is told once more, and reports whether there is one of
// the ID.
func (c *children) forget(id string) bool {
	for _, spec := range c.specs() {
		if spec.id == id {
			spec.state.Version = ""
			spec.state.forgotten++
			spec.state.Started = spec.state.Started || spec.over // one that is over is told, and never begun
			return true
		}
	}
	return false
}

// present is a child as the facts want it now.
func (c *children) present(s childSpec) childSpec {
	specs := c.specs()
	if k := slices.IndexFunc(specs, func(now childSpec) bool { return now.id == s.id }); k >= 0 {
		return specs[k]
	}
	return s
}

func (c *children) start(ctx workflow.Context, spec childSpec, input any) error {
	o := mirror.ChildOptions(spec.id, spec.summary, api.Priority(spec.work, c.facts.Severity))
	attributes := append(slices.Clone(spec.attributes), mirror.AttrIncident.ValueSet(c.facts.Key()))
	if spec.found != nil {
		attributes = append(attributes, spec.found(workflow.Now(ctx))...)
	}
	if spec.listing != nil {
		var more []temporal.SearchAttributeUpdate
		more, o.Memo = spec.listing()
		attributes = append(attributes, more...)
	}
	o.TypedSearchAttributes = temporal.NewSearchAttributes(attributes...)
	ctx = workflow.WithChildOptions(ctx, o)
	err := workflow.ExecuteChildWorkflow(ctx, spec.workflow, input).GetChildWorkflowExecution().Get(ctx, nil)
	if _, already := errors.AsType[*temporal.ChildWorkflowExecutionAlreadyStartedError](err); already {
		return nil
	}
	return err
}

// retry asks the stuck mirrors of every child to try again now.
func (c *children) retry() {
	for _, spec := range c.specs() {
		if !spec.state.Started {
			continue // one that has ended is told in vain, which harms nothing
		}
		c.run.Go("retry "+spec.id, func(ctx workflow.Context) {
			_ = workflow.SignalExternalWorkflow(ctx, spec.id, "", api.Retry, spec.retry).Get(ctx, nil) // ended children need no retry
		})
	}
}
