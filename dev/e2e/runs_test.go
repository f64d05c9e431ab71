package e2e

import (
	"fmt"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
)

// runs counts the runs of a workflow: one more than the times it was continued as new.
func (m *installation) runs(id string) int {
	m.t.Helper()
	n := 0
	m.eventually(func() bool {
		resp, err := m.Client.CountWorkflow(m.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: "default", Query: fmt.Sprintf("WorkflowId = %q", id),
		})
		require.NoError(m.t, err)
		n = int(resp.Count)
		return n > 0
	}, "visibility knows %s", id)
	return n
}
