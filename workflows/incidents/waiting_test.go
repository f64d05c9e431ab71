package incidents

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestTheWaitingIsShown(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("open #", outage("slack"))
	w.Breaks("issue ", outage("jira"))
	w.After(time.Second, func() {
		f := w.Facts()
		require.Equal(t, []string{"the channel is being opened"}, f.Waiting)
	})
	w.After(2*time.Hour, func() {
		require.Equal(t, []string{"Slack does not answer; the channel is opened as soon as it does", "create the issue: no answer (jira)"}, w.Facts().Waiting)
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

// "It waits its turn" is true only while Slack works. An outage is called one as soon as anything that
// is said in Slack has met it.
func TestAChannelThatIsMissingSaysWhy(t *testing.T) {
	w := newWorld(t, "INC-1")
	for _, call := range []string{"open #", "post "} {
		w.Breaks(call, outage("slack"))
	}
	waits := func(at time.Duration, want ...string) {
		w.After(at, func() { require.Equal(t, want, w.Facts().Waiting, "after %s", at) })
	}
	waits(time.Second, "the channel is being opened")
	waits(7*time.Minute, "Slack does not answer; the channel is opened as soon as it does")
	w.After(8*time.Minute, func() {
		w.Breaks("post ", nil)
		w.Breaks("open #", &fault.Error{Vendor: "slack", Operation: "any", Class: fault.Retryable, Meaning: fault.RateLimited, Reason: "ratelimited"})
	})
	waits(40*time.Minute, "the channel waits its turn at Slack")
	w.After(41*time.Minute, func() { w.Breaks("open #", nil) })
	w.After(90*time.Minute, func() { require.Empty(t, w.Facts().Waiting) })
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(2))
}

// In a burst Slack answers, and lets no more channels be opened for now.
func TestAChannelWaitsItsTurnWhileSlackAnswers(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("open #", outage("slack"))
	w.After(time.Second, func() {
		require.NotEmpty(t, w.Facts().Links.Announcements)
		require.Equal(t, []string{"the channel waits its turn at Slack"}, w.Facts().Waiting)
	})
	w.After(7*time.Minute, func() {
		require.Equal(t, []string{"Slack does not answer; the channel is opened as soon as it does"}, w.Facts().Waiting, "the loop has heard of it")
		w.Breaks("open #", nil)
	})
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(2))
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
		{Label: "OPS-test/INC-1/issue", URL: "https://issues.example.com/OPS-test/INC-1/issue"},
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
	require.Empty(t, next.State.Subscribers.Due, "so many are not carried over: Register knows them")
	require.Empty(t, next.State.Subscribers.Asked, "and is asked again")
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
