package activities

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// Runs is a worker's interceptor by which an activity knows that its run was reset to an earlier task. A
// reset starts anew what was scheduled and had not ended at that task, with the very input of then, and so
// without a word of what has become of it: such an activity looks before it creates.
//
// Workflows send the ID of the run that first had their history along, as a header; it differs from the ID of
// the run that an activity belongs to just when that run was made by a reset.
type Runs struct {
	interceptor.WorkerInterceptorBase
}

const runHeader = "muster-run"

type wasReset struct{}

// InterceptActivity notes what the header says.
func (*Runs) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	i := &runsOfActivity{}
	i.Next = next
	return i
}

// InterceptWorkflow sends the header along.
func (*Runs) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	i := &runsOfWorkflow{}
	i.Next = next
	return i
}

type runsOfActivity struct {
	interceptor.ActivityInboundInterceptorBase
}

func (i *runsOfActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	var first string
	if p := interceptor.Header(ctx)[runHeader]; p != nil && converter.GetDefaultDataConverter().FromPayload(p, &first) == nil {
		if first != "" && first != activity.GetInfo(ctx).WorkflowExecution.RunID {
			ctx = context.WithValue(ctx, wasReset{}, true)
		}
	}
	return i.Next.ExecuteActivity(ctx, in)
}

type runsOfWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (i *runsOfWorkflow) Init(out interceptor.WorkflowOutboundInterceptor) error {
	o := &runsSent{}
	o.Next = out
	return i.Next.Init(o)
}

type runsSent struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (o *runsSent) ExecuteActivity(ctx workflow.Context, activityType string, args ...any) workflow.Future {
	if p, err := converter.GetDefaultDataConverter().ToPayload(workflow.GetInfo(ctx).OriginalRunID); err == nil {
		interceptor.WorkflowHeader(ctx)[runHeader] = p
	}
	return o.Next.ExecuteActivity(ctx, activityType, args...)
}
