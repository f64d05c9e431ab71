package app

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"muster/internal/logs"
)

// logged says in every line that an activity logs for which workflow it is, also in those of the vendors' clients,
// which know no workflow.
type logged struct {
	interceptor.WorkerInterceptorBase
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (*logged) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	i := &loggedActivity{}
	i.Next = next
	return i
}

type loggedActivity struct {
	interceptor.ActivityInboundInterceptorBase
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (i *loggedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	return i.Next.ExecuteActivity(logs.Workflow(ctx, activity.GetInfo(ctx).WorkflowExecution.ID), in)
}
