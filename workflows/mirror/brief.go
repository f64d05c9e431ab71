package mirror

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
)

// briefWait is how long a child that was restored waits for its incident: longer than a worker is away
// that is started anew, and not so long that nobody is woken who is needed.
const briefWait = time.Minute

// snagOfBrief names the snag of a child that goes on by what it knew before it was ended.
const snagOfBrief = "incident"

// Renew lets a child that was ended by hand hear from its incident what is wanted now, before it calls
// anybody: what it knew is as old as its end, and what the incident told it since was lost. It is called
// before Start, with the signal that brings the brief, and reports whether the incident runs. Where no
// answer comes the child goes on by what it knew, with a snag until it hears.
func (r *Run) Renew(signal string, in *api.Restored) (runs bool) {
	if in == nil {
		return true
	}
	heard := false
	take := r.inbox.handlers[signal]
	r.Receive(signal, func(payload []byte) error {
		err := take(payload)
		if err == nil && !heard {
			heard = true
			r.ClearSnag(snagOfBrief)
		}
		return err
	})
	r.listen()
	runs = r.askBrief(r.ctx, api.BriefAskedInput{Restored: in})
	if runs {
		// The error would be a cancellation, of which this context knows none.
		_, _ = r.until(r.ctx, workflow.Now(r.ctx).Add(Scaled(briefWait, r.Scale)), "what the incident wants now", func() bool { return heard })
	}
	if !heard {
		reason := "has not said what it wants now"
		if !runs {
			reason = "does not run"
		}
		r.SetSnag(incident.Snag{
			Mirror: snagOfBrief, Step: "ask " + incident.Key(r.Incident), Since: workflow.Now(r.ctx),
			Reason: incident.Key(r.Incident) + " " + reason + ", so this goes on by what was known when it was ended",
			Mend:   "see whether " + incident.Key(r.Incident) + " answers, and change what should be otherwise there",
		})
	}
	return runs
}

// AskOrphaned lets a child make sure that its incident is gone, as somebody has told it. The incident, if
// it runs, says so on its timeline, and what it wants. gone is called when it does not.
func (r *Run) AskOrphaned(gone func()) {
	r.Go("ask the incident whether it runs", func(ctx workflow.Context) {
		if !r.askBrief(ctx, api.BriefAskedInput{Orphaned: true}) {
			gone()
		}
	})
}

// askBrief reports whether there is an incident that runs.
func (r *Run) askBrief(ctx workflow.Context, in api.BriefAskedInput) bool {
	in.Workflow = workflow.GetInfo(ctx).WorkflowExecution.ID
	err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(r.Incident), "", api.BriefAsked, api.Fitting(in)).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Warn("incident not asked", "error", err.Error())
	}
	_, unknown := errors.AsType[*temporal.UnknownExternalWorkflowExecutionError](err)
	return !unknown
}
