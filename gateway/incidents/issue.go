package incidents

import (
	"context"

	"go.temporal.io/api/workflowservice/v1"

	"muster/workflows/api"
)

// ByIssue finds the incident whose own tracker issue has the ID, or 0 where none has. It asks visibility,
// which may not have heard of an issue that was just made.
func (c *Client) ByIssue(ctx context.Context, issueID string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Namespace, PageSize: 1,
		Query: "WorkflowType = " + quoted(api.TypeIncident) + " AND ExecutionStatus = 'Running' AND " + api.AttrTracker + " = " + quoted(issueID),
	})
	if err != nil {
		return 0, readError("find the issue's incident", err)
	}
	for _, e := range resp.GetExecutions() {
		if child, ok := api.ParseID(e.GetExecution().GetWorkflowId()); ok && child.Part == "" {
			return child.Incident, nil
		}
	}
	return 0, nil
}
