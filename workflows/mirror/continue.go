package mirror

import "go.temporal.io/sdk/workflow"

// ContinueAsNew is the error that goes on with another run, on the workers that take new work: where they have
// versions, a run stays with the one on which it began. Without versions it is the usual one.
func ContinueAsNew(ctx workflow.Context, next any, args ...any) error {
	return workflow.NewContinueAsNewErrorWithOptions(ctx, workflow.ContinueAsNewErrorOptions{
		InitialVersioningBehavior: workflow.ContinueAsNewVersioningBehaviorAutoUpgrade,
	}, next, args...)
}
