package incidents

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestTheWaitingIsShown(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("open #", outage("slack"))
	w.Breaks("issue ", outage("jira"))
	w.After(time.Second, func() {
		f := w.Facts()
		require.Equal(t, []string{"the channel waits its turn at Slack"}, f.Waiting)
	})
	w.After(2*time.Hour, func() {
		require.Equal(t, []string{"open the channel: no answer (slack)", "create the issue: no answer (jira)"}, w.Facts().Waiting)
		w.Breaks("open #", nil)
		w.Breaks("issue ", nil)
	})
	w.After(4*time.Hour, func() { require.Empty(t, w.Facts().Waiting) })
	calls := 0
	w.After(5*time.Hour, func() { calls = w.Count("") })
	w.After(5*day, func() { require.Equal(t, calls, w.Count(""), "what is at rest stays at rest") })
	w.Commands(5*day+time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
}

func TestTheChannelIsNamedAndFurnishedByThePlaybook(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(2)
	in.Slice.Chat.ChannelName = "{date}-{severity}-{service}-{number}"
	in.Slice.Chat.Groups = []string{"sre", "support"}
	in.Slice.Chat.Links = []incident.Link{{Label: "Call", URL: "https://meet.example.com/{key}/{number}"}}
	in.Slice.Services[0].Groups = []string{"payments", "sre"}
	w.pagerSays(time.Minute, "d1", firstKey, incident.PageState{Acknowledged: true, By: "alice@example.com", URL: "https://pager.example.com/1"})
	w.Commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 1})
	w.Commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
	require.True(t, w.Has("open #2026-11-18-2-checkout-1 look=false"), "%v", w.Calls)
	last := w.Furnished[len(w.Furnished)-1]
	var groups []string
	for _, f := range w.Furnished {
		groups = append(groups, f.Groups...)
	}
	require.Equal(t, []string{"sre", "support", "payments"}, groups, "each is invited once")
	require.Equal(t, []incident.Link{
		{Label: "OPS-test/INC-1/issue", URL: "https://issues.example.com/test/INC-1/issue"},
		{Label: "Page to checkout on-call", URL: "https://pager.example.com/1"},
		{Label: "Call", URL: "https://meet.example.com/INC-1/1"},
	}, last.Bookmarks)
}

// The server warns at 512 kB and terminates a workflow at 2 MB.
func TestTheStateStaysSmallHoweverManySubscribe(t *testing.T) {
	w := newWorld(t, "INC-1")
	for k := range maxSubscribers + 500 {
		w.Subscriptions = append(w.Subscriptions, person(fmt.Sprintf("a-person-with-a-long-address-%d@mail.example.com", k), ""))
	}
	in := declared(4)
	in.AskSubscribers = true
	w.Breaks("tell ", outage("slack"))
	w.After(time.Hour, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	w.Env.ExecuteWorkflow(Incident, in)
	next := w.continued()
	require.Len(t, next.State.Subscribers.Due, maxSubscribers)
	b, err := json.Marshal(next.State.Subscribers)
	require.NoError(t, err)
	require.Less(t, len(b), 100_000)
	n := 0
	for _, e := range next.State.Facts.Timeline {
		if e.Event == "subscribers" {
			n++
		}
	}
	require.Equal(t, 1, n, "it is said that not all are told")
	require.Equal(t, 1, w.Count("subscribers "))
}
