package paging

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"muster/activities"
	"muster/incident"
	"muster/workflows/mirror"
)

// notifies makes the pager's log say from a moment on that somebody was notified at another one.
func (w *world) notifies(seen time.Duration, key, id, person string, at time.Duration) {
	w.After(seen, func() {
		w.pager.mu.Lock()
		defer w.pager.mu.Unlock()
		w.pager.woken[key] = append(w.pager.woken[key], incident.Woken{ID: id, Person: person, At: start.Add(at), Means: incident.MeansPhone})
	})
}

// woken is what the incident knows in the end of whom the pager notified: who, and how long after the start.
func (w *world) woken() (people []string, unknown string) {
	w.T.Helper()
	require.NotEmpty(w.T, w.learnt, "the incident was told nothing of it")
	last := w.learnt[len(w.learnt)-1]
	for _, n := range last.Woken {
		people = append(people, fmt.Sprint(n.Person, " ", n.Means, " ", n.At.Sub(start)))
	}
	return people, last.Unknown
}

func TestWhoWasReallyWokenIsToldAfterTheAnswerAndInTheEnd(t *testing.T) {
	w := newWorld(t)
	w.notifies(10*time.Second, firstKey, "R1", alice, time.Second)
	w.notifies(5*time.Minute+10*time.Second, secondKey, "R2", bob, 5*time.Minute+time.Second)
	w.hears(6*time.Minute, secondKey, incident.PageState{Acknowledged: true, By: bob})
	w.After(9*time.Minute, func() {
		people, unknown := w.woken()
		require.Equal(t, []string{alice + " phone 1s", bob + " phone 5m1s"}, people)
		require.Empty(t, unknown)
	})
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"log 1 2 at 8m0s", "log 1 2 at 1h2m0s"}, w.pager.logged(), "two questions for the whole page")
	require.Len(t, w.learnt, 2, "the second answer says until when that is known")
	require.Equal(t, start.Add(62*time.Minute), w.learnt[1].AsOf.UTC())
	people, _ := w.woken()
	require.Len(t, people, 2, "an entry counts once, however often it is read")
}

func TestAPageThatEndsSoonAsksOnce(t *testing.T) {
	w := newWorld(t)
	w.notifies(time.Second, firstKey, "R1", alice, time.Second)
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.withdraws(2 * time.Minute)
	w.run()
	require.Equal(t, []string{"log 1 at 4m0s"}, w.pager.logged())
	people, _ := w.woken()
	require.Equal(t, []string{alice + " phone 1s"}, people)
}

func TestAPageThatNeverWentOutAsksNothing(t *testing.T) {
	for name, prepare := range map[string]func(w *world){
		"taken before it went out": func(w *world) { w.in.Brief.Page.NotBefore = start.Add(23 * time.Hour) },
		"refused for good":         func(w *world) { w.pager.says("page 1", answers["refused"]); w.pager.says("page 2", answers["refused"]) },
		"off": func(w *world) {
			w.pager.says("page 1", answers["the pager off"])
			w.pager.says("page 2", answers["the pager off"])
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			prepare(w)
			w.withdraws(time.Minute)
			w.run()
			require.Empty(t, w.pager.logged())
			require.Empty(t, w.learnt)
		})
	}
}

func TestEntriesThatAppearLateAreReadInTheEnd(t *testing.T) {
	w := newWorld(t)
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.notifies(30*time.Minute, firstKey, "R1", alice, time.Second)
	w.After(20*time.Minute, func() {
		people, unknown := w.woken()
		require.Empty(t, people)
		require.Empty(t, unknown)
	})
	w.withdraws(time.Hour)
	w.run()
	people, _ := w.woken()
	require.Equal(t, []string{alice + " phone 1s"}, people)
}

func TestAPagerThatIsAwayHoldsNoPageForLong(t *testing.T) {
	w := newWorld(t)
	w.pager.says("log", answer{err: outage()})
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.withdraws(time.Hour)
	w.run()
	_, unknown := w.woken()
	require.Equal(t, "503", unknown)
	logged := w.pager.logged()
	require.Len(t, logged, 9, "three attempts each, after the answer and twice in the end")
	require.Contains(t, logged[2], " at 4m0s")
	require.Contains(t, logged[3], " at 1h2m0s")
	require.Contains(t, logged[6], " at 1h8m0s")
	require.Less(t, w.Env.Now().Sub(start), 75*time.Minute)
	require.Equal(t, []string{"page 1", "withdraw 1"}, w.pager.said())
}

func TestAPagerThatComesBackInTheEndIsHeard(t *testing.T) {
	w := newWorld(t)
	w.pager.says("log", answer{err: outage()}, answer{err: outage()}, answer{err: outage()}, answer{err: outage()}, answer{err: outage()}, answer{err: outage()}, answer{})
	w.notifies(time.Second, firstKey, "R1", alice, time.Second)
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.withdraws(time.Hour)
	w.run()
	people, unknown := w.woken()
	require.Equal(t, []string{alice + " phone 1s"}, people)
	require.Empty(t, unknown, "what was not known is")
}

func TestWithoutAWayToAskItIsSaidThatNobodyKnows(t *testing.T) {
	w := newWorld(t)
	w.pager.says("log", answer{err: failure(activities.ErrOff, "no REST API token is set")})
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.withdraws(time.Hour)
	w.run()
	_, unknown := w.woken()
	require.Equal(t, "no REST API token is set", unknown)
	require.Len(t, w.pager.logged(), 2, "somebody may have set one until the end")
	require.Empty(t, w.last().Snags, "it is nothing that anybody must mend for the incident")
}

func TestALogThatHangsHoldsUpNothing(t *testing.T) {
	w := newWorld(t)
	w.pager.says("log", answer{err: patient(time.Minute)})
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.hears(3*time.Minute+30*time.Second, firstKey, incident.PageState{}) // given back while the log is asked
	w.withdraws(20 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "look 1 at 3m30s", "page 2 at 8m30s"}, w.pager.log()[:3])
}

func TestAPageThatRingsForHoursAsksHourlyAndForgetsNoAttempt(t *testing.T) {
	w := newWorld(t)
	w.notifies(0, firstKey, "R1", alice, time.Second)
	w.notifies(6*time.Minute, secondKey, "R2", bob, 5*time.Minute)
	w.withdraws(8 * time.Hour)
	w.run()
	logged := w.pager.logged()
	require.Equal(t, "log 1 2 at 10m0s", logged[0], "after nobody has come the first time")
	require.Less(t, len(logged), 10)
	require.Contains(t, logged[len(logged)-1], "at 8h2m0s")
	require.NotContains(t, logged[len(logged)-1], "log 1 2 ", "attempts of which all is known are asked for no more")
	people, _ := w.woken()
	require.Equal(t, []string{alice + " phone 1s", bob + " phone 5m0s"}, people)
}

func TestAPagerThatIsAwayIsAskedSeldomWhileAPageRings(t *testing.T) {
	w := newWorld(t)
	w.pager.says("log", answer{err: outage()})
	w.withdraws(5 * time.Hour)
	w.run()
	require.Less(t, len(w.pager.logged()), 3*7, "hourly, with three attempts each time")
}

func TestThePagersOwnIDOfAPageIsKept(t *testing.T) {
	w := newWorld(t)
	w.hears(10*time.Second, secondKey, incident.PageState{ID: "Q9"}) // of which nothing is known yet
	w.hears(30*time.Second, firstKey, incident.PageState{ID: "Q1"})
	w.hears(time.Minute, firstKey, incident.PageState{ID: "Q2", Acknowledged: true, By: alice}) // merged meanwhile
	w.withdraws(2 * time.Minute)
	w.run()
	require.Equal(t, []string{"log 1=Q1 at 4m0s"}, w.pager.logged(), "the first one: the key leads to the other")
}

func TestTheLogIsAskedAfterThePageHasEndedAtThePager(t *testing.T) {
	w := newWorld(t)
	w.pager.says("withdraw 1", answer{err: failure(activities.ErrPermanent, "400")}, answer{err: failure(activities.ErrPermanent, "400")}, answer{})
	w.withdraws(time.Minute)
	w.run()
	calls, logged := w.pager.log(), w.pager.logged()
	require.Equal(t, "withdraw 1 at 1h16m0s", calls[len(calls)-1], "until then it may ring")
	require.Equal(t, []string{"log 1 at 1h18m0s"}, logged)
}

func TestEveryAnswerIsFollowedByAQuestionForTheSameAttempts(t *testing.T) {
	w := newWorld(t)
	for at, s := range map[time.Duration]incident.PageState{
		time.Minute: {Acknowledged: true, By: alice}, 10 * time.Minute: {}, 11 * time.Minute: {Acknowledged: true, By: bob},
	} {
		w.hears(at, firstKey, s)
	}
	w.withdraws(time.Hour)
	w.run()
	require.Equal(t, []string{"log 1 at 3m0s", "log 1 at 13m0s", "log 1 at 1h2m0s"}, w.pager.logged())
}

func TestAnAttemptThatMayHaveGoneOutIsAskedForThoughItWasRefused(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answers["not heard of"])
	w.pager.says("look 1", answers["refused"])
	w.takes(2*time.Minute, bob)
	w.withdraws(3 * time.Minute)
	w.run()
	require.Equal(t, []string{"log 1 2 at 5m0s"}, w.pager.logged())
}

func TestThatThereWasMoreIsSaid(t *testing.T) {
	w := newWorld(t)
	w.pager.more = true
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.After(30*time.Minute, func() {
		w.pager.mu.Lock()
		w.pager.more = false
		w.pager.mu.Unlock()
	})
	w.withdraws(time.Hour)
	w.run()
	require.True(t, w.learnt[0].More)
	require.True(t, w.learnt[len(w.learnt)-1].More, "and stays so")
}

func TestOfVeryManyAttemptsTheNewestAreAskedFor(t *testing.T) {
	r := fresh()
	for k := range maxRung {
		r.rang(attempt{PageHandle: activities.PageHandle{Key: fmt.Sprint(k)}})
	}
	require.False(t, r.s.Woken.More)
	require.Equal(t, "0", r.s.Log.Rung[0].Key)
	r.rang(attempt{PageHandle: activities.PageHandle{Key: "0"}})
	require.Len(t, r.s.Log.Rung, maxRung, "one that is known already")
	r.rang(attempt{PageHandle: activities.PageHandle{Key: "one more"}})
	require.Len(t, r.s.Log.Rung, maxRung)
	require.Equal(t, "1", r.s.Log.Rung[0].Key)
	require.True(t, r.s.Woken.More)
}

func TestWhatIsKnownOfWhoWasWokenOutlivesARun(t *testing.T) {
	for name, full := range map[string]time.Duration{
		"before it is asked": 2 * time.Minute, "between the two questions": 10 * time.Minute, "before the end is known": time.Hour + time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.notifies(time.Second, firstKey, "R1", alice, time.Second)
			w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
			ends := full > time.Hour
			if ends {
				w.withdraws(time.Hour)
			}
			asked := 0
			w.runUntil(full).then(t, w, func(next *world) {
				asked = len(w.pager.logged())
				next.pager.woken = w.pager.woken
				next.notifies(0, firstKey, "R2", bob, 2*time.Second)
				if !ends {
					next.withdraws(time.Hour)
				}
				next.run()
				people, _ := next.woken()
				require.Equal(t, []string{alice + " phone 1s", bob + " phone 2s"}, people)
				require.Equal(t, 2, asked+len(next.pager.logged()), "two questions in all")
			})
		})
	}
}

// Visibility counts the pages that ring, and one that only waits for a log does not.
func TestAPageThatWaitsForTheLogIsNotCountedAsRinging(t *testing.T) {
	for name, c := range map[string]struct {
		before func(w *world)
		want   []string
	}{
		"unanswered":   {func(*world) {}, []string{"unanswered", "paging", "withdrawn"}},
		"acknowledged": {func(w *world) { w.takes(time.Minute, bob) }, []string{"acknowledged"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var shown []string
			w.Env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(a temporal.SearchAttributes) bool {
				if status, _ := a.GetKeyword(mirror.AttrStatus); len(shown) == 0 || shown[len(shown)-1] != status {
					shown = append(shown, status)
				}
				return true
			})).Return(nil)
			c.before(w)
			w.withdraws(20 * time.Minute)
			w.run()
			require.Equal(t, c.want, shown)
		})
	}
}

func TestACallThatARunCutsOffIsMadeByTheNext(t *testing.T) {
	w := newWorld(t)
	w.pager.says("log", answer{err: patient(50 * time.Second)})
	w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
	w.runUntil(3*time.Minute+10*time.Second).then(t, w, func(next *world) {
		next.notifies(0, firstKey, "R1", alice, time.Second)
		next.withdraws(time.Hour)
		next.run()
		people, unknown := next.woken()
		require.Equal(t, []string{alice + " phone 1s"}, people)
		require.Empty(t, unknown)
		require.Len(t, next.pager.logged(), 2)
	})
}
