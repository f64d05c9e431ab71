package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// then runs the page on in a run of its own, at a moment since the start.
func (in PageInput) then(t *testing.T, at time.Duration, on func(w *world)) {
	t.Helper()
	t.Run("the next run", func(t *testing.T) {
		w := newWorld(t)
		w.Env.SetStartTime(start.Add(at))
		w.in = in
		on(w)
	})
}

// A run may end in every status. What was done is not done again, and what was waited for still comes.
func TestAPageContinuedAsNewInEveryStatus(t *testing.T) {
	for name, c := range map[string]struct {
		before func(w *world)
		full   time.Duration // when the first run ends
		calls  []string      // in the first run
		// after is what happens to the next run, which is withdrawn after a day; then are its calls.
		after func(w *world)
		then  []string
		last  incident.PageStatus
	}{
		"waiting for the morning": {
			before: func(w *world) { w.in.NotBefore = start.Add(2 * time.Hour) },
			full:   time.Hour,
			then:   []string{"page 1 at 2h0m0s", "page 2 at 2h5m0s", "withdraw 1 2 at 25h0m0s"},
			last:   incident.PageUnanswered,
		},
		"paging": {
			full: time.Minute, calls: []string{"page 1"},
			then: []string{"page 2 at 5m0s", "withdraw 1 2 at 24h1m0s"},
			last: incident.PageUnanswered,
		},
		"paging the second, whose time-out at the pager is heard": {
			full: 6 * time.Minute, calls: []string{"page 1", "page 2"},
			after: func(w *world) { w.hears(time.Minute, secondKey, incident.PageState{Resolved: true}) },
			then:  []string{"withdraw 1 2 at 24h6m0s"},
			last:  incident.PageUnanswered,
		},
		"unanswered": {
			full: 20 * time.Minute, calls: []string{"page 1", "page 2"},
			then: []string{"withdraw 1 2 at 24h20m0s"},
			last: incident.PageUnanswered,
		},
		"undelivered": {
			before: func(w *world) {
				w.pager.says("page 1", answer{err: patient(time.Hour)})
				w.pager.says("page 2", answer{err: patient(time.Hour)})
			},
			full: 10 * time.Second, calls: []string{"page 1", "page 2"},
			then: []string{"look 1 at 30s", "look 2 at 5m30s", "withdraw 1 2 at 24h0m10s"},
			last: incident.PageUnanswered,
		},
		"off": {
			before: func(w *world) {
				w.pager.says("page 1", answers["the pager off"])
				w.pager.says("page 2", answers["the pager off"])
			},
			full: time.Hour, calls: []string{"page 1", "page 2"},
			after: func(w *world) { w.retries(time.Hour) },
			then:  []string{"page 1 at 2h0m0s", "page 2 at 2h5m0s", "withdraw 1 2 at 25h0m0s"},
			last:  incident.PageUnanswered,
		},
		"acknowledged at the pager": {
			before: func(w *world) {
				w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
			},
			full: time.Hour, calls: []string{"page 1"},
			after: func(w *world) { w.hears(2*time.Hour, firstKey, incident.PageState{}) },
			then:  []string{"look 1 at 3h0m0s", "page 2 at 3h5m0s", "withdraw 1 2 at 25h0m0s"},
			last:  incident.PageUnanswered,
		},
		"acknowledged at the second, the first hushed": {
			before: func(w *world) {
				w.hears(6*time.Minute, secondKey, incident.PageState{Acknowledged: true, By: alice})
			},
			full: time.Hour, calls: []string{"page 1", "page 2", "ack 1"},
			after: func(w *world) { w.hears(2*time.Hour, secondKey, incident.PageState{}) },
			then:  []string{"look 1 at 3h0m0s", "look 2 at 3h0m0s", "withdraw 1 2 at 25h0m0s"},
			last:  incident.PageUnanswered,
		},
		"acknowledged in Muster": {
			before: func(w *world) { w.takes(time.Minute, bob) },
			full:   time.Hour, calls: []string{"page 1", "ack 1"},
			after: func(w *world) { w.hears(2*time.Hour, firstKey, incident.PageState{}) },
			then:  []string{"ack 1 at 3h0m0s", "withdraw 1 at 25h0m0s"},
			last:  incident.PageAcknowledged,
		},
		"withdrawn, and the pager does not know it": {
			before: func(w *world) {
				w.withdraws(time.Minute)
				w.pager.says("withdraw 1", answers["its credential refused"])
			},
			full: 2 * time.Minute, calls: []string{"page 1", "withdraw 1"},
			then: []string{"withdraw 1 at 16m0s"},
			last: incident.PageWithdrawn,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.before != nil {
				c.before(w)
			}
			in := w.runUntil(c.full)
			if c.calls != nil {
				require.Equal(t, c.calls, w.pager.said())
			}
			in.then(t, c.full, func(w *world) {
				if c.after != nil {
					c.after(w)
				}
				w.withdraws(24 * time.Hour)
				w.run()
				require.Equal(t, c.then, w.pager.log())
				if len(w.reports) > 0 { // or it stands where the last run has said it does
					require.Equal(t, c.last, w.last().Status)
				}
			})
		})
	}
}

func TestAnAttemptThatTheEndOfARunCutsOffIsLookedForAndNotMadeTwice(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(10 * time.Second)})
	in := w.runUntil(2 * time.Second)
	require.Equal(t, []string{"page 1"}, w.pager.said())
	in.then(t, 2*time.Second, func(w *world) {
		w.pager.says("look 1", answer{found: incident.PageState{Found: true, Acknowledged: true, By: alice}})
		w.withdraws(time.Hour)
		w.run()
		require.Equal(t, []string{"look 1 at 7s", "withdraw 1 at 1h0m2s"}, w.pager.log(), "and not before its last try has come to an end")
		require.Equal(t, alice, w.last().By)
	})
}

func TestAnAcknowledgementThatTheEndOfARunCutsOffIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.takes(time.Minute, bob)
	w.pager.says("ack 1", answer{err: patient(3 * time.Minute)})
	in := w.runUntil(2 * time.Minute)
	in.then(t, 2*time.Minute, func(w *world) {
		w.withdraws(time.Hour)
		w.run()
		require.Equal(t, []string{"ack 1 at 2m15s", "withdraw 1 at 1h2m0s"}, w.pager.log())
	})
}

func TestWhatWasReportedIsNotReportedAgainByTheNextRun(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answers["refused"])
	w.pager.says("page 2", answers["refused"])
	in := w.runUntil(time.Minute)
	require.NotEmpty(t, w.reports)
	in.then(t, time.Minute, func(w *world) {
		w.After(5*time.Minute, func() { require.Empty(t, w.reports) })
		w.withdraws(6 * time.Minute)
		w.run()
		require.Len(t, w.reports, 1, "but it hears that the snag has gone")
		require.Empty(t, w.last().Snags)
	})
}
