package e2e

import (
	"fmt"
	"slices"
	"strings"
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

// Three ways in were open: a merge brought everybody of the public incident along, whoever joined it later
// was handed on, and a question in its old channel was enough.
func TestNobodyEntersAPrivateIncidentThroughAMergedOne(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook)
	open := m.declares("bob@example.com", "Checkout is down", 4)
	open.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" })
	secret := m.declaresPrivate("alice@example.com", "Insider takeover")
	open.does(api.Merge, incident.Merge{Meta: by("alice@example.com"), Into: secret.number})
	secret.becomes("with the other one", func(f incident.Incident) bool { return len(f.Absorbed) == 1 })

	open.does(api.Join, incident.Join{Meta: by("dan@example.com")})
	open.does(api.Invite, incident.Invite{Meta: by("dan@example.com"), Person: "mallory@example.com"})
	require.NoError(t, m.Sims.Slack.Person("carol@example.com").Joins(open.channels()[0].ID))
	m.inSlack("carol@example.com").posts(open.channels()[0].Name, "any news here?")
	open.becomes("carol's too", func(f incident.Incident) bool { return f.PartOf("carol@example.com") })
	open.isQuiet()
	secret.isQuiet()
	f := secret.facts()
	for _, outsider := range []string{"bob@example.com", "carol@example.com", "dan@example.com", "mallory@example.com"} {
		require.False(t, f.PartOf(outsider), outsider)
		require.NotContains(t, secret.channels()[0].Members, outsider)
		_, err := m.incidents.SnapshotFor(t.Context(), secret.number, incidents.Viewer{Person: outsider})
		require.Error(t, err, "it does not exist for them")
	}
	secret.does(api.Invite, incident.Invite{Meta: by("alice@example.com"), Person: "bob@example.com"})
	m.eventually(func() bool { return slices.Contains(secret.channels()[0].Members, "bob@example.com") }, "whoever is let in by name is in the channel")

	secret.does(api.Remove, incident.Remove{Meta: by("alice@example.com"), Person: "bob@example.com"})
	m.eventually(func() bool { return !slices.Contains(secret.channels()[0].Members, "bob@example.com") }, "and can be taken out again")
	_, err := m.incidents.SnapshotFor(t.Context(), secret.number, incidents.Viewer{Person: "bob@example.com"})
	require.Error(t, err)
}

// A public incident is made private: outsiders find neither its title in the list nor the incident, and a
// channel of its own takes the place of the public one.
func TestAnIncidentIsMadePrivateLater(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook)
	i := m.declares("alice@example.com", "Insider takeover", 4)
	i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.Links.Tracker.Key != "" })
	old := i.channels()[0]
	i.does(api.MakePrivate, incident.MakePrivate{Meta: by("alice@example.com")})
	i.becomes("in a channel of its own", func(f incident.Incident) bool { return f.Links.Channel.Private && f.Links.Board.ID != "" })
	m.eventually(func() bool { return m.slackChannel(old.ID).Archived }, "the old channel is archived")
	require.True(t, says(m.slackChannel(old.ID), "is private from now on"), shown(m.slackChannel(old.ID)))
	m.eventually(func() bool {
		return m.incidents.MayCommand(t.Context(), i.number, incidents.Viewer{Person: "mallory@example.com"}) != nil
	}, "it does not exist for outsiders")
	list, err := m.incidents.List(t.Context(), incidents.Filter{All: true})
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%+v", list), "Insider takeover")
	m.eventually(func() bool { return !strings.Contains(fmt.Sprintf("%+v", m.Sims.Jira.Issues()), "Insider takeover") }, "the issue is masked")
}

func (m *installation) declaresPrivate(person, title string) *opened {
	m.t.Helper()
	res, err := m.incidents.Declare(m.t.Context(), "", incident.Declaration{Title: title, Severity: 4, Private: true, Actor: by(person).Actor})
	require.NoError(m.t, err)
	i := &opened{m: m, number: res.Number}
	i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" })
	return i
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
	list, err := i.m.incidents.List(t.Context(), incidents.Filter{All: true})
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%+v", list), title, "lists")
}
