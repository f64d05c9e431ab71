package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

// What Temporal has forgotten is listed, found and shown through every door, and a private incident by its members alone.
func TestWhatTemporalHasForgottenIsListedByEveryDoor(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 3, "checkout")
	i.becomes("it has a channel and an issue", func(f incident.Incident) bool { return f.Links.Channel.ID != "" && f.Links.Tracker.Key != "" })
	i.does("AddFollowUp", incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on disk space", Owner: "bob@example.com"})
	i.does("ChangeFollowUp", incident.ChangeFollowUp{Meta: by("bob@example.com"), Number: 1, Status: incident.FollowUpDropped, Reason: "the vendor does it"})
	i.does("Cancel", incident.Cancel{Reason: "a false alarm"})
	hidden := m.declaresPrivate("alice@example.com", "Disks were stolen")
	hidden.does("Cancel", incident.Cancel{Meta: by("alice@example.com"), Reason: "they were lent"})
	for _, o := range []*opened{i, hidden} {
		o.archived("it is cancelled there", func(f incident.Incident) bool { return f.Status == incident.StatusCancelled })
	}
	m.inOrder()
	for _, o := range []*opened{i, hidden} {
		m.deletes(api.IncidentID(o.number))
	}
	fresh := m.declares("bob@example.com", "Search is slow", 3)

	status, list := m.asks(http.MethodGet, "/v1/incidents?all=true", "")
	require.Equal(t, http.StatusOK, status, list)
	require.Equal(t, "archive", list["source"])
	require.Contains(t, fmt.Sprint(list), "Checkout is down")
	require.Contains(t, fmt.Sprint(list), fresh.key(), "what began a moment ago is listed, too")
	status, list = m.asks(http.MethodGet, "/v1/incidents", "")
	require.Equal(t, http.StatusOK, status, list)
	require.Equal(t, "temporal", list["source"])
	require.NotContains(t, fmt.Sprint(list), "Checkout is down")
	status, list = m.asks(http.MethodGet, "/v1/follow-ups?all=true", "")
	require.Equal(t, http.StatusOK, status, list)
	require.Contains(t, fmt.Sprint(list), "Alert on disk space")
	status, shown := m.asks(http.MethodGet, "/v1/incidents/"+i.key(), "")
	require.Equal(t, http.StatusOK, status, shown)
	require.Equal(t, "Checkout is down", shown["title"])

	for _, line := range [][]string{{"list", "--all"}, {"list", "--status", "cancelled"}, {"search", "checkout"}, {"show", i.key()}} {
		code, said := m.types(line...)
		require.Zero(t, code, said)
		require.Contains(t, said, "Checkout is down", line)
	}
	code, said := m.types("follow-up", "list", "--all")
	require.Zero(t, code, said)
	require.Contains(t, said, "Alert on disk space")
	require.Contains(t, said, "dropped")
	code, said = m.types("list", "--all", "-o", "json")
	require.Zero(t, code, said)
	require.Contains(t, said, `"source":"archive"`)
	code, said = m.types("list", "--address", "127.0.0.1:1")
	require.Zero(t, code, said)
	require.Contains(t, said, "Temporal does not answer; this is from the archive", "the archive stands in")
	code, said = m.types("show", i.key(), "--address", "127.0.0.1:1")
	require.Zero(t, code, said)
	require.Contains(t, said, "Checkout is down")
	require.Contains(t, said, "Temporal or its workers do not answer; this is from the archive")

	m.Sims.Slack.AddChannel("checkout-news")
	bob, alice := m.inSlack("bob@example.com"), m.inSlack("alice@example.com")
	all := bob.slash("checkout-news", "/incident list all").Shown()
	require.Contains(t, all, "Checkout is down")
	require.NotContains(t, all, "stolen")
	require.Contains(t, alice.slash("checkout-news", "/incident list all").Shown(), "Disks were stolen")
	require.NotContains(t, bob.slash("checkout-news", "/incident list").Shown(), "Checkout is down")
	require.Contains(t, bob.slash("checkout-news", "/incident follow-ups all").Shown(), "Alert on disk space")
	require.Contains(t, bob.slash("checkout-news", "/incident show "+i.key()).Shown(), "Checkout is down")
	require.NotContains(t, bob.slash("checkout-news", "/incident show "+hidden.key()).Shown(), "stolen")
	for who, sees := range map[slacker]string{bob: "Checkout is down", alice: "Disks were stolen"} {
		require.NoError(t, who.OpensHome())
		m.eventually(func() bool { _, ok := who.Home(); return ok }, "the home tab")
		home, _ := who.Home()
		require.Contains(t, home.Shown(), "ended lately")
		require.Contains(t, home.Shown(), sees)
		if who == bob {
			require.NotContains(t, home.Shown(), "stolen")
		}
	}
}
