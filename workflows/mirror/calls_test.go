package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"muster/activities"
)

// oneByOne tells the outside every number up to the wanted one, each in a call of its own.
func (p *probe) oneByOne() Action {
	if p.known >= p.wanted {
		return nil
	}
	c := p.call().(*Call)
	run := c.Run
	c.Run = func(ctx workflow.Context, tried bool) error {
		before := p.known
		err := run(ctx, tried)
		if err == nil {
			p.known = before + 1
		}
		return err
	}
	return c
}

// altered is the probe's call, altered.
func (p *probe) altered(by func(c *Call)) func() Action {
	return func() Action {
		c, ok := p.call().(*Call)
		if !ok {
			return nil
		}
		by(c)
		return c
	}
}

func TestARetryIsHeededAtOnceAndOnce(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused, errRefused, nil}
	p.wants(0, 1)
	p.at(time.Minute, func() { p.env.SignalWorkflow("Retry", nil) })
	p.full(3 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, []time.Duration{time.Minute, time.Hour}, p.waits())
}

func TestOnceARetryHasWorkedNothingWaitsForItsFormerTime(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused, nil}
	p.next = p.oneByOne
	p.wants(0, 2)
	p.at(time.Minute, func() { p.env.SignalWorkflow("Retry", nil) })
	p.full(3 * time.Hour)
	p.executeAndContinue()
	require.Equal(t, []time.Duration{time.Minute, 0}, p.waits())
}

func TestAVendorThatIsOffCostsNoTimer(t *testing.T) {
	p := newProbe(t)
	timers := 0
	p.env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	p.answers = []error{errOff}
	p.wants(0, 1)
	p.full(time.Hour)
	p.executeAndContinue()
	require.Zero(t, timers)
}

func TestACallThatWasOvertakenIsForgotten(t *testing.T) {
	p := newProbe(t)
	p.next = p.altered(func(c *Call) {
		c.Run = func(workflow.Context, bool) error {
			p.known = p.wanted
			return ErrOvertaken
		}
	})
	p.wants(0, 1)
	p.full(time.Hour)
	p.executeAndContinue()
	require.Empty(t, p.state.Mirrors["vendor"].Tried)
	require.Empty(t, p.snags)
	require.Empty(t, p.notes)
}

func TestWhoIsAskedWhenACallFailsForGood(t *testing.T) {
	for name, c := range map[string]struct {
		err           error
		gone, refused *bool // what the call answers when it is asked; nil when it does not want to be
		asked         string
		snagged       bool
	}{
		"gone, and it leads elsewhere":     {err: errGone, gone: new(true), asked: "gone"},
		"gone, and it leads nowhere":       {err: errGone, gone: new(false), asked: "gone", snagged: true},
		"gone, and nobody is asked":        {err: errGone, snagged: true},
		"refused, and given up":            {err: errRefused, refused: new(true), asked: "refused"},
		"refused, and wanted all the same": {err: errRefused, refused: new(false), asked: "refused", snagged: true},
		"refused, and nobody is asked":     {err: errRefused, snagged: true},
		"refused is not gone":              {err: errRefused, gone: new(true), snagged: true},
		"gone is not refused":              {err: errGone, refused: new(true), snagged: true},
		"the credential is neither":        {err: errCredential, gone: new(true), refused: new(true), snagged: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProbe(t)
			p.answers = []error{c.err}
			asked := ""
			ask := func(who string, answer *bool) func(activities.Failure) bool {
				if answer == nil {
					return nil
				}
				return func(f activities.Failure) bool {
					require.Equal(t, "slack", f.Vendor)
					asked += who
					if *answer {
						p.wanted = p.known
					}
					return *answer
				}
			}
			p.next = p.altered(func(call *Call) { call.Gone, call.Refused = ask("gone", c.gone), ask("refused", c.refused) })
			p.wants(0, 1)
			p.full(10 * time.Minute)
			p.executeAndContinue()
			require.Equal(t, c.asked, asked)
			require.Equal(t, c.snagged, len(p.snags) > 0)
			require.Empty(t, p.state.Mirrors["vendor"].Tried)
		})
	}
}

func TestAReportUnderWayIsNotCutOffByTheEndOfARun(t *testing.T) {
	p := newProbe(t)
	reported := false
	p.next = func() Action {
		if reported {
			return nil
		}
		return &Call{Name: "report", Run: func(ctx workflow.Context, _ bool) error {
			require.NoError(t, workflow.Sleep(ctx, 2*time.Minute))
			reported = true
			return nil
		}}
	}
	p.full(time.Minute)
	p.executeAndContinue()
	require.True(t, reported)
}

func TestWhatStartsBesideChangesFactsToo(t *testing.T) {
	p := newProbe(t)
	p.at(time.Minute, func() { p.env.SignalWorkflow("Later", nil) })
	p.full(time.Hour)
	p.executeAndContinue()
	require.Equal(t, 7, p.known)
	require.Equal(t, start.Add(2*time.Minute), p.made[0])
	require.Positive(t, p.changed)
}

func TestWhoIsQuiet(t *testing.T) {
	p := newProbe(t)
	p.next = func() Action {
		if p.wanted == 0 {
			return &Wait{Until: start.Add(24 * time.Hour), Done: func(time.Time) {}}
		}
		return p.call()
	}
	p.at(time.Second, func() { require.True(t, p.run.Quiet(nil), "who only waits is quiet") })
	p.at(time.Minute, func() { p.env.SignalWorkflow("Start", nil) })
	p.at(90*time.Second, func() { require.False(t, p.run.Quiet(nil), "something is under way") })
	p.at(3*time.Minute, func() { require.True(t, p.run.Quiet(nil)) })
	p.answers = []error{errRefused}
	p.wants(4*time.Minute, 1)
	p.at(5*time.Minute, func() {
		require.False(t, p.run.Quiet(nil))
		require.True(t, p.run.Quiet(func(mirror string) bool { return mirror == "vendor" }))
		require.False(t, p.run.Quiet(func(mirror string) bool { return mirror == "another" }))
	})
	p.full(6 * time.Minute)
	p.executeAndContinue()
}

func TestAMomentThatCameIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		due   time.Time
		ended time.Duration // when the condition holds
		came  bool
		left  time.Duration
	}{
		"the moment first":          {due: start.Add(time.Hour), ended: 2 * time.Hour, came: true, left: time.Hour},
		"the condition first":       {due: start.Add(2 * time.Hour), ended: time.Hour, came: false, left: time.Hour},
		"a moment in the past":      {due: start.Add(-time.Hour), ended: time.Hour, came: true, left: 0},
		"a moment that never comes": {due: Never, ended: time.Hour, came: false, left: time.Hour},
		"no moment":                 {ended: time.Hour, came: false, left: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProbe(t)
			p.due = Moment{At: c.due}
			p.over = func() bool { return p.wanted == 9 }
			p.next = func() Action { return nil }
			p.wants(c.ended, 9)
			p.execute()
			require.Equal(t, c.came, p.came)
			require.Equal(t, c.left, p.env.Now().Sub(start).Truncate(time.Minute))
		})
	}
}
