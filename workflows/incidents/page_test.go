package incidents

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

const firstKey, secondKey = "test/INC-1/page/1/attempt/1", "test/INC-1/page/1/attempt/2"

// pagerSays tells the page workflow what the pager's webhook would.
func (w *world) pagerSays(d time.Duration, delivery, key string, s incident.PageState) {
	w.After(d, func() {
		s.Found = true
		w.Knows(key, s)
		require.NoError(w.T, w.Env.SignalWorkflowByID("INC-1/page/1", api.PagerChanged, api.PagerChangedInput{DeliveryID: delivery, Key: key, State: s}))
	})
}

func TestAnAcknowledgementAtThePagerMusters(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.pagerSays(time.Minute, "d1", firstKey, incident.PageState{Acknowledged: true, By: "alice@example.com", URL: "https://pager.example.com/1"})
	w.After(2*time.Minute, func() {
		f := w.Facts()
		require.Equal(t, incident.PageAcknowledged, f.Pages[0].Status)
		require.Equal(t, "alice@example.com", f.Pages[0].By)
		require.False(t, f.MusteredAt.IsZero())
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
	require.Equal(t, 1, w.Count("page "), "nobody else is woken")
	require.Zero(t, w.Count("ack "), "the pager knows it already")
}

func TestAnUnansweredPageEscalatesOnceAndThenAsksInChat(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(4*time.Minute, func() { require.Equal(t, 1, w.Count("page ")) })
	w.After(6*time.Minute, func() { require.True(t, w.Has("page "+secondKey)) })
	w.After(30*time.Minute, func() {
		require.Equal(t, incident.PageUnanswered, w.Facts().Pages[0].Status)
		require.Equal(t, 1, w.Count("post C1 INC-1: nobody has answered the page to checkout on-call"))
	})
	w.Commands(time.Hour, api.Resolve, incident.Resolve{Meta: worldtest.By("bob@example.com")})
	in := declared(1)
	in.Slice.Severities[0].Review.Track = "none"
	w.runIncident(in)
	require.Equal(t, 1, w.Times("page "+firstKey))
	require.Equal(t, 1, w.Times("page "+secondKey))
	require.True(t, w.Has("page "+firstKey+"/again/1"), "it goes on until somebody comes")
	for _, call := range w.Calls {
		if key, paged := strings.CutPrefix(call, "page "); paged {
			require.True(t, w.Has("withdraw "+key), "nothing is left open")
		}
	}
}

func TestUnacknowledgedAtThePagerThePageGoesOn(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.pagerSays(time.Minute, "d1", firstKey, incident.PageState{Acknowledged: true, By: "alice@example.com"})
	w.pagerSays(31*time.Minute, "d2", firstKey, incident.PageState{})
	w.After(32*time.Minute, func() { // the first event is delivered once more
		again := api.PagerChangedInput{DeliveryID: "d1", Key: firstKey, State: incident.PageState{Found: true, Acknowledged: true, By: "alice@example.com"}}
		require.NoError(t, w.Env.SignalWorkflowByID("INC-1/page/1", api.PagerChanged, again))
	})
	w.After(33*time.Minute, func() { require.Equal(t, incident.PagePaging, w.Facts().Pages[0].Status) })
	w.After(40*time.Minute, func() { require.True(t, w.Has("page "+secondKey), "and escalates") })
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
}

func TestAPagerOutageReachesPeopleInChatAndThePagerWhenItReturns(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("page ", outage("pagerduty"))
	w.After(5*time.Minute, func() {
		require.Equal(t, 1, w.Count("post C1 INC-1: the page to checkout on-call was not delivered"))
		require.Equal(t, 1, w.Count("post #incidents INC-1: the page to checkout on-call was not delivered"), "who declared it may be alone in the channel")
		require.Zero(t, w.Count("post C1 INC-1: nobody has answered"), "nobody was asked")
		require.Contains(t, w.Facts().Pages[0].Problem, "no answer")
		w.Breaks("page ", nil)
	})
	w.After(20*time.Minute, func() { require.NotZero(t, w.Facts().Pages[0].Attempts) })
	w.Commands(21*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com")})
	w.Commands(22*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
	require.NotZero(t, w.Count("find "+firstKey), "what may have been delivered is looked for first")
}

func TestAMinorIncidentAtNightPagesOnTheNextBusinessMorning(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Env.SetStartTime(time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)) // Friday night
	w.After(58*time.Hour, func() { require.Zero(t, w.Count("page "), "nobody is woken on a weekend") })
	w.After(59*time.Hour+time.Minute, func() { require.Equal(t, 1, w.Count("page ")) })
	w.Commands(61*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(3))
}

func TestAWorseSeverityWakesThePageThatWaited(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Env.SetStartTime(time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC))
	w.Commands(time.Hour, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("bob@example.com"), Severity: 1})
	w.After(61*time.Minute, func() { require.Equal(t, 1, w.Count("page ")) })
	w.Commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(3))
}

func TestResolvedAtThePagerCountsAsAnswered(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.pagerSays(time.Minute, "d1", firstKey, incident.PageState{Resolved: true, By: "alice@example.com"})
	w.After(10*time.Minute, func() { require.Equal(t, incident.PageAcknowledged, w.Facts().Pages[0].Status) })
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
	require.Equal(t, 1, w.Count("page "))
}

func TestALateEventOfAnotherAttemptGivesNothingBack(t *testing.T) {
	w := newWorld(t, "INC-1")
	start := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	says := func(d time.Duration, delivery, key string, at time.Duration, s incident.PageState) {
		w.After(d, func() {
			s.Found = true
			if delivery != "d3" {
				w.Knows(key, s)
			}
			require.NoError(t, w.Env.SignalWorkflowByID("INC-1/page/1", api.PagerChanged, api.PagerChangedInput{DeliveryID: delivery, Key: key, State: s, At: start.Add(at)}))
		})
	}
	says(6*time.Minute, "d1", secondKey, 6*time.Minute, incident.PageState{Acknowledged: true, By: "bob@example.com"})
	says(7*time.Minute, "d2", firstKey, 7*time.Minute, incident.PageState{})  // attempt 1 was escalated at the pager
	says(8*time.Minute, "d3", secondKey, 5*time.Minute, incident.PageState{}) // triggered, delivered late
	w.After(20*time.Minute, func() {
		require.Equal(t, incident.PageAcknowledged, w.Facts().Pages[0].Status)
		require.Equal(t, "bob@example.com", w.Facts().Pages[0].By)
		require.True(t, w.Has("ack "+firstKey), "the other attempt stops waking people")
	})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("bob@example.com")})
	w.runIncident(declared(1))
	require.Equal(t, 2, w.Count("page "))
}

func TestAMissingKeyIsASnagOfThePageUntilItIsMended(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("page ", &fault.Error{Vendor: "pagerduty", Operation: "credential", Class: fault.Permanent, Reason: "PD_CHECKOUT is not set", Mend: "set it"})
	w.After(time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "page/1 paging", f.Snags[0].Mirror)
		require.Equal(t, incident.PageUnanswered, f.Pages[0].Status)
		w.Breaks("page ", nil)
	})
	w.Commands(2*time.Minute, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com")})
	w.After(3*time.Minute, func() {
		require.Empty(t, w.Facts().Snags)
		require.NotZero(t, w.Facts().Pages[0].Attempts)
	})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
}

func TestTheNextTargetComesBeforeAMentionInChat(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("page "+firstKey, outage("pagerduty"))
	w.After(3*time.Minute, func() {
		require.True(t, w.Has("page "+secondKey))
		require.Zero(t, w.Count("post C1 INC-1: nobody has answered"), "somebody is being reached")
	})
	w.After(30*time.Minute, func() { require.Equal(t, 1, w.Count("post C1 INC-1: nobody has answered the page")) })
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
	require.Greater(t, w.Count("page "+firstKey), 4, "what did not arrive is tried on")
	require.Equal(t, 1, w.Times("page "+secondKey), "what did is not repeated")
}

// Muster's own acknowledgement for the others, which the pager refuses, is tried again in a quarter of an hour.
func TestAPageThatIsGivenBackWaitsForNoAcknowledgement(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Breaks("ack ", &fault.Error{Vendor: "pagerduty", Operation: "acknowledge", Class: fault.Permanent, Reason: "no"})
	w.pagerSays(7*time.Minute, "d1", firstKey, incident.PageState{Acknowledged: true, By: "alice@example.com"})
	looked := 0
	w.After(10*time.Minute-time.Second, func() {
		require.Equal(t, 1, w.Count("ack "+secondKey))
		looked = w.Count("find ") + w.Count("page ")
	})
	w.pagerSays(10*time.Minute, "d2", firstKey, incident.PageState{})
	w.After(10*time.Minute+30*time.Second, func() { require.Greater(t, w.Count("find ")+w.Count("page "), looked) })
	w.Commands(11*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(1))
}
