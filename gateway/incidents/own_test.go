package incidents_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/gateway/incidents"
	"muster/workflows/api"
)

// liveIncident is what visibility shows of one that bob is part of, or not.
func liveIncident(t *testing.T, number int, bobs bool) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	people := []string{api.MemberMark(number, "alice@example.com")}
	if bobs {
		people = append(people, api.MemberMark(number, "bob@example.com"))
	}
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: fmt.Sprintf("INC-%d", number)},
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{
			api.MemoTitle: payload(t, "checkout is down"), api.MemoPeople: payload(t, people),
		}},
	}
}

// A home tab asks visibility alone: with thousands of open incidents a question to each workflow would wake them
// all, and a bound on such questions would hide a person's older incidents from them.
func TestAPersonsOwnAreFoundAmongThousandsWithoutAskingAnyOfThem(t *testing.T) {
	t.Parallel()
	const open = 1100
	var queries []string
	f := &fake{list: func(r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		queries = append(queries, r.GetQuery())
		resp := &workflowservice.ListWorkflowExecutionsResponse{}
		if strings.Contains(r.GetQuery(), api.AttrPrivate+" = true") { // of which private ones bob is part
			return resp, nil
		}
		from := open
		if len(r.GetNextPageToken()) > 0 {
			_, err := fmt.Sscan(string(r.GetNextPageToken()), &from)
			require.NoError(t, err)
		}
		for n := from; n > 0 && n > from-int(r.GetPageSize()); n-- {
			resp.Executions = append(resp.Executions, liveIncident(t, n, n%500 == 3))
		}
		if rest := from - len(resp.Executions); rest > 0 {
			resp.NextPageToken = fmt.Append(nil, rest)
		}
		return resp, nil
	}, first: "run-1"}
	own, err := newClient(t, f).Own(t.Context(), incidents.Viewer{Person: "Bob@example.com"})
	mine, others := own.Mine, own.Others
	require.NoError(t, err)
	require.Len(t, mine, 3)
	require.Equal(t, []int{1003, 503, 3}, []int{mine[0].Number, mine[1].Number, mine[2].Number})
	require.Len(t, others, open-3)
	for _, c := range f.calls {
		require.NotContains(t, c, "query")
	}
	for _, q := range queries {
		require.Contains(t, q, api.AttrPrivate, "what is hidden is hidden in the query")
	}

	own, err = newClient(t, f).Own(t.Context(), incidents.Viewer{Person: "bob@example.com", Guest: true})
	mine, others = own.Mine, own.Others
	require.NoError(t, err)
	require.Len(t, mine, 3)
	require.Empty(t, others, "a guest sees only what they are part of")
}
