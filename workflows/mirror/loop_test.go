package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
)

func TestTenChangesDuringAnOutageBecomeOneCall(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{away(), nil}
	for n := range 10 {
		p.wants(time.Duration(n)*time.Second, n+1)
	}
	p.full(time.Hour)
	p.executeAndContinue()
	require.Equal(t, 10, p.known)
	require.Equal(t, []bool{false, true}, p.tries, "the second call knows that the first may have been applied")
	require.Equal(t, []string{"waiting", "recovered"}, p.notes)
}

func TestARefusalIsASnagThatIsTriedAgainAtGrowingIntervals(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused}
	p.wants(0, 1)
	p.at(8*time.Hour, func() {
		require.Len(t, p.snags, 1)
		require.Equal(t, "not in this room", p.snags[0].Reason)
		require.Equal(t, start, p.snags[0].Since.Round(time.Minute), "it has stood since the first refusal")
	})
	p.full(80 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour, 24 * time.Hour}, p.waits()[:5])
	require.NotContains(t, p.tries, true, "what was refused was not applied")
	require.Equal(t, []string{"snag"}, p.notes, "it is said once")
}

func TestAnOutageBetweenRefusalsStartsTheirIntervalsAnew(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused, errRefused, away(), errRefused, errRefused, nil}
	p.wants(0, 1)
	p.full(80 * time.Hour)
	p.executeAndContinue()
	w := p.waits()
	require.Equal(t, 15*time.Minute, w[0])
	require.Equal(t, time.Hour, w[1])
	require.Equal(t, 15*time.Minute, w[3], "the first refusal after the outage is a first one")
	require.Equal(t, time.Hour, w[4])
	require.Empty(t, p.snags)
}

func TestASnagOfTheWholeVendorEndsWhenTheVendorRefusesSomethingElse(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errCredential, errRefused, nil}
	p.wants(0, 1)
	p.full(80 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, []string{"set slack", "cleared slack", "set ", "cleared "}, p.changes)
}

func TestAVendorThatIsOffWaitsForAPerson(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errOff, nil}
	p.wants(0, 1)
	p.at(1000*time.Hour, func() {
		require.Len(t, p.made, 1)
		require.True(t, p.snags[0].Off)
		p.env.SignalWorkflow("Retry", nil)
	})
	p.full(1001 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, 1, p.known)
	require.Empty(t, p.snags)
}

func TestWhatIsNotWantedAnyMoreIsNoSnag(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused}
	p.wants(0, 1)
	p.wants(time.Minute, 0)
	p.at(2*time.Minute, func() { require.Empty(t, p.snags) })
	p.full(time.Hour)
	p.executeAndContinue()
	require.Len(t, p.made, 1)
}

func TestAnErrorWithoutAMeaningIsAnOutage(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errBroken}
	p.wants(0, 1)
	p.full(3 * time.Hour)
	p.executeAndContinue()
	require.Empty(t, p.snags)
	require.NotEmpty(t, p.state.Waiting("vendor"))
}

func TestAnObjectThatIsGoneLeadsElsewhere(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errGone}
	p.next = func() Action {
		c, ok := p.call().(*Call)
		if !ok {
			return nil
		}
		c.Gone = func(f activities.Failure) bool {
			require.Equal(t, "it is not there", f.Reason)
			p.known = p.wanted
			return true
		}
		return c
	}
	p.wants(0, 1)
	p.full(time.Hour)
	p.executeAndContinue()
	require.Empty(t, p.snags)
	require.Empty(t, p.state.Mirrors["vendor"].Tried)
}

// Most of a cold replay would go into comparing what has not changed.
func TestWhatIsNextIsAskedOnceARevision(t *testing.T) {
	p := newProbe(t)
	p.at(time.Minute, func() {
		before := p.asked
		for range 100 {
			p.run.next(p.run.places[0])
		}
		require.LessOrEqual(t, p.asked-before, 1)
		p.run.Changed()
		p.run.next(p.run.places[0])
		require.LessOrEqual(t, p.asked-before, 2)
		require.Greater(t, p.asked, before)
	})
	p.full(2 * time.Minute)
	p.executeAndContinue()
}

func TestAWaitEndsAtItsMomentWhateverElseIsAsked(t *testing.T) {
	p := newProbe(t)
	var came time.Time
	p.next = func() Action {
		if !came.IsZero() {
			return nil
		}
		return &Wait{Until: start.Add(time.Hour), Summary: "an answer", Done: func(now time.Time) { came = now }}
	}
	p.at(10*time.Minute, func() { p.env.SignalWorkflow("Retry", nil) })
	p.wants(20*time.Minute, 7)
	p.full(2 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, start.Add(time.Hour), came)
}

func TestAWaitThatAPersonMayEndIsEndedByARetry(t *testing.T) {
	p := newProbe(t)
	var came time.Time
	p.next = func() Action {
		if !came.IsZero() {
			return nil
		}
		return &Wait{Until: Never, OnRetry: true, Done: func(now time.Time) { came = now }}
	}
	p.at(10*time.Minute, func() { p.env.SignalWorkflow("Retry", nil) })
	p.full(2 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, start.Add(10*time.Minute), came)
}

func TestAWaitIsLeftWhenTheFactsLeadElsewhere(t *testing.T) {
	p := newProbe(t)
	p.next = func() Action {
		if p.wanted == 0 {
			return &Wait{Until: start.Add(time.Hour), Done: func(time.Time) { t.Error("its moment came all the same") }}
		}
		return p.call()
	}
	p.wants(10*time.Minute, 1)
	p.full(2 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, 1, p.known)
	require.Equal(t, start.Add(10*time.Minute), p.made[0])
}

func TestADecisionIsMadeAtOnceAndOnce(t *testing.T) {
	p := newProbe(t)
	decided := 0
	p.next = func() Action {
		if decided > 0 {
			return nil
		}
		return &Decision{Name: "give up", Decide: func(time.Time) { decided++ }}
	}
	p.full(time.Minute)
	p.executeAndContinue()
	require.Equal(t, 1, decided)
}

func TestACallWithoutAQueueIsNoActivity(t *testing.T) {
	p := newProbe(t)
	said := false
	p.next = func() Action {
		if said {
			return nil
		}
		return &Call{Name: "report", Run: func(ctx workflow.Context, _ bool) error {
			said = true
			require.Zero(t, workflow.GetActivityOptions(ctx).StartToCloseTimeout)
			return nil
		}}
	}
	p.full(time.Minute)
	p.executeAndContinue()
	require.True(t, said)
}

func TestAnUrgentCallWaitsForNoOtherCallsRetry(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused, nil}
	p.next = func() Action {
		c, ok := p.call().(*Call)
		if ok && p.wanted == 2 {
			c.Name, c.Urgent = "call somebody else", true
			return c
		}
		return p.call()
	}
	p.wants(0, 1)
	p.wants(time.Minute, 2)
	p.full(2 * time.Minute)
	p.executeAndContinue()
	require.Equal(t, 2, p.known)
	require.Equal(t, start.Add(time.Minute), p.made[1])
}

// A mirror of the snags (as the board is) that comes before the one that was stuck.
func TestASnagThatGoesIsHeardOfByTheMirrorsBeforeIt(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused}
	shown := 0
	var at []time.Duration
	wf := func(ctx workflow.Context) error {
		p.ctx = ctx
		p.run = NewRun(ctx, Options{State: &p.state, Snags: &p.snags}, nil)
		p.run.Receive("Want", On(func(n int) error { p.wanted = n; return nil }))
		p.run.Start(
			Mirror{Name: "board", Next: func() Action {
				if shown == len(p.snags) {
					return nil
				}
				return &Decision{Name: "show", Decide: func(now time.Time) { shown = len(p.snags); at = append(at, now.Sub(start)) }}
			}},
			Mirror{Name: "vendor", Next: p.ask})
		_, _ = p.run.Until(ctx, Moment{}, func() bool { return false })
		return p.run.Leave(ctx, p.over, func() error { return workflow.NewContinueAsNewError(ctx, "Two") })
	}
	p.env.RegisterWorkflowWithOptions(wf, workflow.RegisterOptions{Name: "Two"})
	p.wants(time.Minute, 1)
	p.wants(2*time.Minute, 0) // no longer wanted: the snag goes
	p.at(10*time.Minute, func() { require.Empty(t, p.snags); require.Zero(t, shown, "%v", at) })
	p.full(11 * time.Minute)
	p.env.ExecuteWorkflow("Two")
	t.Log(at)
}

func TestAnUrgentCallThatWasRefusedWaitsForItsOwnRetry(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused, nil}
	p.next = func() Action {
		if c, ok := p.call().(*Call); ok {
			c.Urgent = true
			return c
		}
		return nil
	}
	p.wants(0, 1)
	p.full(time.Hour)
	p.executeAndContinue()
	require.Equal(t, []time.Duration{15 * time.Minute}, p.waits())
}

// Two of a name would share what each remembers: the snag of one was ended by the other.
func TestTwoMirrorsAreNotCalledTheSame(t *testing.T) {
	t.Parallel()
	l := &Loop{Options: Options{State: &LoopState{Mirrors: map[string]*State{}}}, places: []*place{{mirror: Mirror{Name: "record"}}}}
	require.PanicsWithValue(t, "two mirrors are called record", func() { l.start(Mirror{Name: "record"}) })
}
