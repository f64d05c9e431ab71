package incidents_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// What a person may see is part of what visibility is asked, in every list.
func TestPrivateIncidentsAreLeftOutByTheQuery(t *testing.T) {
	t.Parallel()
	const find = "WorkflowType = 'Incident' AND ExecutionStatus = 'Running' AND MusterPrivate = true"
	for _, tc := range []struct {
		viewer  incidents.Viewer
		service string
		want    []string
	}{
		{incidents.Viewer{}, "", []string{" AND MusterPrivate = false"}},
		{incidents.Viewer{}, "checkout", []string{" AND MusterPrivate = false AND MusterServices = 'checkout'"}},
		{incidents.Viewer{Person: "dan@example.com"}, "", []string{find, " AND MusterPrivate = false"}},
		{incidents.Viewer{Person: "bob@example.com"}, "", []string{find, " AND (MusterPrivate = false OR MusterIncident IN ('INC-3'))"}},
		{incidents.Viewer{Person: "bob@example.com"}, "Checkout", []string{find, " AND (MusterPrivate = false AND MusterServices = 'checkout' OR MusterIncident IN ('INC-3'))"}},
		{incidents.Viewer{Private: true}, "", []string{""}},
		{incidents.Viewer{Private: true}, "checkout", []string{" AND (MusterServices = 'checkout' OR MusterPrivate = true)"}},
	} {
		lists := map[string]func(c *incidents.Client) error{
			"WorkflowType = 'Incident' AND ExecutionStatus = 'Running'": func(c *incidents.Client) error {
				_, err := c.List(t.Context(), incidents.Filter{All: true, Service: tc.service, Viewer: tc.viewer})
				return err
			},
			"WorkflowType = 'FollowUp' AND ExecutionStatus = 'Running' AND MusterStatus IN ('proposed', 'accepted')": func(c *incidents.Client) error {
				_, err := c.FollowUps(t.Context(), incidents.FollowUpFilter{Service: tc.service, Viewer: tc.viewer})
				return err
			},
		}
		for start, list := range lists {
			v := &visible{t: t}
			v.holds(private())
			require.NoError(t, list(newClient(t, &fake{list: v.list})))
			last := len(tc.want) - 1
			require.Equal(t, append(tc.want[:last:last], start+tc.want[last]), v.queries)
		}
	}
}

// Guests are shown nothing by a list of incidents, and no page after the first either.
func TestAListHasNothingForGuests(t *testing.T) {
	t.Parallel()
	list, err := newClient(t, &fake{}).List(t.Context(), incidents.Filter{Viewer: incidents.Viewer{Person: "bob@example.com", Guest: true}})
	require.NoError(t, err)
	require.Empty(t, list.Incidents)
	require.Empty(t, list.NextPageToken)
}

// Services of private incidents are no search attributes: whoever may see one is told by itself.
func TestAServiceIsLookedUpInPrivateIncidents(t *testing.T) {
	t.Parallel()
	memo, err := memoOf(t, private())("")
	require.NoError(t, err)
	f := &fake{list: func(*workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		var all []*workflowpb.WorkflowExecutionInfo
		for n := range 2 {
			all = append(all, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: fmt.Sprintf("INC-%d", n+1)}, Memo: memo})
		}
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: all}, nil
	}, query: func(id, _ string) (any, error) {
		if id == "INC-1" {
			return incident.Incident{Private: true, Services: []string{"Checkout"}}, nil
		}
		return incident.Incident{Private: true, Services: []string{"search"}}, nil
	}}
	list, err := newClient(t, f).List(t.Context(), incidents.Filter{Service: "checkout", Viewer: incidents.Viewer{Private: true}})
	require.NoError(t, err)
	found := list.Incidents
	require.Len(t, found, 1)
	require.Equal(t, "INC-1", found[0].Key)
	require.Equal(t, []string{"Checkout"}, found[0].Services)
	require.Equal(t, "(private incident)", found[0].Title)
}

// paged is a list that has one more page, under a token as the server makes it.
func paged(t *testing.T, f *fake) *incidents.Client {
	t.Helper()
	f.list = func(r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
		resp := &workflowservice.ListWorkflowExecutionsResponse{Executions: make([]*workflowpb.WorkflowExecutionInfo, r.GetPageSize())}
		if len(r.GetNextPageToken()) == 0 {
			resp.Executions = []*workflowpb.WorkflowExecutionInfo{execution(t, "INC-1", nil, map[string]any{api.MemoTitle: "x"})}
			resp.NextPageToken = []byte(`{"CloseTime":"9999-12-31","StartTime":"2026-11-21T03:04:05Z","RunID":"0197-secret"}`)
		}
		return resp, nil
	}
	return newClient(t, f)
}

func TestAPageTokenTellsNothingAndIsForOneReaderAndOneList(t *testing.T) {
	t.Parallel()
	f := &fake{}
	c := paged(t, f)
	bob := incidents.Filter{Limit: 1, Severity: 2, Viewer: incidents.Viewer{Person: "bob@example.com"}}
	first, err := c.List(t.Context(), bob)
	require.NoError(t, err)
	token := first.NextPageToken
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	for _, told := range []string{"RunID", "2026-", "secret", "Time"} {
		require.NotContains(t, string(raw), told)
	}
	again, err := c.List(t.Context(), bob)
	require.NoError(t, err)
	require.NotEqual(t, token, again.NextPageToken, "nor whether two pages end alike")

	// Another gateway, and one that was started again, read it: it depends on nothing of their own.
	bob.PageToken = token
	_, err = paged(t, &fake{}).List(t.Context(), bob)
	require.NoError(t, err)

	dan, dawn := bob, bob
	dan.Viewer.Person = "dan@example.com"
	dawn.Severity = 1
	all := bob
	all.Viewer = incidents.Viewer{Private: true}
	flipped := []byte(token)
	flipped[20] ^= 1
	cases := map[string]incidents.Filter{"another reader": dan, "another list": dawn, "another scope": all}
	for name, text := range map[string]string{
		"flipped": string(flipped), "cut": token[:len(token)-4], "rubbish": "AAAA", "no base64": "%", "empty inside": strings.Repeat("A", 40), "endless": strings.Repeat("A", 1<<20),
		"the server's own": base64.RawURLEncoding.EncodeToString([]byte(`{"RunID":"0197"}`)),
	} {
		bad := bob
		bad.PageToken = text
		cases[name] = bad
	}
	for name, filter := range cases {
		_, err := c.List(t.Context(), filter)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, "%s: %v", name, err)
		require.Equal(t, "page_token", p.Field, name)
		require.Equal(t, incident.CodeInvalid, p.Code, name)
	}
	f.first = "another installation"
	_, err = c.List(t.Context(), bob)
	require.ErrorContains(t, err, "page_token")
}
