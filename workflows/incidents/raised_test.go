package incidents

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"muster/activities"
	"muster/incident"
	"muster/integrations/fault"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// raises is the input of an incident whose pages Register has sent ahead, and the calls of those.
func (w *world) raises(in IncidentInput) (IncidentInput, []incident.PageRequest) {
	w.T.Helper()
	now := w.Env.Now()
	var calls []incident.PageRequest
	in.Raised, calls = Raise(incident.New(in.Number, in.Declaration, now), &in.Slice, in.Settings, now)
	require.NotEmpty(w.T, calls)
	return in, calls
}

// arrives lets what was sent ahead arrive at the pager.
func (w *world) arrives(calls []incident.PageRequest) {
	for _, c := range calls {
		w.Knows(c.Key, incident.PageState{Found: true})
	}
}

func (w *world) cancels(at time.Duration) {
	w.Commands(at, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
}

func TestAPageThatWasSentAheadIsFoundAndNotSentAgain(t *testing.T) {
	w := newWorld(t, "INC-1")
	in, calls := w.raises(declared(1))
	w.arrives(calls)
	w.After(time.Minute, func() {
		p := w.Facts().Pages[0]
		require.Equal(t, incident.PagePaging, p.Status)
		require.Equal(t, 1, p.Attempts, "it counts as any other")
		require.Zero(t, w.Count("page "))
	})
	w.After(6*time.Minute, func() { require.True(t, w.Has("page "+secondKey), "and escalates as ever: %v", w.Calls) })
	w.cancels(10 * time.Minute)
	w.runIncident(in)
	require.Zero(t, w.Times("page "+firstKey))
	require.True(t, w.Has("withdraw "+firstKey))
}

func TestAPageThatGotLostOnItsWayAheadIsMadeAsEver(t *testing.T) {
	w := newWorld(t, "INC-1")
	in, _ := w.raises(declared(1))
	w.After(time.Minute, func() {
		require.Equal(t, 1, w.Times("page "+firstKey))
		require.Equal(t, 1, w.Facts().Pages[0].Attempts)
	})
	w.cancels(2 * time.Minute)
	w.runIncident(in)
	require.Equal(t, 1, w.Times("page "+firstKey))
}

// Without a REST token nobody can look. The same key, sent again, is taken in by the open alert.
func TestAPageThatCannotBeLookedForIsSentAgainUnderItsKey(t *testing.T) {
	w := newWorld(t, "INC-1")
	in, calls := w.raises(declared(1))
	w.arrives(calls)
	w.Breaks("find ", outage("pagerduty"))
	w.cancels(2 * time.Minute)
	w.runIncident(in)
	require.Equal(t, 1, w.Times("page "+firstKey))
	require.Equal(t, 1, w.Count("page "), "and nobody else is woken")
}

// What is sent ahead says to the letter what the page itself would say, also of a private incident.
func TestWhatIsSentAheadIsWhatThePageSends(t *testing.T) {
	for name, change := range map[string]func(*IncidentInput){
		"an incident":           func(*IncidentInput) {},
		"a private one":         func(in *IncidentInput) { in.Declaration.Private = true },
		"a drill that pages":    func(in *IncidentInput) { in.Declaration.Kind, in.Declaration.Page = incident.KindDrill, true },
		"another severity":      func(in *IncidentInput) { in.Declaration.Severity = 2 },
		"without services":      func(in *IncidentInput) { withTarget(in); in.Slice.Services = nil },
		"with a second target":  withTarget,
		"of another one's name": func(in *IncidentInput) { in.Settings.Installation = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "INC-1")
			var mu sync.Mutex
			var sent []activities.TriggerPageInput
			w.Env.OnActivity("TriggerPage", mock.Anything, mock.Anything).Return(func(_ context.Context, in activities.TriggerPageInput) (incident.PageState, error) {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, in)
				return incident.PageState{}, nil
			})
			in := declared(1)
			change(&in)
			in, calls := w.raises(in)
			w.cancels(time.Minute)
			w.runIncident(in)
			require.Len(t, sent, len(calls))
			var requests []incident.PageRequest
			for _, s := range sent {
				require.True(t, s.Tried, "it is looked for")
				requests = append(requests, s.Request)
			}
			require.ElementsMatch(t, calls, requests)
			if in.Declaration.Private {
				require.NotContains(t, calls[0].Headline, in.Declaration.Title)
			}
		})
	}
}

func withTarget(in *IncidentInput) {
	second := *in.Slice.Services[0].Target
	second.Name = "search on-call"
	in.Slice.Severities[0].Targets = []playbook.PageTarget{second}
}

// Until nothing can arrive any more that was sent ahead, ending the page would be in vain: what
// arrives after the end opens another one.
func TestAQuickCancelOutwaitsWhatWasSentAhead(t *testing.T) {
	for name, c := range map[string]struct {
		scale float64
		ahead bool
		after time.Duration
	}{
		"sent ahead":     {scale: 1, ahead: true, after: 4 * time.Second},
		"in half a time": {scale: 0.5, ahead: true, after: 2 * time.Second},
		"not sent ahead": {scale: 1, after: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "INC-1")
			in := declared(1)
			in.Slice.TimeoutScale = c.scale
			if c.ahead {
				in, _ = w.raises(in)
			}
			w.cancels(time.Second)
			w.After(c.after-time.Millisecond, func() { require.Zero(t, w.Count("withdraw ")) })
			w.After(c.after+500*time.Millisecond, func() { require.Equal(t, 1, w.Times("withdraw "+firstKey)) })
			w.runIncident(in)
			require.Equal(t, 1, w.Count("withdraw "))
		})
	}
}

// People go home between the two looks at the clock. Somebody was woken, and Muster says so.
func TestWhatWasSentAheadCountsThoughPeopleHaveGoneHome(t *testing.T) {
	w := newWorld(t, "INC-1")
	evening := time.Date(2026, 11, 18, 17, 0, 0, 0, time.UTC)
	w.Env.SetStartTime(evening.Add(-time.Second))
	in, calls := w.raises(declared(3))
	w.arrives(calls)
	w.Env.SetStartTime(evening.Add(time.Second))
	w.After(time.Minute, func() {
		p := w.Facts().Pages[0]
		require.Equal(t, incident.PagePaging, p.Status)
		require.True(t, p.NotBefore.IsZero())
		require.Equal(t, 1, p.Attempts)
	})
	w.cancels(2 * time.Minute)
	w.runIncident(in)
	require.Zero(t, w.Count("page "), "it is out already")
}

// A key that is not set wakes nobody, so there is nothing to take back with that same key.
func TestARefusedPageThatWasSentAheadIsNotTakenBack(t *testing.T) {
	w := newWorld(t, "INC-1")
	in, _ := w.raises(declared(1))
	in.Slice.Services[0].Target.Steps = in.Slice.Services[0].Target.Steps[:1]
	w.Breaks("page ", &fault.Error{Vendor: "pagerduty", Operation: "credential", Class: fault.Permanent, Reason: "PD_CHECKOUT is not set"})
	w.cancels(time.Minute)
	w.runIncident(in)
	require.Zero(t, w.Count("withdraw "))
}
