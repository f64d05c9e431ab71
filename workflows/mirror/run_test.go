package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// One vendor's 429 must not hold back every other mirror while a run is about to end.
func TestTheEndOfARunWaitsForNoVendor(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{later(3 * time.Minute)}
	p.wants(0, 1)
	var left time.Time
	p.full(time.Minute)
	p.at(2*time.Minute, func() { t.Error("still there") })
	p.executeAndContinue()
	left = p.env.Now()
	require.Less(t, left.Sub(start), 90*time.Second)
	m := p.state.Mirrors["vendor"]
	require.Equal(t, []string{"tell the number"}, m.Tried, "the next run looks first")
	require.Equal(t, "tell the number", m.RetryOf)
	require.Equal(t, start.Add(time.Minute).Add(ClassSet.attempt), m.RetryAt, "and not before the last attempt has come to its end")
}

func TestTheNextRunLooksForWhatTheLastOneMayHaveDone(t *testing.T) {
	p := newProbe(t)
	p.wanted = 1
	p.state.Mirrors = map[string]*State{"vendor": {Tried: []string{"tell the number"}, RetryAt: start.Add(15 * time.Second)}}
	p.full(time.Minute)
	p.executeAndContinue()
	require.Equal(t, []bool{true}, p.tries)
	require.Equal(t, start.Add(15*time.Second), p.made[0])
	require.Empty(t, p.state.Mirrors["vendor"].Tried)
}

// The server would drop them with the run.
func TestSignalsThatComeInTheLastMomentAreTakenIn(t *testing.T) {
	p := newProbe(t)
	p.at(50*time.Second, func() { p.env.SignalWorkflow("Start", nil) }) // the end must wait for it
	p.full(time.Minute)
	p.at(90*time.Second, func() { p.env.SignalWorkflow("Want", 5) })
	p.executeAndContinue()
	require.Equal(t, 5, p.wanted)
}

func TestAWorkflowThatComesBackToLifeInTheLastMomentGoesOn(t *testing.T) {
	p := newProbe(t)
	p.wanted, p.known = 9, 9
	p.over = func() bool { return p.wanted == 9 }
	p.starting = true          // the end begins while something starts
	p.wants(30*time.Second, 3) // somebody reopens it
	p.executeAndContinue()
}

func TestAWorkflowThatIsOverEnds(t *testing.T) {
	p := newProbe(t)
	p.over = func() bool { return p.wanted == 9 && p.run.Quiet(nil) }
	p.wants(time.Minute, 9)
	p.execute()
	require.NoError(t, p.left)
	require.Equal(t, 9, p.known, "and not before the outside knows")
	require.True(t, p.run.Stopped())
}

func TestAMirrorThatIsStuckIsExceptedFromQuietness(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{errRefused}
	p.wants(0, 1)
	p.at(time.Minute, func() {
		require.False(t, p.run.Quiet(nil))
		require.True(t, p.run.Quiet(p.run.Snagged))
	})
	p.full(2 * time.Minute)
	p.executeAndContinue()
}

func TestNothingNewIsBegunOnceARunIsToEnd(t *testing.T) {
	p := newProbe(t)
	p.at(50*time.Second, func() { p.env.SignalWorkflow("Start", nil) }) // the end must wait for it
	p.full(time.Minute)
	p.wants(90*time.Second, 5)
	p.executeAndContinue()
	require.Empty(t, p.made)
}
