package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/activities"
	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
)

func TestAPageGoesThroughItsChainAndThenSaysThatNobodyAnswered(t *testing.T) {
	w := newWorld(t)
	first, both := []incident.Try{{Step: "checkout", At: start}}, []incident.Try{{Step: "checkout", At: start}, {Step: "platform", At: start.Add(5 * time.Minute)}}
	w.After(4*time.Minute, func() {
		require.Equal(t, []string{"page 1"}, w.pager.said())
		require.Equal(t, api.PageState{Status: incident.PagePaging, Keys: []string{firstKey}}, w.standing())
		require.Equal(t, incident.PageReport{Page: 1, Revision: 1, Status: incident.PagePaging, Attempts: 1, Step: "checkout", Tries: first}, w.last())
	})
	w.After(6*time.Minute, func() {
		require.Equal(t, []string{"page 1", "page 2"}, w.pager.said())
		require.Equal(t, incident.PageReport{Page: 1, Revision: 1, Status: incident.PagePaging, Attempts: 2, Step: "platform", Tries: both}, w.last())
	})
	w.After(11*time.Minute, func() {
		require.Equal(t, incident.PageReport{Page: 1, Revision: 1, Status: incident.PageUnanswered, Attempts: 2, Step: "platform", Tries: both}, w.last())
	})
	w.withdraws(14 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 5m0s", "withdraw 1 2 at 14m0s"}, w.pager.log())
	require.Equal(t, []string{"paging 1 checkout", "paging 2 platform", "unanswered 2 platform"}, w.told(), "it knows by itself that it withdrew the page")
	standing := w.standing()
	require.Equal(t, incident.PageWithdrawn, standing.Status)
	require.Empty(t, standing.Keys)
	require.Len(t, standing.Ended, 2, "whoever sweeps looks whether they are over")
}

// A playbook may have lost the target that the incident names.
func TestATargetWithoutStepsIsSaidToBeUnanswered(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Steps = nil
	w.withdraws(time.Hour)
	w.run()
	require.Empty(t, w.pager.said())
	require.Equal(t, incident.PageReport{
		Page: 1, Revision: 1, Status: incident.PageUnanswered, Problem: "the playbook names no way to reach checkout on-call",
	}, w.last(), "and it is nothing that the vendor could mend")
}

func TestAnAttemptHasAtLeastASecond(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.AckWithin = playbook.Span{}
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []time.Duration{time.Second}, w.pager.times("page 2"))
}

func TestWhoAnswersAtThePagerIsReported(t *testing.T) {
	w := newWorld(t)
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice, URL: "https://pager.example.com/1"})
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"page 1", "withdraw 1"}, w.pager.said(), "nobody else is woken, and the pager knows it already")
	require.Equal(t, incident.PageReport{
		Page: 1, Revision: 1, Status: incident.PageAcknowledged, By: alice, Attempts: 1, Step: "checkout", URL: "https://pager.example.com/1",
		Tries: []incident.Try{{Step: "checkout", At: start}},
	}, w.last())
}

func TestWhoAnsweredBeforeTheCallWasHeardIsReportedToo(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(10 * time.Second)})
	w.pager.says("look 1", answer{err: answers["not heard of"].err})
	w.hears(5*time.Second, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"page 1", "look 1", "withdraw 1"}, w.pager.said())
	require.Equal(t, incident.PageReport{Page: 1, Revision: 1, Status: incident.PageAcknowledged, By: alice, Step: "checkout"}, w.last())
}

func TestWhatIsAcknowledgedInMusterIsAcknowledgedAtThePager(t *testing.T) {
	w := newWorld(t)
	w.takes(6*time.Minute, bob)
	w.hears(7*time.Minute, secondKey, incident.PageState{}) // its own escalation goes on
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"page 1", "page 2", "ack 1 2", "ack 2", "withdraw 1 2"}, w.pager.said())
	require.Equal(t, incident.PageAcknowledged, w.last().Status)
	require.Equal(t, bob, w.last().By)
	require.Equal(t, 2, w.last().Revision, "the incident sees that its command was heard")
}

func TestWhatIsTakenBeforeItWentOutWakesNobody(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Page.NotBefore = start.Add(23 * time.Hour)
	w.takes(time.Hour, bob)
	w.withdraws(48 * time.Hour)
	w.run()
	require.Empty(t, w.pager.said())
	require.Empty(t, w.reports, "the incident knows all of it")
}

func TestAPageForTheMorningGoesOutInTheMorning(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Page.NotBefore = start.Add(23 * time.Hour)
	w.After(time.Hour, func() { require.Equal(t, incident.PageWaiting, w.standing().Status) })
	w.tells(2*time.Hour, incident.Page{Revision: 2, Status: incident.PageWaiting, NotBefore: start.Add(24 * time.Hour)})
	w.withdraws(24*time.Hour + time.Minute)
	w.run()
	require.Equal(t, []time.Duration{24 * time.Hour}, w.pager.times("page 1"), "the incident has put it off by an hour")
}

func TestGivenBackAtThePagerAPageGoesOnFromItsFirstStep(t *testing.T) {
	w := newWorld(t)
	acknowledged := heard(firstKey, start.Add(time.Minute), incident.PageState{Acknowledged: true, By: alice})
	w.After(time.Minute, func() { w.Env.SignalWorkflow(api.PagerChanged, acknowledged) })
	w.hears(31*time.Minute, firstKey, incident.PageState{})
	w.After(32*time.Minute, func() {
		acknowledged.At = start.Add(32 * time.Minute)
		w.Env.SignalWorkflow(api.PagerChanged, acknowledged) // the same delivery once more
	})
	w.pager.says("look 1", answer{found: incident.PageState{Found: true}})
	w.After(33*time.Minute, func() {
		require.Equal(t, incident.PagePaging, w.last().Status)
		require.Empty(t, w.last().By)
	})
	w.withdraws(42 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1", "look 1", "page 2", "withdraw 1 2"}, w.pager.said())
	require.Equal(t, []time.Duration{36 * time.Minute}, w.pager.times("page 2"))
}

// Muster has acknowledged the first attempt itself, so that nobody else was woken by it.
func TestTheSecondGivenBackIsNotAnsweredByTheFirst(t *testing.T) {
	w := newWorld(t)
	w.hears(6*time.Minute, secondKey, incident.PageState{Acknowledged: true, By: alice})
	w.hears(30*time.Minute, secondKey, incident.PageState{})
	w.pager.says("look 1", answer{found: incident.PageState{Found: true, Acknowledged: true}})
	w.pager.says("look 2", answer{found: incident.PageState{Found: true}})
	w.After(31*time.Minute, func() { require.Equal(t, incident.PagePaging, w.last().Status) })
	w.After(36*time.Minute, func() { require.Equal(t, incident.PageUnanswered, w.last().Status) })
	w.withdraws(37 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1", "page 2", "ack 1", "look 1", "look 2", "withdraw 1 2"}, w.pager.said())
	require.Equal(t, []time.Duration{30 * time.Minute}, w.pager.times("look 2"), "nobody waits for the first")
}

// A person answers at the very moment at which Muster acknowledges for another one.
func TestAPersonWhoAnswersBesideMusterIsNoEchoOfIt(t *testing.T) {
	w := newWorld(t)
	w.hears(6*time.Minute, secondKey, incident.PageState{Acknowledged: true, By: alice})
	w.pager.says("ack 1", answer{err: patient(10 * time.Second)}, answer{})
	w.hears(6*time.Minute+5*time.Second, firstKey, incident.PageState{Acknowledged: true, By: bob})
	w.hears(7*time.Minute, secondKey, incident.PageState{})
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, incident.PageAcknowledged, w.last().Status, "Bob still has it")
	require.NotContains(t, w.pager.said(), "look 1", "so nothing begins anew")
}

func TestAnAcknowledgementThatCannotBeMadeKeepsNobodyFromBeingWoken(t *testing.T) {
	w := newWorld(t)
	w.pager.says("ack 1", answers["its credential refused"])
	w.hears(6*time.Minute, secondKey, incident.PageState{Acknowledged: true, By: alice})
	w.hears(8*time.Minute, secondKey, incident.PageState{})
	w.withdraws(9 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 5m0s", "ack 1 at 6m0s", "look 1 at 8m0s", "withdraw 1 2 at 9m0s"}, w.pager.log())
}

func TestWhatIsGivenBackWhileMusterAcknowledgesIsAcknowledgedToo(t *testing.T) {
	w := newWorld(t)
	w.hears(6*time.Minute, secondKey, incident.PageState{Acknowledged: true, By: alice})
	w.pager.says("ack 1", answer{err: patient(10 * time.Second)}, answer{})
	w.takes(6*time.Minute+2*time.Second, bob)
	w.hears(6*time.Minute+5*time.Second, secondKey, incident.PageState{})
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"page 1", "page 2", "ack 1", "ack 1", "ack 2", "withdraw 1 2"}, w.pager.said())
}

func TestAnAttemptOfWhichNobodyHeardIsLookedForBeforeTheNextIsWoken(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answers["not heard of"])
	w.pager.says("look 1", answer{found: incident.PageState{Found: true}})
	w.withdraws(4 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1", "look 1", "withdraw 1"}, w.pager.said())
}

func TestAnOutageOfThePagerIsTriedAtGrowingIntervals(t *testing.T) {
	w := newWorld(t)
	for _, call := range []string{"page 1", "look 1", "page 2", "look 2"} {
		w.pager.says(call, answer{err: patient(time.Hour)}) // Temporal gives up at once
	}
	tried := 0
	w.After(25*time.Minute, func() {
		require.Equal(t, incident.PageReport{
			Page: 1, Revision: 1, Status: incident.PageUnanswered, Step: "platform", Problem: "429",
		}, w.last())
		tried = len(w.pager.times("look 2"))
		w.pager.says("look 2", answer{})
	})
	w.withdraws(2 * time.Hour)
	w.run()
	require.Equal(t, []time.Duration{0}, w.pager.times("page 1"))
	var waits []time.Duration
	looks := w.pager.times("look 1")
	for k, at := range looks {
		before := time.Duration(0)
		if k > 0 {
			before = looks[k-1]
		}
		waits = append(waits, (at - before).Truncate(30*time.Second))
	}
	require.Equal(t, []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 5 * time.Minute}, waits[:5])
	require.Len(t, w.pager.times("look 2"), tried+1, "what arrived is not repeated")
	require.Greater(t, looks[len(looks)-1], 110*time.Minute, "what did not is tried on")
}

func TestWhatNeedsAPersonIsASnagAndTriedAtLongIntervals(t *testing.T) {
	for _, kind := range []string{activities.ErrPermanent, activities.ErrCredential, activities.ErrGone} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			w.pager.says("page 1", answer{err: failure(kind, "it is refused")})
			w.pager.says("page 2", answer{err: failure(kind, "it is refused")})
			w.After(time.Minute, func() {
				require.Equal(t, incident.PageUnanswered, w.last().Status)
				require.Equal(t, []incident.Snag{{
					Mirror: "paging", Step: "page platform", Reason: "it is refused", Mend: "mend it", Since: start, From: "pagerduty",
				}}, w.last().Snags)
				require.Empty(t, w.standing().Keys, "nothing is open at the pager")
			})
			w.After(60*time.Hour, func() { w.pager.says("page 1") })
			w.retries(60*time.Hour + time.Minute)
			w.withdraws(60*time.Hour + 2*time.Minute)
			w.run()
			minute, hour := time.Minute, time.Hour
			require.Equal(t, []time.Duration{0, 15 * minute, 75 * minute, 5*hour + 15*minute, 29*hour + 15*minute, 53*hour + 15*minute, 60*hour + minute}, w.pager.times("page 1"))
			require.Empty(t, w.last().Snags)
			require.Equal(t, incident.PagePaging, w.last().Status, "somebody is being reached")
			require.Equal(t, []string{"page 1", "withdraw 1"}, w.pager.said()[len(w.pager.said())-2:])
		})
	}
}

func TestAPagerThatIsOffWaitsForAPerson(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answers["the pager off"], answer{})
	w.pager.says("page 2", answers["the pager off"], answer{})
	w.After(1000*time.Hour, func() {
		require.Equal(t, []string{"page 1", "page 2"}, w.pager.said(), "no timer tries it")
		require.True(t, w.last().Snags[0].Off)
	})
	w.retries(1001 * time.Hour)
	w.withdraws(1001*time.Hour + time.Minute)
	w.run()
	require.Equal(t, []string{"page 1", "page 2", "page 1", "withdraw 1"}, w.pager.said())
	require.Empty(t, w.last().Snags)
	require.Empty(t, w.last().Problem)
}

func TestTheScaleOfTestsShortensTheWaits(t *testing.T) {
	w := newWorld(t)
	w.in.Scale = 0.1
	w.pager.says("page 1", answer{err: patient(time.Hour)})
	w.pager.says("page 2", answer{err: patient(time.Hour)})
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []time.Duration{4 * time.Second}, w.pager.times("look 1"), "half a second of doubt for each step, and 3 s")
}

func TestAWithdrawalThatFailsIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	w.pager.says("withdraw 1", answer{err: failure(activities.ErrCredential, "401")}, answer{})
	w.withdraws(time.Minute)
	w.After(2*time.Minute, func() {
		require.Equal(t, incident.PageWithdrawn, w.last().Status)
		require.Equal(t, "withdraw the page", w.last().Snags[0].Step)
		require.Equal(t, []string{firstKey}, w.standing().Keys)
	})
	w.retries(3 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1", "withdraw 1", "withdraw 1"}, w.pager.said())
	require.Empty(t, w.last().Snags, "no snag outlives its page")
}

func TestACallThatIsRefusedAfterTheWithdrawalIsNoSnag(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(10 * time.Second)})
	w.pager.says("look 1", answers["refused"])
	w.withdraws(5 * time.Second)
	w.run()
	require.Empty(t, w.reports)
}
