package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"muster/workflows/api"
)

// The names are Temporal's: a status that is spelt otherwise one day would pass for an end that nobody made.
func TestHowAWorkflowWasEndedByHand(t *testing.T) {
	t.Parallel()
	for status, how := range map[enumspb.WorkflowExecutionStatus]string{
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:       "terminated",
		enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:         "cancelled in Temporal",
		enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:           "ended by a defect",
		enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:        "ended by a time limit",
		enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:        "",
		enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:          "",
		enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW: "",
	} {
		require.Equal(t, how, api.HowEnded(status.String()), status)
	}
}
