package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

// then runs the page on in a run of its own, where the last one has ended and with the same pager.
func (in PageInput) then(t *testing.T, last *world, on func(w *world)) {
	t.Helper()
	t.Run("the next run", func(t *testing.T) {
		w := newWorld(t)
		w.in, w.begun = in, last.Env.Now()
		w.in.Brief = in.State.Brief
		w.Env.SetStartTime(w.begun)
		w.pager.known, w.pager.withdrawn = last.pager.known, last.pager.withdrawn
		on(w)
	})
}

// A run may end in every state. What was done is not done again, and what was waited for still comes.
func TestAPageContinuedAsNewInEveryState(t *testing.T) {
	for name, c := range map[string]struct {
		before func(w *world)
		full   time.Duration // when the first run ends
		calls  []string      // in the first run
		// after is what happens to the next run, which is withdrawn at its end; then are its calls.
		after func(w *world)
		end   time.Duration
		then  []string
		last  incident.PageStatus
	}{
		"waiting for the morning": {
			before: func(w *world) { w.in.Brief.Page.NotBefore = start.Add(2 * time.Hour) },
			full:   time.Hour,
			then:   []string{"page 1 at 2h0m0s", "page 2 at 2h5m0s", "withdraw 1 2 at 2h12m0s"}, end: 72 * time.Minute,
			last: incident.PageUnanswered,
		},
		"paging": {
			full: time.Minute, calls: []string{"page 1"},
			then: []string{"page 2 at 5m0s", "withdraw 1 2 at 11m0s"}, end: 10 * time.Minute,
			last: incident.PageUnanswered,
		},
		"paging the second, whose time-out at the pager is heard": {
			full: 6 * time.Minute, calls: []string{"page 1", "page 2"},
			after: func(w *world) { w.hears(time.Minute, secondKey, incident.PageState{Resolved: true}) },
			then:  []string{"withdraw 1 2 at 8m0s"}, end: 2 * time.Minute,
			last: incident.PageUnanswered,
		},
		"in the second round": {
			before: func(w *world) { w.in.Brief.Target.Rounds = 2 },
			full:   7 * time.Minute, calls: []string{"page 1", "page 2"},
			then: []string{"again 1 at 10m0s", "again 2 at 15m0s", "withdraw 1 2 at 17m0s"}, end: 10 * time.Minute,
			last: incident.PagePaging,
		},
		"before the last resort": {
			before: func(w *world) { w.in.Brief.LastResort = lastResort() },
			full:   7 * time.Minute, calls: []string{"page 1", "page 2"},
			then: []string{"page 3 at 10m0s", "withdraw 1 2 3 at 12m0s"}, end: 5 * time.Minute,
			last: incident.PagePaging,
		},
		"unanswered": {
			full: 12 * time.Minute, calls: []string{"page 1", "page 2"},
			then: []string{"page 1/again/1 at 15m0s", "page 2/again/1 at 20m0s", "withdraw 1/again/1 2/again/1 at 22m0s"}, end: 10 * time.Minute,
			last: incident.PagePaging,
		},
		"unanswered for the third time": {
			full: 46 * time.Minute, calls: []string{"page 1", "page 2", "page 1/again/1", "page 2/again/1", "page 1/again/2", "page 2/again/2"},
			then: []string{"page 1/again/3 at 1h5m0s", "withdraw 1/again/3 at 1h6m0s"}, end: 20 * time.Minute,
			last: incident.PagePaging,
		},
		"paging once more, the first attempts not ended": {
			before: func(w *world) { w.pager.says("end 1 2", answers["its credential refused"]) },
			full:   16 * time.Minute, calls: []string{"page 1", "page 2", "page 1/again/1"},
			then: []string{"withdraw 1/again/1 at 17m0s", "withdraw 1 2 at 30m0s"}, end: time.Minute,
			last: incident.PageWithdrawn,
		},
		"undelivered": {
			before: func(w *world) {
				w.pager.says("page 1", answer{err: patient(time.Hour)})
				w.pager.says("page 2", answer{err: patient(time.Hour)})
			},
			full: 20 * time.Second, calls: []string{"page 1", "page 2"},
			then: []string{"look 1 at 40s", "look 2 at 5m40s", "withdraw 1 2 at 6m20s"}, end: 6 * time.Minute,
			last: incident.PagePaging,
		},
		"in doubt": {
			before: func(w *world) { w.pager.says("page 1", answer{err: patient(time.Hour)}) },
			full:   2 * time.Second, calls: []string{"page 1"},
			after: func(w *world) { w.pager.becomes(firstKey, incident.PageState{}) },
			then:  []string{"withdraw 1 at 4m2s"}, end: 4 * time.Minute,
			last: incident.PagePaging,
		},
		"off": {
			before: func(w *world) {
				w.pager.says("page 1", answers["the pager off"])
				w.pager.says("page 2", answers["the pager off"])
			},
			full: time.Hour, calls: []string{"page 1", "page 2"},
			after: func(w *world) { w.retries(time.Hour) },
			then:  []string{"page 1 at 2h0m0s", "page 2 at 2h5m0s", "withdraw 1 2 at 2h12m0s"}, end: 72 * time.Minute,
			last: incident.PageUnanswered,
		},
		"acknowledged at the pager": {
			before: func(w *world) {
				w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
			},
			full: time.Hour, calls: []string{"page 1"},
			after: func(w *world) { w.hears(2*time.Hour, firstKey, incident.PageState{}) },
			then:  []string{"look 1 at 3h0m0s", "page 2 at 3h5m0s", "withdraw 1 2 at 3h12m0s"}, end: 132 * time.Minute,
			last: incident.PageUnanswered,
		},
		"acknowledged at the second, the first hushed": {
			before: func(w *world) {
				w.hears(6*time.Minute, secondKey, incident.PageState{Acknowledged: true, By: alice})
			},
			full: time.Hour, calls: []string{"page 1", "page 2", "ack 1"},
			after: func(w *world) {
				w.pager.becomes(firstKey, incident.PageState{Acknowledged: true})
				w.hears(2*time.Hour, secondKey, incident.PageState{})
			},
			then: []string{"look 1 at 3h0m0s", "look 2 at 3h0m0s", "withdraw 1 2 at 3h7m0s"}, end: 127 * time.Minute,
			last: incident.PageUnanswered,
		},
		"acknowledged in Muster": {
			before: func(w *world) { w.takes(time.Minute, bob) },
			full:   time.Hour, calls: []string{"page 1", "ack 1"},
			after: func(w *world) { w.hears(2*time.Hour, firstKey, incident.PageState{}) },
			then:  []string{"ack 1 at 3h0m0s", "withdraw 1 at 25h0m0s"}, end: 24 * time.Hour,
			last: incident.PageAcknowledged,
		},
		"acknowledged, and left alone": {
			before: func(w *world) { w.takes(time.Minute, bob) },
			full:   time.Hour, calls: []string{"page 1", "ack 1"},
			after: func(w *world) { w.tells(time.Hour, incident.Page{Revision: 3, Status: incident.PagePaging}) },
			then:  []string{"page 1/again/1 at 2h0m0s", "withdraw 1/again/1 at 2h1m0s"}, end: 61 * time.Minute,
			last: incident.PagePaging,
		},
		"withdrawn, and the pager does not know it": {
			before: func(w *world) {
				w.withdraws(time.Minute)
				w.pager.says("withdraw 1", answers["its credential refused"])
			},
			full: 2 * time.Minute, calls: []string{"page 1", "withdraw 1"},
			then: []string{"withdraw 1 at 16m0s"}, end: time.Hour,
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
			in.then(t, w, func(w *world) {
				if c.after != nil {
					c.after(w)
				}
				w.withdraws(c.end)
				w.run()
				require.Equal(w.T, c.then, w.pager.log())
				if len(w.reports) > 0 { // or it stands where the last run has said it does
					require.Equal(w.T, c.last, w.last().Status)
				}
			})
		})
	}
}

func TestTheNextRunKnowsTheFactsThatTheLastOneLearnt(t *testing.T) {
	w := newWorld(t)
	w.learns(time.Minute, func(b *api.PageBrief) {
		b.Title, b.Links, b.Severity = "Checkout and payments are down", []incident.Link{{Label: "Board", URL: "https://board.example.com/1"}}, 1
	})
	in := w.runUntil(2 * time.Minute)
	in.then(t, w, func(w *world) {
		w.withdraws(6 * time.Minute)
		w.run()
		require.Equal(w.T, []string{"page 2 at 6m0s", "withdraw 1 2 at 8m0s"}, w.pager.log(), "what was sent again is not sent once more")
		require.Equal(w.T, "INC-1 Checkout and payments are down", w.pager.asked[0].Headline)
		require.Equal(w.T, incident.Severity(1), w.pager.asked[0].Severity)
		require.Equal(w.T, "https://board.example.com/1", w.pager.asked[0].Links[0].URL)
	})
}

// A look is cut off by the end of a run, and made again by the next one before anybody is woken.
func TestALookThatTheEndOfARunCutsOffIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.After(4*time.Minute, func() { w.pager.says("find", answer{err: patient(15 * time.Second)}) })
	in := w.runUntil(5*time.Minute + 2*time.Second)
	require.Equal(t, []string{"find 1 at 10s", "find 1 at 1m0s", "find 1 at 2m0s", "find 1 at 3m0s", "find 1 at 5m0s"}, w.pager.looked())
	in.then(t, w, func(w *world) {
		w.pager.becomes(firstKey, incident.PageState{Acknowledged: true, By: alice})
		w.withdraws(time.Hour)
		w.run()
		require.Equal(w.T, []string{"find 1 at 5m22s"}, w.pager.looked())
		require.Equal(w.T, []string{"withdraw 1 at 1h5m2s"}, w.pager.log())
		require.Equal(w.T, alice, w.last().By)
	})
}

func TestAnAttemptThatTheEndOfARunCutsOffIsLookedForAndNotMadeTwice(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(10 * time.Second)})
	in := w.runUntil(2 * time.Second)
	require.Equal(t, []string{"page 1"}, w.pager.said())
	in.then(t, w, func(w *world) {
		w.pager.says("look 1", answer{found: incident.PageState{Found: true, Acknowledged: true, By: alice}})
		w.withdraws(time.Hour)
		w.run()
		require.Equal(w.T, []string{"look 1 at 12s", "withdraw 1 at 1h0m2s"}, w.pager.log(), "and not before its last try has come to an end")
		require.Equal(w.T, alice, w.last().By)
	})
}

func TestAnAcknowledgementThatTheEndOfARunCutsOffIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.takes(time.Minute, bob)
	w.pager.says("ack 1", answer{err: patient(3 * time.Minute)})
	in := w.runUntil(2 * time.Minute)
	in.then(t, w, func(w *world) {
		w.withdraws(time.Hour)
		w.run()
		require.Equal(w.T, []string{"ack 1 at 2m15s", "withdraw 1 at 1h2m0s"}, w.pager.log())
	})
}

func TestWhatWasReportedIsNotReportedAgainByTheNextRun(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answers["refused"])
	w.pager.says("page 2", answers["refused"])
	in := w.runUntil(time.Minute)
	require.NotEmpty(t, w.reports)
	in.then(t, w, func(w *world) {
		w.After(5*time.Minute, func() { require.Empty(w.T, w.reports) })
		w.withdraws(6 * time.Minute)
		w.run()
		require.Len(w.T, w.reports, 1, "but it hears that the snag has gone")
		require.Empty(w.T, w.last().Snags)
	})
}
