package jira_test

import (
	"fmt"
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
	require.Equal(t, child, again.IssueRef)
	require.True(t, again.Found)

	w.update(parent.Key, incident.Issue{Key: "INC-42", Summary: "Slow", Owner: "bob@example.com"})
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
	require.True(t, states[1].Unseen)
	require.Equal(t, "bob@example.com", states[2].Owner)

	w.update(parent.Key, incident.Issue{Unassigned: true})
	require.Empty(t, w.issue(parent.Key).Owner)
}

func TestDataCenterMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onDataCenter)
	ref := w.create(outage())
	require.Equal(t, "In Progress", w.move(ref.Key, incident.GoalProgress).Status)
	require.Equal(t, "Won't Do", w.move(ref.Key, incident.GoalDropped).Resolution)
}

// A personal access token is sent as one, whether or not somebody set an address, too.
func TestAPersonalAccessTokenIsABearer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onDataCenter, func(_ *jirasim.Options, c *jira.Options) { c.Email = email })
	w.create(outage())
	server, err := w.client.Server(w.ctx())
	require.NoError(t, err)
	require.Equal(t, jira.DataCenter, server.Deployment)
	require.Equal(t, jirasim.DefaultVersion, server.Version)
	cloud, err := newWorld(t).client.Server(t.Context())
	require.NoError(t, err)
	require.Equal(t, jira.Cloud, cloud.Deployment)
}

func TestManyChildrenTakeFewRequests(t *testing.T) {
	t.Parallel()
	for _, data := range []setting{func(*jirasim.Options, *jira.Options) {}, onDataCenter} {
		w := newWorld(t, data)
		parent := w.create(outage())
		var last incident.Issue
		for n := range 500 {
			last = followUp(parent.Key)
			last.Key = fmt.Sprintf("INC-42/follow-up/%d", n+1)
			w.create(last)
		}
		asked := len(w.sim.Log.Requests(""))

		_, err := w.client.CreateIssue(w.ctx(), last, true)

		require.NoError(t, err)
		require.Len(t, w.sim.Children(parent.Key), 500)
		require.LessOrEqual(t, len(w.sim.Log.Requests(""))-asked, 8)
	}
}

// A webhook of Data Center names people by name and key, and hides nothing; its own echo is known
// by either.
func TestItsOwnEchoIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onDataCenter)
	ref := w.create(outage())
	reporter := w.get("/rest/api/2/issue/" + ref.Key)["fields"].(map[string]any)["reporter"].(map[string]any)
	require.True(t, w.client.Self(w.ctx(), jira.Actor{AccountID: reporter["name"].(string), Email: email}))
	require.True(t, w.client.Self(w.ctx(), jira.Actor{AccountID: reporter["key"].(string)}))
	require.False(t, w.client.Self(w.ctx(), jira.Actor{AccountID: "alice", Email: "alice@example.com"}))
	require.False(t, w.client.Self(w.ctx(), jira.Actor{}))
	require.Equal(t, 1, w.sim.Log.Count("myself.get"))

	w = newWorld(t)
	cloud := w.get("/rest/api/2/myself")
	require.True(t, w.client.Self(w.ctx(), jira.Actor{AccountID: cloud["accountId"].(string)}))
	require.False(t, w.client.Self(w.ctx(), jira.Actor{AccountID: "712020:other"}))
}
