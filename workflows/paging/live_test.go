package paging

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
	"muster/workflows/worldtest"
)

func TestTheNextAttemptShowsTheFactsAsTheyAreWhenItGoesOut(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Rounds = 2
	w.learns(time.Minute, func(b *api.PageBrief) { b.Title, b.Severity = "Checkout and payments are down", 3 })
	w.learns(6*time.Minute, func(b *api.PageBrief) {
		b.Links = append(b.Links, incident.Link{Label: "Board", URL: "https://board.example.com/1"})
		b.Kind, b.Service = incident.KindDrill, "payments"
	})
	w.withdraws(12 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 5m0s", "again 1 at 10m0s", "withdraw 1 2 at 12m0s"}, w.pager.log(), "what is no worse is not sent again")
	var said []string
	for _, a := range w.pager.asked {
		said = append(said, fmt.Sprint(a.Headline, " ", a.Severity, " ", a.Kind, " ", a.Service, " ", len(a.Links)))
	}
	require.Equal(t, []string{
		"INC-1 Checkout is down 2 incident checkout 1",
		"INC-1 Checkout and payments are down 3 incident checkout 1",
		"INC-1 Checkout and payments are down 3 drill payments 2",
	}, said)
}

func TestATargetThatChangesIsReachedAsItIsNow(t *testing.T) {
	w := newWorld(t)
	w.learns(time.Minute, func(b *api.PageBrief) {
		b.Target.Steps = append(b.Target.Steps[:1:1], playbook.PageStep{Name: "payments", Credential: "env:PD_PAYMENTS"})
	})
	w.withdraws(6 * time.Minute)
	w.run()
	require.Equal(t, "env:PD_PAYMENTS", w.pager.asked[1].Credential)
	require.Equal(t, "payments", w.last().Step)
}

// A playbook that has lost the target keeps nobody from being reached.
func TestATargetThatIsGoneFromThePlaybookIsPagedAsItWas(t *testing.T) {
	w := newWorld(t)
	w.learns(time.Minute, func(b *api.PageBrief) { b.Target.Steps, b.Service = nil, "" })
	w.withdraws(6 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1", "page 2", "withdraw 1 2"}, w.pager.said())
	require.Equal(t, "checkout", w.pager.asked[1].Service)
}

func TestALastResortThatIsNamedLaterIsTriedAtOnceAndThenTheChainRests(t *testing.T) {
	w := newWorld(t)
	w.learns(12*time.Minute, func(b *api.PageBrief) { b.LastResort = lastResort() })
	w.After(23*time.Minute, func() { require.Equal(t, incident.PageUnanswered, w.last().Status) })
	w.withdraws(28 * time.Minute)
	w.run()
	require.Equal(t, []string{
		"page 1 at 0s", "page 2 at 5m0s", "page 3 at 12m0s", "page 4 at 17m0s", "page 1/again/1 at 27m0s", "withdraw 1/again/1 at 28m0s",
	}, w.pager.log())
}

func TestARiseInSeveritySendsThePresentAttemptAgainAtOnce(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Target.Rounds = 2
	w.learns(6*time.Minute, func(b *api.PageBrief) { b.Severity = 1 })
	w.learns(7*time.Minute, func(b *api.PageBrief) { b.Severity = 1 })
	w.withdraws(12 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 5m0s", "again 2 at 6m0s", "again 1 at 11m0s", "withdraw 1 2 at 12m0s"}, w.pager.log(), "and whom it wakes has the full time")
	require.Equal(t, incident.Severity(1), w.pager.asked[2].Severity)
	require.Equal(t, 4, w.last().Attempts)
}

func TestARiseInSeverityThatCannotBeToldIsNotToldForEver(t *testing.T) {
	w := newWorld(t)
	w.pager.says("again 1", answer{err: patient(time.Hour)})
	w.learns(time.Minute, func(b *api.PageBrief) { b.Severity = 1 })
	w.withdraws(6 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "again 1 at 1m0s", "page 2 at 5m0s", "withdraw 1 2 at 6m0s"}, w.pager.log(), "it is out already, and rings on as it was")
	require.Empty(t, w.last().Problem)
}

func TestARiseInSeverityDuringACallIsToldAfterIt(t *testing.T) {
	w := newWorld(t)
	w.pager.says("page 1", answer{err: patient(10 * time.Second)})
	w.learns(5*time.Second, func(b *api.PageBrief) { b.Severity = 1 })
	w.withdraws(time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "look 1 at 10s", "again 1 at 10s", "withdraw 1 at 1m0s", "withdraw 1 at 2m10s"}, w.pager.log())
}

func TestARiseInSeverityEndsTheRestOfTheChain(t *testing.T) {
	w := newWorld(t)
	w.learns(12*time.Minute, func(b *api.PageBrief) { b.Severity = 1 })
	w.withdraws(14 * time.Minute)
	w.run()
	require.Equal(t, []string{"page 1 at 0s", "page 2 at 5m0s", "page 1/again/1 at 12m0s", "withdraw 1/again/1 at 14m0s"}, w.pager.log())
}

func TestARiseInSeverityWakesNobodyWhoHasAnsweredOrIsNotWantedYet(t *testing.T) {
	for name, before := range map[string]func(w *world){
		"answered": func(w *world) {
			w.hears(time.Minute, firstKey, incident.PageState{Acknowledged: true, By: alice})
		},
		"taken in Muster": func(w *world) { w.takes(time.Minute, bob) },
		"held":            func(w *world) { w.in.Brief.Page.NotBefore = start.Add(23 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before(w)
			said := 0
			w.After(119*time.Minute, func() { said = len(w.pager.said()) })
			w.learns(2*time.Hour, func(b *api.PageBrief) { b.Severity = 1 })
			w.After(3*time.Hour, func() { require.Len(t, w.pager.said(), said) })
			w.withdraws(4 * time.Hour)
			w.run()
		})
	}
}

// Whatever was true when the page was raised, it goes out when people work: Muster may have been
// away when the moment came.
func TestAPageWhoseMorningPassedWhileMusterWasAwayGoesOutInWorkingHours(t *testing.T) {
	morning := time.Date(2026, 11, 19, 9, 0, 0, 0, time.UTC) // a Thursday
	for name, c := range map[string]struct{ back, out time.Time }{
		"back the night after":        {morning.Add(14 * time.Hour), morning.AddDate(0, 0, 1)},
		"back early the next morning": {morning.Add(24*time.Hour - time.Minute), morning.AddDate(0, 0, 1)},
		"back at the end of work":     {morning.Add(8 * time.Hour), morning.AddDate(0, 0, 1)},
		"back on Saturday night":      {morning.Add(66 * time.Hour), morning.AddDate(0, 0, 4)},
		"back during work":            {morning.Add(5 * time.Hour), morning.Add(5 * time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.in.Brief.Page.NotBefore = morning
			w.begun = c.back
			w.Env.SetStartTime(c.back)
			wait := c.out.Sub(c.back)
			if wait > 0 {
				w.After(min(wait/2, time.Hour), func() {
					require.Equal(t, incident.PageWaiting, w.last().Status)
					require.True(t, w.last().NotBefore.Equal(c.out), "people see when: %v", w.last().NotBefore)
				})
			}
			w.withdraws(wait + time.Minute)
			w.run()
			require.Equal(t, []time.Duration{c.out.Sub(start)}, w.pager.times("page 1"))
			if wait == 0 {
				require.True(t, w.last().NotBefore.Equal(morning), "nobody has put it off")
			}
			require.False(t, w.pager.asked[0].Urgent, "it was held, so it has the urgency that the playbook gives")
		})
	}
}

func TestAPageThatIsWokenBeforeItsMorningIsUrgent(t *testing.T) {
	w := newWorld(t)
	w.in.Brief.Page.NotBefore = start.Add(23 * time.Hour)
	w.tells(time.Hour, incident.Page{Revision: 2, Status: incident.PagePaging})
	w.withdraws(time.Hour + time.Minute)
	w.run()
	require.Equal(t, []time.Duration{time.Hour}, w.pager.times("page 1"))
	require.True(t, w.pager.asked[0].Urgent)
	require.True(t, w.last().NotBefore.IsZero())
}

// What is next is asked in predicates, as often as the SDK likes.
func TestAskingAPageWhatIsNextChangesNothing(t *testing.T) {
	asked, changed := 0, []string(nil)
	w := newWorld(t, func(r worker.WorkflowRegistry) {
		r.RegisterWorkflowWithOptions(func(ctx workflow.Context, in PageInput) error {
			r := newPageRun(ctx, in)
			r.run.Start(worldtest.Watched(r.mirrors(), r.s, &asked, &changed)...)
			_, err := r.run.Until(ctx, mirror.Moment{}, r.over)
			return err
		}, workflow.RegisterOptions{Name: "Watched"})
	})
	w.in.Brief.LastResort = lastResort()
	w.pager.says("page 1", answer{err: patient(time.Hour), applied: true})
	w.pager.says("page 3", answers["refused"], answer{})
	w.pager.says("end 1 2 4", answers["its credential refused"], answer{})
	w.happens(6*time.Minute, secondKey, incident.PageState{Silent: "nobody is on call"})
	w.learns(12*time.Minute, func(b *api.PageBrief) { b.Severity = 1 })
	w.hears(50*time.Minute, firstKey+"/again/1", incident.PageState{Acknowledged: true, By: alice})
	w.hears(60*time.Minute, firstKey+"/again/1", incident.PageState{})
	w.takes(70*time.Minute, bob)
	w.tells(80*time.Minute, incident.Page{Revision: 3, Status: incident.PagePaging})
	w.withdraws(100 * time.Minute)
	w.Env.ExecuteWorkflow("Watched", w.in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Empty(t, changed)
	require.Greater(t, asked, 200)
	require.NotEmpty(t, w.pager.ended())
}

// Nobody is on call by a schedule: the last resort is reached, and people still see what is wrong.
func TestWhatIsWrongIsShownThoughTheLastResortIsReached(t *testing.T) {
	t.Parallel()
	r := fresh()
	r.s.Brief.Target.Steps = r.s.Brief.Target.Steps[:1]
	r.s.Brief.LastResort = &playbook.PageTarget{Name: "platform", Steps: []playbook.PageStep{{Name: "platform", Credential: "env:PD_LAST"}}}
	r.begin(0).attempted(start, 0, 1, false, incident.PageState{}, answers["refused"].err)
	r.begin(1).attempted(start, 1, 2, false, incident.PageState{}, nil)
	require.Equal(t, incident.PagePaging, r.s.Status)
	require.Len(t, r.s.Snags, 1)
	require.Equal(t, "page checkout", r.s.Snags[0].Step)
	require.False(t, r.reported(), "the incident hears of it")
}
