package mirror

import (
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
)

// ChildOptions are those of every child: it outlives its parent's run, because a parent's
// continue-as-new counts as the parent's close.
func ChildOptions(id, summary string, priority int) workflow.ChildWorkflowOptions {
	o := workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		TaskQueue:             api.QueueMuster,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowTaskTimeout:   api.WorkflowTaskTimeout,
		StaticSummary:         summary,
	}
	o.Priority.PriorityKey = priority
	return o
}

// Report tells the incident what is news to it. A workflow that has lingered out has nobody left
// to tell, which harms nothing.
func Report(number int, signal string, news any, said func()) *Call {
	return &Call{Name: "report", Run: func(ctx workflow.Context, _ bool) error {
		said()
		err := workflow.SignalExternalWorkflow(ctx, api.IncidentID(number), "", signal, api.Fitting(news)).Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Warn("incident not told", "error", err.Error())
		}
		return nil
	}}
}
