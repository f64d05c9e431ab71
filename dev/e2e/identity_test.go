package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/internal/sims/simkit"
	"muster/workflows/api"
)

// whatAStrangerTries is all that somebody could do who got into a channel that is shared with
// another company.
var whatAStrangerTries = []string{
	"list", "show INC-1", "join INC-1", "note INC-1 hello", "update INC-1 all is well", "severity INC-1 5", "page INC-1 now", "resolve INC-1",
	"role INC-1 commander", "subscribe", "follow-up INC-1 send us the keys",
}

// A person of another workspace gets nothing out of Muster and does nothing in it, also while Slack
// answers no question about people.
func TestAStrangerFromASharedChannelIsNobody(t *testing.T) {
	eachWayIn(t, func(m *installation) {
		t := m.t
		i := m.declares("bob@example.com", "Checkout is down", 4)
		i.isOpen()
		m.Sims.Slack.AddStranger("mallory@example.com", "Mallory")
		mallory := m.inSlack("mallory@example.com")
		require.NoError(t, mallory.Joins("checkout-news"))
		before := i.facts()
		for _, kind := range []simkit.Fault{{}, {Operation: "users.info", Kind: simkit.Status, Status: http.StatusTooManyRequests}, {Operation: "users.info", Kind: simkit.Down}} {
			if kind.Operation != "" {
				defer m.Sims.Slack.Faults().Clear(m.Sims.Slack.Faults().Add(kind))
			}
			for _, line := range append([]string{"the shop is on fire"}, whatAStrangerTries...) {
				said := mallory.slash("checkout-news", "/incident "+line).Shown()
				require.Contains(t, said, "Only people of this workspace", line)
				require.NotContains(t, said, "Checkout", line)
			}
		}
		after := i.facts()
		require.Equal(t, [2]any{before.Severity, len(before.Timeline)}, [2]any{after.Severity, len(after.Timeline)})
		_, err := m.incidents.Snapshot(t.Context(), 2)
		require.Error(t, err, "nothing was declared")
	})
}

// While Slack does not say who somebody is, they may declare, for it may be one of ours. All else
// waits until it is known, and then works.
func TestWhomSlackDoesNotNameOnlyDeclares(t *testing.T) {
	eachWayIn(t, func(m *installation) {
		t := m.t
		i := m.declares("bob@example.com", "Checkout is down", 4)
		i.isOpen()
		before := i.facts()
		alice := m.inSlack("alice@example.com")
		limited := m.Sims.Slack.Faults().Add(simkit.Fault{Operation: "users.info", Kind: simkit.Status, Status: http.StatusTooManyRequests})
		for _, line := range whatAStrangerTries {
			said := alice.slash("checkout-news", "/incident "+line).Shown()
			require.Contains(t, said, "does not say at this moment who you are", line)
			require.NotContains(t, said, "Checkout", line)
		}
		require.Len(t, i.facts().Timeline, len(before.Timeline))
		require.Contains(t, alice.slash("checkout-news", "/incident search is slow").Shown(), "INC-2 is declared")
		m.Sims.Slack.Faults().Clear(limited)
		require.Contains(t, alice.slash("checkout-news", "/incident note INC-1 it is the cache").Shown(), "INC-1")
		subscriptions, err := m.incidents.Subscriptions(t.Context(), incident.Subscriber{Person: "alice@example.com"})
		require.NoError(t, err)
		require.Empty(t, subscriptions)
	})
}

// A subscription ends with the membership: whoever turned out to be a stranger hears of nothing more.
func TestASubscriptionEndsWithTheMembership(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook)
	m.Sims.Slack.AddChannel("checkout-news")
	carol := m.inSlack("carol@example.com")
	require.Contains(t, carol.slash("checkout-news", "/incident subscribe").Shown(), "every incident")
	who := incident.Subscriber{Person: "carol@example.com"}
	m.Sims.Slack.MakeStranger("carol@example.com")
	// Slack is asked who carol is when she is to be told, though it said so a moment ago.
	i := m.declares("bob@example.com", "Checkout is down", 4)
	i.becomes("past its subscribers", func(f incident.Incident) bool { return strings.Contains(timeline(f), "their subscriptions end") })
	m.eventually(func() bool {
		list, err := m.incidents.Subscriptions(t.Context(), who)
		return err == nil && len(list) == 0
	}, "carol has no subscription left")
	require.Empty(t, m.Sims.Slack.DirectMessages("carol@example.com"))
}

// Over the API a person is that person, whatever the body says.
func TestOverTheAPINobodyActsInAnothersName(t *testing.T) {
	t.Parallel()
	m := install(t)
	i := m.declares("bob@example.com", "Checkout is down", 1, "checkout")
	i.isOpen()
	for path, c := range map[string][2]string{
		"acknowledge": {`{"person": "ceo@example.com"}`, "person"},
		"join":        {`{"person": "ceo@example.com"}`, "person"},
		"timeline":    {`{"text": "I dropped the database", "author": "ceo@example.com"}`, "author"},
		"invite":      {`{"person": "аlice@example.com"}`, "person"}, // the first letter is Cyrillic
		"assign":      {`{"role": "commander", "person": "al\u200bice@example.com"}`, "person"},
	} {
		status, answer := m.asks("POST", "/v1/incidents/INC-1/"+path, c[0])
		require.Equal(t, http.StatusBadRequest, status, "%s: %v", path, answer)
		require.Equal(t, c[1], answer["field"], "%s: %v", path, answer)
	}
	status, answer := m.asks("POST", "/v1/incidents/INC-1/timeline", `{"text": "see", "source": {"channel": "C1", "id": "1.2", "url": "javascript:alert(1)"}}`)
	require.Equal(t, http.StatusBadRequest, status, answer)
	f := i.facts()
	require.NotContains(t, timeline(f), "ceo@example.com")
	require.NotContains(t, timeline(f), "javascript")
	status, _ = m.asks("POST", "/v1/incidents/INC-1/acknowledge", `{"all": true}`)
	require.Equal(t, http.StatusOK, status)
	f = i.becomes("acknowledged", func(f incident.Incident) bool { return f.Pages[0].Status == incident.PageAcknowledged })
	require.Equal(t, "bob@example.com", f.Pages[0].By)
	i.does(api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
}
