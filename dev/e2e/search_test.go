package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestWhatWasLearntIsFoundByEveryDoor(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 2, "checkout")
	i.isOpen()
	i.does("AddFollowUp", incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on disk space", Owner: "bob@example.com"})
	i.does("Resolve", incident.Resolve{Meta: by("bob@example.com"), Text: "Made room", Learning: "Disks fill at night"})
	hidden := m.declaresPrivate("alice@example.com", "Disks were stolen")
	i.archived("it is resolved there", func(f incident.Incident) bool { return f.Learning != "" && f.Links.Tracker.Key != "" })
	hidden.archived("it is there", func(f incident.Incident) bool { return f.Private })

	const text = `disk* severity<=3 since:1d -status:cancelled`
	status, found := m.asks(http.MethodGet, "/v1/search?q="+url.QueryEscape(text), "")
	require.Equal(t, http.StatusOK, status, found)
	require.Contains(t, fmt.Sprint(found), "Disks fill at night")
	require.Contains(t, fmt.Sprint(found), "Alert on disk space")

	code, said := m.types("search", text)
	require.Zero(t, code, said)
	require.Contains(t, said, "INC-1")
	require.Contains(t, said, "learnt: Disks fill at night")
	require.Contains(t, said, "follow-up: Alert on disk space")

	m.Sims.Slack.AddChannel("checkout-news")
	shown := m.inSlack("bob@example.com").slash("checkout-news", "/incident search disk* since:1d").Shown()
	require.Contains(t, shown, "1 incident")
	require.Contains(t, shown, "*Disks* fill at night")
	require.NotContains(t, shown, "stolen", "a private incident is found by its members")
	require.Contains(t, m.inSlack("alice@example.com").slash("checkout-news", "/incident search stolen").Shown(), hidden.key())
}
