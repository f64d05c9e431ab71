package incidents_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/incident"
)

// channels is a Temporal in which INC-3 has the channel C3, which visibility may not know yet.
func channels(t *testing.T, asked *[]string, listed ...string) *fake {
	t.Helper()
	return &fake{
		memo: func(id string) (*commonpb.Memo, error) {
			if id != "INC-3" {
				return nil, serviceerror.NewNotFound("no such workflow")
			}
			return &commonpb.Memo{}, nil
		},
		query: func(string, string) (any, error) {
			i := incident.Incident{Number: 3}
			i.Links.Channel.ID = "C3"
			return i, nil
		},
		list: func(r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
			*asked = append(*asked, r.GetQuery())
			resp := &workflowservice.ListWorkflowExecutionsResponse{}
			for _, id := range listed {
				resp.Executions = append(resp.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
			}
			return resp, nil
		},
	}
}

func TestAChannelIsFoundByItsNameBeforeVisibilityKnowsIt(t *testing.T) {
	t.Parallel()
	var asked []string
	n, err := newClient(t, channels(t, &asked)).ByChannel(t.Context(), "C3", "inc-3-checkout-is-down")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Empty(t, asked)
}

func TestANumberInAChannelsNameIsNoProof(t *testing.T) {
	t.Parallel()
	var asked []string
	c := newClient(t, channels(t, &asked))
	for _, name := range []string{"team-3", "inc-4-checkout", "general", "99999999999999999999999"} {
		_, err := c.ByChannel(t.Context(), "C9", name)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, "%s: %v", name, err)
		require.Equal(t, incident.CodeNotFound, p.Code)
	}
}

func TestARenamedChannelIsFoundByItsID(t *testing.T) {
	t.Parallel()
	var asked []string
	n, err := newClient(t, channels(t, &asked, "INC-3")).ByChannel(t.Context(), "C3", "war-room")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Contains(t, asked[0], "MusterChannel = 'C3'")
}

func TestAnIDIsQuotedInAQuery(t *testing.T) {
	t.Parallel()
	var asked []string
	_, err := newClient(t, channels(t, &asked)).ByChannel(t.Context(), "C3' OR MusterStatus = 'open", "")
	_, refused := incident.AsProblem(err)
	require.True(t, refused)
	require.Contains(t, asked[0], "'C3'' OR MusterStatus = ''open'")
}
