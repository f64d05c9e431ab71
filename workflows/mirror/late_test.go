package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"
)

// unsure lets the probe's mirror forget what it has told.
func (p *probe) unsure() { p.known = 0 }

// A write that timed out may arrive after a newer one, which nobody would see from here. So the newer
// one is written again when nothing can arrive any more.
func TestAWriteThatMayArriveLateDoesNotWin(t *testing.T) {
	p := newProbe(t)
	p.unsures = p.unsure
	p.answers = []error{away(), nil, nil}
	p.wants(0, 1)
	p.wants(30*time.Second, 2)
	p.full(time.Hour)
	p.executeAndContinue()
	require.Len(t, p.made, 3, "the late one, the newer one, and the newer one once more")
	require.Equal(t, Lateness, p.waits()[1])
	require.Zero(t, p.state.Mirrors["vendor"].Rewrite)
	require.Zero(t, p.state.Mirrors["vendor"].Doubt)
}

// The facts went back to what was told before, while a call to tell something else had no answer.
func TestAWriteThatIsNotWantedAnyMoreMayHaveArrived(t *testing.T) {
	p := newProbe(t)
	p.unsures = p.unsure
	p.answers = []error{nil, away(), nil}
	p.wants(0, 1)
	p.wants(10*time.Minute, 2)
	p.wants(10*time.Minute+30*time.Second, 1)
	p.full(2 * time.Hour)
	p.executeAndContinue()
	require.GreaterOrEqual(t, len(p.made), 3, "it is told again what it was told before")
	require.Equal(t, 1, p.known)
}

func TestNothingIsWrittenTwiceWhereNothingCanArriveLate(t *testing.T) {
	for name, answers := range map[string][]error{
		"it worked":              {nil, nil},
		"it was refused at once": {refusedAt(1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProbe(t)
			p.unsures = p.unsure
			p.answers = answers
			p.wants(0, 1)
			p.full(time.Hour)
			p.executeAndContinue()
			require.LessOrEqual(t, len(p.made), 2)
			require.Zero(t, p.state.Mirrors["vendor"].Rewrite)
		})
	}
}

func TestTheRewriteOutlivesTheRun(t *testing.T) {
	p := newProbe(t)
	p.unsures = p.unsure
	p.answers = []error{away(), nil}
	p.wants(0, 1)
	p.full(2 * time.Minute) // between the newer write and the same once more
	p.executeAndContinue()
	require.True(t, workflow.IsContinueAsNewError(p.left))
	require.NotZero(t, p.state.Mirrors["vendor"].Rewrite)
}
