package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// The title of a private incident is told in its own channel and to its members, and nowhere else.
func TestAPrivateIncidentKeepsItsTitle(t *testing.T) {
	t.Parallel()
	const title = "Insider takeover"
	m := install(t)
	res, err := m.incidents.Declare(t.Context(), "", incident.Declaration{
		Title: title, Severity: 1, Services: []string{"checkout"}, Private: true, Actor: by("bob@example.com").Actor,
	})
	require.NoError(t, err)
	i := &opened{m: m, number: res.Number}
	i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" })
	i.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Rotate keys", Owner: "alice@example.com"})
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	i.becomes("with children in the tracker", func(f incident.Incident) bool {
		return f.FollowUps[0].Issue.Key != "" && f.Review() != nil && f.Review().Issue.Key != ""
	})
	i.tellsNobody(title)
	for _, issue := range m.Sims.Jira.Issues() {
		require.NotContains(t, issue.Summary+issue.Description, "Rotate keys", "nor what its follow-ups are about")
	}
}

func (i *opened) tellsNobody(title string) {
	t := i.m.t
	t.Helper()
	slug := incident.ChannelNameFrom(incident.DefaultChannelName, incident.ChannelParts{Prefix: "x", Number: 1, Title: title})[len("x-1-"):]
	for where, text := range map[string]string{
		"Jira":      fmt.Sprintf("%+v", i.m.Sims.Jira.Issues()),
		"PagerDuty": fmt.Sprintf("%+v", i.m.Sims.Pager.Incidents()),
	} {
		require.NotContains(t, text, title, where)
		require.NotContains(t, text, slug, where)
	}
	announcements, _ := i.m.Sims.Slack.Channel("incidents")
	require.Empty(t, announcements.Messages)
	require.True(t, i.channels()[0].Private)
	list, _, err := i.m.incidents.List(t.Context(), incidents.Filter{All: true})
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%+v", list), title, "lists")
}
