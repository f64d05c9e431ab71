package incidents

import (
	"context"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
)

// NoTemporal is a Temporal that is away, for lists from the archive alone. It answers reads only.
type NoTemporal struct{ Temporal }

var errNoTemporal = serviceerror.NewUnavailable("it was not reached")

// ListWorkflow implements Temporal.
func (NoTemporal) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return nil, errNoTemporal
}

// DescribeWorkflowExecution implements Temporal.
func (NoTemporal) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return nil, errNoTemporal
}

// QueryWorkflow implements Temporal.
func (NoTemporal) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return nil, errNoTemporal
}
