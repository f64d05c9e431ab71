package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACancellationRequestEndsNothing(t *testing.T) {
	p := newProbe(t)
	p.at(time.Minute, p.env.CancelWorkflow)
	p.wants(2*time.Minute, 4)
	p.over = func() bool { return p.wanted == 9 && p.run.Quiet(nil) }
	p.wants(time.Hour, 9)
	p.execute()
	require.NoError(t, p.left)
	require.Equal(t, 9, p.known, "mirrors go on")
	require.Len(t, p.made, 2)
	require.Equal(t, 1, p.cancelAsked, "and it is told, once")
}

// A vendor's answer is waited for, a retry comes, and what was started is not cut off.
func TestACancellationRequestCutsOffNothing(t *testing.T) {
	p := newProbe(t)
	p.answers = []error{later(3 * time.Minute), nil}
	p.wants(0, 1)
	p.at(30*time.Second, func() { p.env.SignalWorkflow("Start", nil) })
	p.at(time.Minute, p.env.CancelWorkflow)
	p.over = func() bool { return p.known == 1 && p.run.Quiet(nil) }
	p.execute()
	require.NoError(t, p.left)
	require.Equal(t, 1, p.known)
}

func TestACancellationRequestInTheLastMomentOfARunIsTold(t *testing.T) {
	p := newProbe(t)
	p.at(50*time.Second, func() { p.env.SignalWorkflow("Start", nil) }) // the end must wait for it
	p.full(time.Minute)
	p.at(90*time.Second, p.env.CancelWorkflow)
	p.executeAndContinue()
	require.Equal(t, 1, p.cancelAsked)
}

// The run ends in the very task that brings the request, before anything else has a turn.
func TestACancellationRequestThatMeetsTheEndIsTold(t *testing.T) {
	p := newProbe(t)
	p.over = func() bool { return p.cancelled.Err() != nil }
	p.at(time.Minute, p.env.CancelWorkflow)
	p.execute()
	require.NoError(t, p.left)
	require.Equal(t, 1, p.cancelAsked)
}

func TestACancelledWorkflowGoesOnWhateverItWaitsFor(t *testing.T) {
	for name, set := range map[string]func(p *probe){
		"nothing": func(*probe) {},
		"a wait": func(p *probe) {
			p.next = func() Action {
				if p.waited {
					return nil
				}
				return &Wait{Until: start.Add(time.Hour), Done: func(time.Time) { p.waited = true }}
			}
		},
		"a vendor that refuses": func(p *probe) {
			p.answers = []error{errRefused, nil}
			p.wants(0, 1)
		},
		"a vendor that is away": func(p *probe) {
			p.answers = []error{later(3 * time.Minute), nil}
			p.wants(0, 1)
		},
		"something that starts": func(p *probe) {
			p.at(50*time.Second, func() { p.env.SignalWorkflow("Start", nil) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProbe(t)
			set(p)
			p.at(time.Minute, p.env.CancelWorkflow)
			p.full(2 * time.Hour)
			p.executeAndContinue()
			require.Equal(t, p.wanted, p.known)
			require.Equal(t, p.next != nil, p.waited)
			require.Equal(t, 1, p.cancelAsked)
		})
	}
}
