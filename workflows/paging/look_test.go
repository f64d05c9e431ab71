package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
)

func TestThePagerIsAskedAtGrowingIntervalsWhileNobodyHasAnswered(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Steps = w.in.Brief.Target.Steps[:1]
	w.in.Brief.Target.AckWithin = playbook.Exactly(18 * time.Minute)
	w.takes(27*time.Minute, bob)
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{
		"find 1 at 10s", "find 1 at 1m0s", "find 1 at 2m0s", "find 1 at 3m0s", "find 1 at 5m0s", "find 1 at 10m0s", "find 1 at 15m0s",
		"find 1 at 18m0s", // before it gives up
		"find 1 at 23m0s", // and while the chain rests
	}, w.pager.looked(), "and no more, once somebody has taken it")
}

// Webhooks get lost: nobody else is woken for an answer that is at the pager.
func TestAnAnswerWhoseWebhookIsLostIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		at   time.Duration // when somebody answers
		key  string
		seen time.Duration // when the incident hears of it, at the latest
		then []string
	}{
		"at once":                         {5 * time.Second, firstKey, 11 * time.Second, []string{"page 1"}},
		"just before the next step":       {5*time.Minute - time.Second, firstKey, 5*time.Minute + time.Second, []string{"page 1"}},
		"the first, after the second":     {6 * time.Minute, firstKey, 7*time.Minute + time.Second, []string{"page 1", "page 2", "ack 2"}},
		"while the chain rests":           {11 * time.Minute, secondKey, 15*time.Minute + time.Second, []string{"page 1", "page 2", "ack 1"}},
		"just before the chain is due":    {15*time.Minute - time.Second, firstKey, 15*time.Minute + time.Second, []string{"page 1", "page 2", "ack 2"}},
		"the second time, by its new key": {16 * time.Minute, firstKey + "/again/1", 17*time.Minute + time.Second, []string{"page 1", "page 2", "page 1/again/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.happens(c.at, c.key, incident.PageState{Acknowledged: true, By: alice})
			w.After(c.seen, func() {
				require.Equal(t, incident.PageAcknowledged, w.last().Status)
				require.Equal(t, alice, w.last().By)
			})
			w.After(3*time.Hour, func() { require.Equal(t, c.then, w.pager.said()) })
			w.withdraws(3*time.Hour + time.Minute)
			w.run()
		})
	}
}

func TestALookThatFailsKeepsNobodyFromBeingWoken(t *testing.T) {
	w := newWorld(t)
	w.pager.says("find", answer{err: patient(time.Hour)})
	w.withdraws(16 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 5m0s", "page 1/again/1 at 15m0s", "withdraw 1/again/1 at 16m0s"}, w.pager.log())
	require.Len(t, w.pager.looked(), 13, "and the pager is asked on")
	require.Empty(t, w.last().Snags)
	require.Empty(t, w.last().Problem)
}

func TestAPagerThatCannotBeAskedIsAskedOnceForEachTimeThatThePageGoesOut(t *testing.T) {
	for _, kind := range []string{activities.ErrOff, activities.ErrCredential} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			w.pager.says("find", answer{err: failure(kind, "no token")})
			w.withdraws(16 * time.Minute)
			w.run()
			require.Equal(t, []string{"page 1 at 0s", "page 2 at 5m0s", "page 1/again/1 at 15m0s", "withdraw 1/again/1 at 16m0s"}, w.pager.log())
			require.Equal(t, []string{"find 1 at 10s", "find 1 2 at 5m10s", "find 1/again/1 at 15m10s"}, w.pager.looked())
			require.Empty(t, w.last().Snags)
		})
	}
}

func TestAPagerThatCannotBeAskedIsNotAskedWhetherAPageWentOut(t *testing.T) {
	w := newWorld(t)
	w.pager.says("find", answers["the pager off"])
	w.pager.says("page 1", answer{err: patient(time.Hour), applied: true})
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 0s", "withdraw 1 2 at 1m0s", "withdraw 1 2 at 2m0s"}, w.pager.log(), "somebody is woken rather than nobody")
	require.Equal(t, []string{"find 1 at 0s", "find 1 2 at 10s"}, w.pager.looked())
}

// The pager says within seconds whom it asks.
func TestWhomThePagerAsksIsReported(t *testing.T) {
	w := newWorld(t)
	w.happens(time.Second, firstKey, incident.PageState{Asked: []string{alice}, URL: "https://pager.example.com/1"})
	w.After(11*time.Second, func() {
		require.Equal(t, []string{alice}, w.last().Asked)
		require.Equal(t, "https://pager.example.com/1", w.last().URL)
	})
	w.happens(time.Minute, firstKey, incident.PageState{})
	w.After(2*time.Minute, func() { require.Equal(t, []string{alice}, w.last().Asked, "an answer without names takes none away") })
	w.withdraws(3 * time.Minute)
	w.run()
}

func TestWhatNotifiesNobodyIsNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.happens(time.Second, firstKey, incident.PageState{Silent: "it joined an incident that somebody had acknowledged"})
	w.After(9*time.Second, func() { require.Empty(t, w.last().Problem) })
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 10s", "withdraw 1 2 at 1m0s"}, w.pager.log())
	problems := []string{}
	for _, p := range w.reports {
		problems = append(problems, p.Step+": "+p.Problem)
	}
	require.Equal(t, []string{"checkout: ", "checkout: it joined an incident that somebody had acknowledged", "platform: "}, problems)
}

func TestWhatNotifiesNobodyIsNotRepeatedInTheNextRoundButTheNextTime(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Rounds = 2
	w.happens(time.Second, firstKey, incident.PageState{Silent: "nobody is on call"})
	w.withdraws(16 * time.Minute)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 2 at 10s", "again 2 at 5m10s", "page 1/again/1 at 15m10s", "withdraw 1/again/1 at 16m0s",
	}, w.pager.log())
}

func TestOfTwoStepsThatNotifyNobodyTheChainRests(t *testing.T) {
	w := newWorld(t)
	w.happens(time.Second, firstKey, incident.PageState{Silent: "nobody is on call"})
	w.happens(11*time.Second, secondKey, incident.PageState{Silent: "it is suppressed"})
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 10s", "withdraw 1 2 at 1m0s"}, w.pager.log())
	require.Equal(t, incident.PageUnanswered, w.last().Status)
	require.Equal(t, "it is suppressed", w.last().Problem)
}

// As in a maintenance window: the pager accepts everything and opens nothing.
func TestAPageForWhichThePagerOpensNothingIsNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.After(time.Second, func() { w.pager.forgets(firstKey) })
	w.After(59*time.Second, func() { require.Equal(t, []string{"page 1"}, w.pager.said(), "it may take its time") })
	w.withdraws(90 * time.Second)
	w.run()
	require.Equal(t, []time.Duration{time.Minute}, w.pager.times("page 2"))
	require.Contains(t, w.reports[1].Problem, "accepted it and opened no incident")
	require.Empty(t, w.last().Problem)
}

// Between two looks a person can have what was not delivered tried again.
func TestARetryIsHeededWhileTheChainRestsAndThePagerIsAsked(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.AckWithin = playbook.Exactly(30 * time.Minute)
	w.pager.says("page 2", answers["refused"], answer{})
	w.retries(32 * time.Minute)
	w.withdraws(33 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 30m0s", "page 2 at 32m0s", "withdraw 1 2 at 33m0s"}, w.pager.log())
}

func TestAnAnswerInMusterIsNotUndoneByALookUnderWay(t *testing.T) {
	w := newWorld(t)
	w.pager.says("find", answer{err: patient(10 * time.Second)}, answer{found: incident.PageState{Found: true}})
	w.takes(15*time.Second, bob)
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "ack 1 at 20s", "withdraw 1 at 1h0m0s"}, w.pager.log())
	require.Equal(t, incident.PageAcknowledged, w.last().Status)
}

func TestAnAnswerAtThePagerIsNotUndoneByALookUnderWay(t *testing.T) {
	w := newWorld(t)
	w.After(4*time.Minute, func() {
		w.pager.says("find", answer{err: patient(10 * time.Second)}, answer{found: incident.PageState{Found: true}})
	})
	w.hears(5*time.Minute+5*time.Second, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "withdraw 1 at 1h0m0s"}, w.pager.log(), "nobody else is woken, and nothing begins anew")
	require.Equal(t, alice, w.last().By)
}

func TestAPageThatIsWithdrawnDuringALookStaysSo(t *testing.T) {
	w := newWorld(t)
	w.pager.says("find", answer{err: patient(10 * time.Second)}, answer{found: incident.PageState{Found: true, Acknowledged: true, By: alice}})
	w.withdraws(15 * time.Second)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "withdraw 1 at 20s"}, w.pager.log())
	require.Equal(t, incident.PagePaging, w.last().Status, "nothing is reported of what is over")
}

// A slow pager has taken the page and answered too late: the one whom it reached is waited for.
func TestASlowPagerIsNoReasonToWakeSomebodyElse(t *testing.T) {
	for name, first := range map[string]answer{
		"an error of the server":         {err: patient(time.Hour), applied: true},
		"no answer in time":              {err: answers["not heard of"].err, applied: true},
		"no answer in time after errors": {err: answers["not heard of after an outage"].err, applied: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.pager.says("page 1", first)
			w.After(time.Minute, func() {
				require.Equal(t, incident.PagePaging, w.last().Status)
				require.Equal(t, 1, w.last().Attempts, "it counts as delivered")
				require.Empty(t, w.last().Problem)
			})
			w.withdraws(6 * time.Minute)
			w.run()
			require.Equal(t, []time.Duration{5 * time.Minute}, w.pager.times("page 2"), "%v", w.pager.log())
		})
	}
}

func TestWhatThePagerHasTakenLateIsFoundAtTheSecondLook(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(time.Hour)})
	w.happens(3*time.Second, firstKey, incident.PageState{})
	w.withdraws(6 * time.Minute)
	w.run()
	require.Equal(t, []string{"find 1 at 0s", "find 1 at 5s", "find 1 at 15s"}, w.pager.looked()[:3])
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 5m5s", "withdraw 1 2 at 6m0s"}, w.pager.log())
}

func TestWhatThePagerHasNotTakenIsLookedForTwice(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(time.Hour)})
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []string{"find 1 at 0s", "find 1 at 5s"}, w.pager.looked()[:2])
	require.Equal(t, []time.Duration{5 * time.Second}, w.pager.times("page 2"))
}

func TestAPagerThatIsAwayAltogetherIsNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(time.Hour)})
	w.pager.says("find", answer{err: patient(time.Hour)})
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []time.Duration{0}, w.pager.times("page 2"))
}

func TestWhoAnsweredAPageInDoubtHasIt(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(time.Hour)})
	w.happens(3*time.Second, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "withdraw 1 at 1h0m0s"}, w.pager.log())
	require.Equal(t, alice, w.last().By)
}

// What the pager says of an attempt can overtake the answer to the call that made it.
func TestSilenceHeardBeforeTheAnswerOfTheCallIsHeededAllTheSame(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(10 * time.Second), applied: true}, answer{})
	w.pager.says("look 1", answer{})
	w.hears(5*time.Second, firstKey, incident.PageState{Silent: "nobody is on call"})
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []time.Duration{20 * time.Second}, w.pager.times("page 2"), "the next look says it again: %v", w.pager.log())
}

// A hundred incidents of one outage do not ask the pager in the same second.
func TestTheLooksOfABurstAreSpread(t *testing.T) {
	t.Parallel()
	waits := map[time.Duration]bool{}
	for n := range 100 {
		r := fresh()
		r.in.Incident = n + 1
		wait := r.lookWait(0)
		require.GreaterOrEqual(t, wait, 10*time.Second)
		require.Less(t, wait, 15*time.Second)
		waits[wait] = true
		r.in.Scale = 0.001
		require.GreaterOrEqual(t, r.lookWait(0), minLookWait)
	}
	require.Len(t, waits, spreads)
}
