package mirror

import (
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
)

// Lasting gives a workflow the context for its own work, which no cancellation request reaches:
// anybody can ask Temporal to cancel a workflow, in the Web UI, at the terminal or in a batch, and
// what an incident has set off must not end by that. The request is heard all the same: a Run tells
// it to its workflow, and a workflow without one logs it.
//
// It is the first line of every workflow. Handlers of updates that wait have contexts of their own:
// for them there is Unmoved.
func Lasting(ctx workflow.Context) workflow.Context {
	r := &requests{ctx: ctx, told: func() {
		workflow.GetLogger(ctx).Warn("a cancellation request was passed over: it ends nothing")
	}}
	own := workflow.WithValue(Unmoved(ctx), requestsKey{}, r)
	workflow.GoNamed(own, "cancellation requests", func(own workflow.Context) {
		if err := workflow.Await(own, r.made); err == nil {
			r.heed()
		}
	})
	return own
}

// Unmoved is a context that goes on when its parent is cancelled.
func Unmoved(ctx workflow.Context) workflow.Context {
	own, _ := workflow.NewDisconnectedContext(ctx) // nothing ever cancels it
	return own
}

// requests are those to cancel a run, of which the server takes one.
type requests struct {
	ctx   workflow.Context // the one that the server cancels
	told  func()
	heard bool
}

type requestsKey struct{}

func (r *requests) made() bool { return r.ctx.Err() != nil }

// heed tells of a request, once. It is also called before a run ends: one that came with the last
// task would be told to nobody.
func (r *requests) heed() {
	if r.made() && !r.heard {
		r.heard = true
		r.told()
	}
}

// tellIncident has the incident of a child note a request, where people read it.
func (r *Run) tellIncident() {
	in := api.CancelAskedInput{Workflow: workflow.GetInfo(r.ctx).WorkflowExecution.ID}
	r.Go("tell the incident of a cancellation request", func(ctx workflow.Context) {
		if err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(r.Incident), "", api.CancelAsked, in).Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("a cancellation request was passed over, and the incident not told", "error", err.Error())
		}
	})
}

// requestsOf are those of a run whose context Lasting has made.
func requestsOf(ctx workflow.Context) *requests {
	if r, ok := ctx.Value(requestsKey{}).(*requests); ok {
		return r
	}
	return &requests{ctx: Unmoved(ctx)}
}
