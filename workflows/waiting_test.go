package workflows

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

func TestTheWaitingIsShown(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("open #", outage("slack"))
	w.breaks("issue ", outage("jira"))
	w.after(time.Second, func() {
		f := w.facts()
		require.Equal(t, []string{"the channel waits its turn at Slack"}, f.Waiting)
	})
	w.after(2*time.Hour, func() {
		require.Equal(t, []string{"open the channel: no answer (slack)", "create the issue: no answer (jira)"}, w.facts().Waiting)
		w.breaks("open #", nil)
		w.breaks("issue ", nil)
	})
	w.after(4*time.Hour, func() { require.Empty(t, w.facts().Waiting) })
	calls := 0
	w.after(5*time.Hour, func() { calls = w.count("") })
	w.after(5*day, func() { require.Equal(t, calls, w.count(""), "what is at rest stays at rest") })
	w.commands(5*day+time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
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
	w.commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("alice@example.com"), Severity: 1})
	w.commands(3*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(in)
	require.True(t, w.has("open #2026-11-18-2-checkout-1 look=false"), "%v", w.calls)
	last := w.furnished[len(w.furnished)-1]
	var groups []string
	for _, f := range w.furnished {
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
		w.subscriptions = append(w.subscriptions, person(fmt.Sprintf("a-person-with-a-long-address-%d@mail.example.com", k), ""))
	}
	in := declared(4)
	in.AskSubscribers = true
	w.breaks("tell ", outage("slack"))
	w.after(time.Hour, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.env.SignalWorkflow(api.Retry, nil)
	})
	w.env.ExecuteWorkflow(Incident, in)
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
	require.Equal(t, 1, w.count("subscribers "))
}
