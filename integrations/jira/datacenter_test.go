package jira_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/internal/sims/jirasim"
	"muster/internal/sims/simkit"
)

func TestDataCenterIssues(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onDataCenter)
	w.sim.AddField("customfield_10042", "Root team", "option")
	issue := outage()
	issue.Owner, issue.Due, issue.Fields = "alice@example.com", "2026-11-30", map[string]any{"Root team": "Payments"}
	w.fail(simkit.Fault{Operation: "issue.create", Kind: simkit.DropAfter, Times: 1})
	_, err := w.client.CreateIssue(w.ctx(), issue, false)
	failure(t, err, fault.Retryable)

	parent, err := w.client.CreateIssue(w.ctx(), issue, true)
	require.NoError(t, err)
	require.Len(t, w.sim.Issues(), 1)
	require.Equal(t, "alice@example.com", w.issue(parent.Key).Owner)
	require.Equal(t, "INC-42", w.issue(parent.Key).Properties["muster.key"])

	child := w.create(followUp(parent.Key))
	again, err := w.client.CreateIssue(w.ctx(), followUp(parent.Key), true)
	require.NoError(t, err)
	require.Equal(t, child, again)

	require.NoError(t, w.client.UpdateIssue(w.ctx(), parent.Key, incident.Issue{Key: "INC-42", Summary: "Slow", Owner: "bob@example.com"}))
	require.Equal(t, "bob@example.com", w.issue(parent.Key).Owner)
	require.NoError(t, w.client.LinkURL(w.ctx(), parent.Key, "g", incident.Link{Label: "Channel", URL: "https://chat.example.com"}))
	for range 2 {
		require.NoError(t, w.client.Comment(w.ctx(), parent.Key, "c", []string{"hello"}, true))
	}
	require.Len(t, w.issue(parent.Key).Comments, 1)

	require.NoError(t, w.sim.MoveTo(child.Key, "Done", ""))
	states, err := w.client.IssueStates(w.ctx(), []string{child.Key, "INC-99", parent.Key})
	require.NoError(t, err)
	require.True(t, states[0].Done)
	require.True(t, states[1].Missing)
	require.Equal(t, "bob@example.com", states[2].Owner)
}

// The description of Data Center leaves out expand, which is how its documentation says that a
// transition's fields are asked for; so this one is not checked against it.
func TestDataCenterMoves(t *testing.T) {
	t.Parallel()
	sim := jirasim.New(jirasim.Options{Deployment: jirasim.DataCenter, Token: token})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	client, err := jira.New(jira.Options{URL: server.URL, Token: fault.NewSecret(token), Deployment: jira.DataCenter})
	require.NoError(t, err)
	ref, err := client.CreateIssue(t.Context(), outage(), false)
	require.NoError(t, err)

	state, err := client.MoveIssue(t.Context(), ref.Key, incident.GoalDropped, nil, "Won't Do")

	require.NoError(t, err)
	require.Equal(t, "Won't Do", state.Resolution)
	require.Empty(t, sim.Unexpected())
}
