package playbook_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
)

func target(name, credential string) playbook.PageTarget {
	return playbook.PageTarget{Name: name, Rounds: 1, Steps: []playbook.PageStep{{Name: "first", Credential: credential}, {Name: "alice", Reach: "person:alice@example.com"}}}
}

func book(credential string, tracker playbook.TrackerPolicy, announce string) *playbook.Playbook {
	checkout, platform := target("checkout", credential), target("platform", credential)
	return playbook.New(playbook.Contents{
		Hash: "of " + credential, Tracker: tracker, Chat: playbook.ChatPolicy{Announce: announce, ChannelPrefix: "inc"},
		Severities:    []playbook.SeverityPolicy{{Level: 1, Name: "critical", Page: playbook.PageNow, Targets: []playbook.PageTarget{platform}}},
		Services:      []playbook.Service{{ServicePolicy: playbook.ServicePolicy{Name: "checkout", Target: &checkout}}},
		Targets:       []playbook.PageTarget{platform},
		DefaultTarget: &platform,
	})
}

func TestConnectionsAreTakenOverAndPolicyIsNot(t *testing.T) {
	t.Parallel()
	wrong := playbook.TrackerPolicy{Project: "OSP", FollowUpType: "Subtask", Fields: map[string]any{"a": 1.0}}
	right := playbook.TrackerPolicy{Project: "OPS", FollowUpType: "Sub-task", Fields: map[string]any{"b": 1.0}, Priorities: map[incident.Severity]string{1: "High"}}
	s, err := book("env:PD_WORNG", wrong, "#incidnets").Slice([]string{"checkout"})
	require.NoError(t, err)
	given := s.Services[0].Target.Steps
	corrected := book("env:PD_RIGHT", right, "#incidents")

	require.True(t, s.Connect(corrected.Connections()))

	require.Equal(t, right, s.Tracker)
	require.Equal(t, "#incidents", s.Chat.Announce)
	require.Equal(t, "of env:PD_RIGHT", s.Connected)
	require.Equal(t, "of env:PD_WORNG", s.Hash, "it is still the incident of its declaration")
	for _, found := range []playbook.PageTarget{*s.Services[0].Target, s.Targets[0], s.Severities[0].Targets[0], *s.LastResort} {
		require.Equal(t, "env:PD_RIGHT", found.Steps[0].Credential)
		require.Empty(t, found.Steps[1].Credential, "who is reached without one")
	}
	require.Equal(t, "env:PD_WORNG", given[0].Credential, "what was handed out stays as it was")
	require.False(t, s.Connect(corrected.Connections()), "a second time is no news")
}

func TestWhatThePlaybookLeavesOutIsKept(t *testing.T) {
	t.Parallel()
	s, err := book("env:PD", playbook.TrackerPolicy{Project: "OPS"}, "#incidents").Slice(nil)
	require.NoError(t, err)
	require.False(t, s.Connect(playbook.Connections{Hash: "empty"}))
	require.Equal(t, "OPS", s.Tracker.Project)
	require.Equal(t, "#incidents", s.Chat.Announce)
	require.Empty(t, s.Connected)
}

// They hold no more than they say: neither whom to page nor what a severity means.
func TestConnectionsHoldNoPolicy(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(book("env:PD", playbook.TrackerPolicy{Project: "OPS"}, "#incidents").Connections())
	require.NoError(t, err)
	for _, word := range []string{"critical", "alice@example.com", "inc\"", "reach", "rounds"} {
		require.NotContains(t, string(raw), word)
	}
	require.Contains(t, string(raw), `{"target":"checkout","step":"first","credential":"env:PD"}`)
}

func TestAPrivateIssueIsPlacedWhereOutsidersDoNotReadIt(t *testing.T) {
	t.Parallel()
	whole := incident.Issue{Summary: "Rotate the keys", Description: []string{"They were in a log."}, Components: []string{"Shop"}, Owner: "bob@example.com", Links: []incident.Link{{Label: "#inc-1-keys", URL: "https://chat.example.com/C1"}}}
	policy := playbook.TrackerPolicy{Project: "OPS"}
	public := whole
	public.Project = "OPS"
	require.Equal(t, public, policy.Place(whole, false, "INC-1"))
	require.Equal(t, incident.Issue{
		Project: "OPS", Summary: "INC-1 (private incident)", Owner: "bob@example.com",
		Description: []string{"This incident is private. Whoever belongs to it finds more where it is worked on."},
		Links:       []incident.Link{{Label: "Where it is worked on", URL: "https://chat.example.com/C1"}},
	}, policy.Place(whole, true, "INC-1"))
	policy.Private.Project = "SEC"
	public.Project = "SEC"
	require.Equal(t, public, policy.Place(whole, true, "INC-1"))
	policy.Private = playbook.PrivateTracker{SecurityLevel: "Members"}
	public.Project, public.Security = "OPS", "Members"
	require.Equal(t, public, policy.Place(whole, true, "INC-1"))
}

func TestComponentsByService(t *testing.T) {
	t.Parallel()
	p := playbook.TrackerPolicy{Components: map[string]string{"checkout": "Shop", "cart": "Shop", "search": "Search"}}
	require.Equal(t, []string{"Shop", "Search"}, p.ComponentsOf([]string{"Checkout", "cart", "search", "unknown"}))
	require.Empty(t, p.ComponentsOf(nil))
}
