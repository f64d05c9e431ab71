package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

const firstKey, secondKey = "test/INC-1/page/1/attempt/1", "test/INC-1/page/1/attempt/2"

// pagerSays tells the page workflow what the pager's webhook would.
func (w *world) pagerSays(d time.Duration, delivery, key string, s incident.PageState) {
	w.after(d, func() {
		s.Found = true
		require.NoError(w.t, w.env.SignalWorkflowByID("INC-1/page/1", api.PagerChanged, api.PagerChangedInput{DeliveryID: delivery, Key: key, State: s}))
	})
}

func (w *world) runIncident(in IncidentInput) incident.Incident {
	w.t.Helper()
	w.env.ExecuteWorkflow(Incident, in)
	require.NoError(w.t, w.env.GetWorkflowError())
	return w.facts()
}

func TestAnAcknowledgementAtThePagerMusters(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.pagerSays(time.Minute, "d1", firstKey, incident.PageState{Acknowledged: true, By: "alice@example.com", URL: "https://pager.example.com/1"})
	w.after(2*time.Minute, func() {
		f := w.facts()
		require.Equal(t, incident.PageAcknowledged, f.Pages[0].Status)
		require.Equal(t, "alice@example.com", f.Pages[0].By)
		require.False(t, f.MusteredAt.IsZero())
	})
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
	require.Equal(t, 1, w.count("page "), "nobody else is woken")
	require.Zero(t, w.count("ack "), "the pager knows it already")
}

func TestAnUnansweredPageEscalatesOnceAndThenAsksInChat(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(4*time.Minute, func() { require.Equal(t, 1, w.count("page ")) })
	w.after(6*time.Minute, func() { require.True(t, w.has("page "+secondKey)) })
	w.after(30*time.Minute, func() {
		require.Equal(t, incident.PageUnanswered, w.facts().Pages[0].Status)
		require.Equal(t, 1, w.count("post C1 The page to checkout on-call did not reach anybody"))
	})
	w.commands(time.Hour, api.Resolve, incident.Resolve{Meta: by("bob@example.com")})
	in := declared(1)
	in.Slice.Severities[0].Review.Track = "none"
	w.runIncident(in)
	require.Equal(t, 2, w.count("page "))
	require.True(t, w.has("withdraw "+firstKey))
	require.True(t, w.has("withdraw "+secondKey))
}

func TestUnacknowledgedAtThePagerThePageGoesOn(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.pagerSays(time.Minute, "d1", firstKey, incident.PageState{Acknowledged: true, By: "alice@example.com"})
	w.pagerSays(31*time.Minute, "d2", firstKey, incident.PageState{})
	w.pagerSays(32*time.Minute, "d1", firstKey, incident.PageState{Acknowledged: true, By: "alice@example.com"}) // delivered twice
	w.after(33*time.Minute, func() { require.Equal(t, incident.PagePaging, w.facts().Pages[0].Status) })
	w.after(40*time.Minute, func() { require.True(t, w.has("page "+secondKey), "and escalates") })
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
}

func TestAPagerOutageReachesPeopleInChatAndThePagerWhenItReturns(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("page ", outage("pagerduty"))
	w.after(5*time.Minute, func() {
		require.Equal(t, 1, w.count("post C1 The page to checkout on-call did not reach anybody"))
		require.Contains(t, w.facts().Pages[0].Problem, "no answer")
		w.breaks("page ", nil)
	})
	w.after(20*time.Minute, func() { require.NotZero(t, w.facts().Pages[0].Attempts) })
	w.commands(21*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: by("alice@example.com")})
	w.commands(22*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
	require.NotZero(t, w.count("find "+firstKey), "what may have been delivered is looked for first")
}

func TestAMinorIncidentAtNightPagesOnTheNextBusinessMorning(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.env.SetStartTime(time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)) // Friday night
	w.after(58*time.Hour, func() { require.Zero(t, w.count("page "), "nobody is woken on a weekend") })
	w.after(59*time.Hour+time.Minute, func() { require.Equal(t, 1, w.count("page ")) })
	w.commands(61*time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(3))
}

func TestAWorseSeverityWakesThePageThatWaited(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.env.SetStartTime(time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC))
	w.commands(time.Hour, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("bob@example.com"), Severity: 1})
	w.after(61*time.Minute, func() { require.Equal(t, 1, w.count("page ")) })
	w.commands(2*time.Hour, api.Cancel, incident.Cancel{Meta: by("bob@example.com")})
	w.runIncident(declared(3))
}

func TestResolvedAtThePagerCountsAsAnswered(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.pagerSays(time.Minute, "d1", firstKey, incident.PageState{Resolved: true, By: "alice@example.com"})
	w.after(10*time.Minute, func() { require.Equal(t, incident.PageAcknowledged, w.facts().Pages[0].Status) })
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
	require.Equal(t, 1, w.count("page "))
}

func TestALateEventOfAnotherAttemptGivesNothingBack(t *testing.T) {
	w := newWorld(t, "INC-1")
	start := time.Date(2026, 11, 18, 10, 0, 0, 0, time.UTC)
	says := func(d time.Duration, delivery, key string, at time.Duration, s incident.PageState) {
		w.after(d, func() {
			s.Found = true
			require.NoError(t, w.env.SignalWorkflowByID("INC-1/page/1", api.PagerChanged, api.PagerChangedInput{DeliveryID: delivery, Key: key, State: s, At: start.Add(at)}))
		})
	}
	says(6*time.Minute, "d1", secondKey, 6*time.Minute, incident.PageState{Acknowledged: true, By: "bob@example.com"})
	says(7*time.Minute, "d2", firstKey, 7*time.Minute, incident.PageState{})  // attempt 1 was escalated at the pager
	says(8*time.Minute, "d3", secondKey, 5*time.Minute, incident.PageState{}) // triggered, delivered late
	w.after(20*time.Minute, func() {
		require.Equal(t, incident.PageAcknowledged, w.facts().Pages[0].Status)
		require.Equal(t, "bob@example.com", w.facts().Pages[0].By)
		require.True(t, w.has("ack "+firstKey), "the other attempt stops waking people")
	})
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("bob@example.com")})
	w.runIncident(declared(1))
	require.Equal(t, 2, w.count("page "))
}

func TestAMissingKeyIsASnagOfThePageUntilItIsMended(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("page ", &fault.Error{Vendor: "pagerduty", Operation: "credential", Class: fault.Permanent, Reason: "PD_CHECKOUT is not set", Mend: "set it"})
	w.after(time.Minute, func() {
		f := w.facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "page/1 paging", f.Snags[0].Mirror)
		require.Equal(t, incident.PageUnanswered, f.Pages[0].Status)
		w.breaks("page ", nil)
	})
	w.commands(2*time.Minute, api.Retry, incident.Retry{Meta: by("alice@example.com")})
	w.after(3*time.Minute, func() {
		require.Empty(t, w.facts().Snags)
		require.NotZero(t, w.facts().Pages[0].Attempts)
	})
	w.commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
}

func TestTheNextTargetComesBeforeAMentionInChat(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.breaks("page "+firstKey, outage("pagerduty"))
	w.after(3*time.Minute, func() {
		require.True(t, w.has("page "+secondKey))
		require.Zero(t, w.count("post C1 The page to"), "somebody is being reached")
	})
	w.after(30*time.Minute, func() { require.Equal(t, 1, w.count("post C1 The page to")) })
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(declared(1))
	require.Greater(t, w.count("page "+firstKey), 4, "what did not arrive is tried on")
	require.Equal(t, 1, w.count("page "+secondKey), "what did is not repeated")
}
