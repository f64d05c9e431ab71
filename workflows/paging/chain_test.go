package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
)

// A round that repeats a step opens nothing new at the pager.
func TestARoundThatRepeatsAStepSendsItAgainUnderItsKey(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Rounds = 2
	w.withdraws(22 * time.Minute)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 2 at 5m0s", "again 1 at 10m0s", "again 2 at 15m0s", "withdraw 1 2 at 22m0s",
	}, w.pager.log())
	require.Equal(t, 4, w.last().Attempts)
	for k, asked := range w.pager.asked {
		require.Equal(t, incident.PageRequest{
			Key: []string{firstKey, secondKey}[k%2], Credential: []string{"env:PD_CHECKOUT", "env:PD_PLATFORM"}[k%2],
			Incident: "INC-1", Headline: "INC-1 Checkout is down", Severity: 2, Urgent: true, Kind: incident.KindIncident, Service: "checkout",
			Links: []incident.Link{{Label: "Channel", URL: "https://chat.example.com/1"}},
		}, asked)
	}
}

func TestATargetWithoutRoundsIsGoneThroughOnce(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Rounds = 0
	w.withdraws(14 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1", "page 2", "withdraw 1 2"}, w.pager.said())
}

// The pager rings no more for what is open, so the chain is gone through under new keys.
func TestTheChainIsGoneThroughAgainAtGrowingIntervalsUntilSomebodyComes(t *testing.T) {
	w := newWorld(t)
	w.After(16*time.Minute, func() {
		require.Equal(t, incident.PagePaging, w.last().Status)
		require.Equal(t, []string{firstKey + "/again/1"}, w.standing().Keys, "what was ended is not open")
		require.Equal(t, []incident.Try{{Step: "checkout", At: start.Add(15 * time.Minute)}}, w.last().Tries)
	})
	w.hears(76*time.Minute, firstKey+"/again/3", incident.PageState{Acknowledged: true, By: alice})
	w.withdraws(10 * time.Hour)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 2 at 5m0s",
		"page 1/again/1 at 15m0s", "page 2/again/1 at 20m0s",
		"page 1/again/2 at 35m0s", "page 2/again/2 at 40m0s",
		"page 1/again/3 at 1h5m0s", "page 2/again/3 at 1h10m0s", "ack 2/again/3 at 1h16m0s",
		"withdraw 1/again/3 2/again/3 at 10h0m0s",
	}, w.pager.log())
	require.Equal(t, []string{"end 1 2 at 15m0s", "end 1/again/1 2/again/1 at 35m0s", "end 1/again/2 2/again/2 at 1h5m0s"}, w.pager.ended())
	require.Equal(t, alice, w.last().By)
	require.Equal(t, 8, w.last().Attempts)
}

func TestTheChainRestsForAnHourAtMost(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Steps = w.in.Brief.Target.Steps[:1]
	w.in.Brief.Target.AckWithin = playbook.Exactly(25 * time.Minute)
	w.withdraws(6 * time.Hour)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 1/again/1 at 50m0s", "page 1/again/2 at 2h5m0s", "page 1/again/3 at 3h30m0s", "page 1/again/4 at 4h55m0s",
		"withdraw 1/again/4 at 6h0m0s",
	}, w.pager.log(), "25 and 50 minutes, and then an hour after an attempt of 25 minutes")
}

func TestEarlierAttemptsAreEndedOnceThePagerIsBack(t *testing.T) {
	w := newWorld(t)
	w.pager.says("end 1 2", answers["its credential refused"], answer{})
	w.After(16*time.Minute, func() { require.Equal(t, "end earlier attempts", w.last().Snags[0].Step) })
	w.withdraws(34 * time.Minute)
	w.run()
	require.Equal(t, []string{"end 1 2 at 15m0s", "end 1 2 at 30m0s"}, w.pager.ended())
	require.Empty(t, w.last().Snags)
}

func TestAWithdrawalEndsEarlierAttemptsToo(t *testing.T) {
	w := newWorld(t)
	w.pager.says("end 1 2", answers["its credential refused"])
	w.withdraws(16 * time.Minute)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 2 at 5m0s", "page 1/again/1 at 15m0s", "withdraw 1/again/1 at 16m0s", "withdraw 1 2 at 30m0s",
	}, w.pager.log(), "the page does not end before they have")
}

// Somebody answers what Muster is about to end: nobody else is woken, and the echo of Muster's
// acknowledgement of the newer attempt takes nothing back.
func TestAnAnswerToAnEarlierAttemptCounts(t *testing.T) {
	w := newWorld(t)
	w.pager.says("end 1 2", answer{err: patient(2 * time.Minute)}, answer{})
	w.hears(16*time.Minute, secondKey, incident.PageState{Acknowledged: true, By: alice, URL: "https://pager.example.com/2"})
	w.hears(17*time.Minute, firstKey+"/again/1", incident.PageState{Acknowledged: true}) // our own
	w.hears(18*time.Minute, secondKey, incident.PageState{Resolved: true})               // our own
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"page 1", "page 2", "page 1/again/1", "ack 1/again/1", "withdraw 1/again/1"}, w.pager.said())
	require.Equal(t, incident.PageAcknowledged, w.last().Status)
	require.Equal(t, alice, w.last().By)
	require.Equal(t, "https://pager.example.com/2", w.last().URL)
}

func TestAnAnswerToAnEarlierAttemptRevivesNoPageThatWasWithdrawn(t *testing.T) {
	r := standings["paging once more"]()
	require.NoError(t, reports["the incident withdraws it"](r))
	require.NoError(t, reports["Alice acknowledges"](r))
	require.Equal(t, "withdrawn: withdraw the page; ends 1 2", r.story())
}

func TestAPageThatWasLeftAloneRestsAsBrieflyAsANewOne(t *testing.T) {
	r := standings["unanswered"]()
	r.s.Lulls = 3
	require.NoError(t, reports["Bob takes it in Muster"](r))
	require.NoError(t, r.told(incident.Page{Revision: 4, Status: incident.PagePaging}))
	require.Equal(t, 5*time.Minute, r.againWait())
}

func TestAPageThatWasLeftAloneGoesThroughItsChainUnderNewKeys(t *testing.T) {
	w := newWorld(t)
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.tells(2*time.Hour, incident.Page{Revision: 2, Status: incident.PagePaging})
	w.After(2*time.Hour+time.Minute, func() {
		require.Equal(t, incident.PagePaging, w.last().Status)
		require.Empty(t, w.last().By)
	})
	w.hears(2*time.Hour+2*time.Minute, firstKey+"/again/1", incident.PageState{Acknowledged: true, By: bob})
	w.hears(3*time.Hour, firstKey+"/again/1", incident.PageState{}) // given back, under the key that it has
	w.withdraws(3*time.Hour + time.Minute)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 1/again/1 at 2h0m0s", "look 1/again/1 at 3h0m0s", "withdraw 1/again/1 at 3h1m0s",
	}, w.pager.log())
	require.Equal(t, []string{"end 1 at 2h0m0s"}, w.pager.ended())
}

func TestAPageThatWasTakenInMusterAndLeftAloneIsNoOnesAnyMore(t *testing.T) {
	w := newWorld(t)
	w.takes(time.Minute, bob)
	w.tells(2*time.Hour, incident.Page{Revision: 3, Status: incident.PagePaging})
	w.hears(2*time.Hour+time.Minute, firstKey+"/again/1", incident.PageState{Acknowledged: true, By: alice})
	w.hears(3*time.Hour, firstKey+"/again/1", incident.PageState{})
	w.withdraws(3*time.Hour + time.Minute)
	w.run()
	require.Equal(t, incident.PagePaging, w.last().Status, "Alice's answer is the pager's, which can take it back")
}

// lastResort is the playbook's default target, whose first step is one of checkout's too.
func lastResort() *playbook.PageTarget {
	return &playbook.PageTarget{Name: "everybody", AckWithin: playbook.Exactly(time.Hour), Rounds: 3, Steps: []playbook.PageStep{
		{Name: "platform of all", Credential: "env:PD_PLATFORM"},
		{Name: "the head", Reach: "person:erin@example.com"},
		{Name: "the office", Credential: "env:PD_OFFICE"},
	}}
}

func TestTheLastResortIsTriedOnceAfterTheChain(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Rounds = 2
	w.in.Brief.LastResort = lastResort()
	w.withdraws(33 * time.Minute)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 2 at 5m0s", "again 1 at 10m0s", "again 2 at 15m0s", "page 3 at 20m0s", "page 4 at 25m0s",
		"withdraw 1 2 3 4 at 33m0s",
	}, w.pager.log(), "what leads to platform was tried before")
	head, office := w.pager.asked[4], w.pager.asked[5]
	require.Equal(t, "person:erin@example.com", head.Reach)
	require.Empty(t, head.Credential)
	require.Equal(t, "env:PD_OFFICE", office.Credential)
	require.Equal(t, "the office", w.last().Step)
}

func TestATargetIsNotItsOwnLastResort(t *testing.T) {
	r := fresh()
	r.s.Brief.LastResort = lastResort()
	require.Len(t, r.steps(), 4)
	r.s.Brief.LastResort.Name = r.s.Brief.Target.Name
	require.Len(t, r.steps(), 2)
}

func TestALastResortThatReachesSomebodyElseByNameLeadsElsewhere(t *testing.T) {
	r := fresh()
	r.s.Brief.Target.Steps = []playbook.PageStep{{Name: "Alice", Reach: "person:alice@example.com"}}
	r.s.Brief.LastResort = lastResort()
	r.s.Brief.LastResort.Steps = append(r.s.Brief.LastResort.Steps[1:2], r.s.Brief.Target.Steps...)
	require.Len(t, r.steps(), 2, "Erin, and not Alice once more")
}

func TestAChainThatBecameShorterIsGoneThroughAsItIs(t *testing.T) {
	r := throughTheChain()
	r.s.Brief.Target.Steps = r.s.Brief.Target.Steps[:1]
	r.passes(now, "page checkout,").deliver(now, 0)
	require.Equal(t, "paging: acknowledgement by checkout on-call, until 10:10:00; ends 1 2", r.story())
	r.passes(now, "give up").pass(now)
	require.Equal(t, "unanswered: page checkout on-call again, until 10:15:00; ends 1 2", r.story(), "nothing is left to mend")
}

func TestARetryFindsNoWayWhereThereIsNone(t *testing.T) {
	r := standings["without a way"]()
	before := r.story()
	require.Equal(t, before, r.pass(now).pass(now).story(), "and can be asked for again")
}

// Whoever took the page has left it alone: nothing that was due before is due any more.
func TestAPageThatStartsAnewForgetsWhatWasDue(t *testing.T) {
	for name, before := range map[string]*pageRun{
		"in doubt":            standings["in doubt once more"](),
		"mending":             standings["undelivered"]().pass(now),
		"resting":             standings["unanswered"](),
		"resting and mending": fresh().fail(start, 0, answers["refused"].err).deliver(start, 1).passes(start, "give up").pass(now),
	} {
		require.NoError(t, reports["Bob takes it in Muster"](before), name)
		require.NoError(t, before.told(incident.Page{Revision: 4, Status: incident.PagePaging}), name)
		require.Equal(t, "page checkout, attempt 1", does(before.next()), name)
		require.Equal(t, look{}, before.s.Look, name)
		require.False(t, before.s.Mending || before.s.Resting || before.s.Again, name)
		require.True(t, before.s.MendAt.IsZero() && before.s.AgainAt.IsZero(), name)
	}
}

// A time through the chain was due when somebody answered, and is not when that is taken back.
func TestAPageThatIsGivenBackForgetsThatItsChainWasDue(t *testing.T) {
	r := standings["unanswered"]()
	r.s.Again = true
	require.NoError(t, reports["Alice acknowledges"](r))
	require.NoError(t, r.changedAtPager(heard(firstKey, now.Add(time.Minute), incident.PageState{})))
	require.Equal(t, "page checkout, attempt 1", does(r.next()))
	require.Empty(t, r.s.Stale, "it goes on under its keys")

	for _, standing := range []string{"in doubt", "undelivered"} {
		r = standings[standing]()
		if standing == "undelivered" {
			r.pass(now) // it mends
		}
		require.NoError(t, reports["Alice acknowledges"](r))
		require.NoError(t, r.changedAtPager(heard(firstKey, now.Add(time.Minute), incident.PageState{})))
		require.Equal(t, "paging: page checkout, attempt 1", r.story(), standing)
		require.False(t, r.s.Mending || r.s.Resting, standing)
	}
}

func TestAnAttemptInDoubtThatWasAnsweredGetsANewKeyToo(t *testing.T) {
	r := standings["in doubt"]()
	require.NoError(t, reports["Alice acknowledges"](r))
	require.NoError(t, reports["the incident wakes it"](r))
	require.Equal(t, "paging: page checkout, attempt 1; ends 1", r.story())
}

func TestALastResortThatLeadsNowhereElseIsTheChainOnly(t *testing.T) {
	r := fresh()
	r.s.Brief.LastResort = lastResort()
	r.s.Brief.LastResort.Steps = r.s.Brief.LastResort.Steps[:1]
	require.Equal(t, 2, r.chain())
}

func TestATargetWithoutStepsHasItsLastResort(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Steps, w.in.Brief.LastResort = nil, lastResort()
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []string{"page 1", "withdraw 1"}, w.pager.said())
	require.Empty(t, w.last().Problem)
}

func TestTheLastResortGoesThroughTheChainAgainToo(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Steps = w.in.Brief.Target.Steps[:1]
	w.in.Brief.LastResort = lastResort()
	w.in.Brief.LastResort.Steps = w.in.Brief.LastResort.Steps[2:]
	w.withdraws(22 * time.Minute)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 2 at 5m0s", "page 1/again/1 at 15m0s", "page 2/again/1 at 20m0s", "withdraw 1/again/1 2/again/1 at 22m0s",
	}, w.pager.log())
}

// What is off for one step is none of the others' business, and what was delivered rests.
func TestWhatWasNotDeliveredIsTriedAgainBetweenTwoTimesThroughTheChain(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Rounds = 2
	w.in.Brief.Target.AckWithin = playbook.Exactly(30 * time.Minute)
	w.pager.says("page 1", answers["refused"], answers["refused"], answer{})
	w.withdraws(4 * time.Hour)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 2 at 0s", "again 2 at 30m0s", // the first is not repeated, since it did not arrive
		"page 1 at 1h0m30s",                             // soon, since the pager has taken the second
		"page 1 at 1h30m0s", "page 2/again/1 at 2h0m0s", // with the whole chain
		"again 1 at 2h30m0s", "again 2/again/1 at 3h0m0s", // which it is part of now
		"withdraw 1 2/again/1 at 4h0m0s",
	}, w.pager.log())
}

// Whoever answers on the phone does so a moment before Muster ends what rang, and is heard after.
func TestAnAnswerToWhatHasJustBeenEndedIsHeard(t *testing.T) {
	t.Parallel()
	r := standings["unanswered"]()
	r.goAgain()
	r.ended(r.s.Stale)
	require.Empty(t, r.s.Stale)
	r.says(t, firstKey, 20*time.Minute, byAlice)
	require.Equal(t, incident.PageAcknowledged, r.s.Status)
	require.Equal(t, alice, r.s.By)
}
