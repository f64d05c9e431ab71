package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
)

func TestAWaitWhoseMomentComesWhileTheRunEndsIsLeftToTheNextRun(t *testing.T) {
	p := newProbe(t)
	p.next = func() Action {
		return &Wait{Until: start.Add(80 * time.Second), Done: func(time.Time) { t.Error("it was decided in a run that ends") }}
	}
	p.at(50*time.Second, func() { p.env.SignalWorkflow("Start", nil) }) // the end must wait for it
	p.full(time.Minute)
	p.executeAndContinue()
}

func TestARetryEndsNoWaitThatTheFactsHaveLeft(t *testing.T) {
	p := newProbe(t)
	p.next = func() Action {
		if p.wanted == 0 {
			return &Wait{Until: Never, OnRetry: true, Done: func(time.Time) { t.Error("it was not waited for any more") }}
		}
		return p.call()
	}
	p.at(time.Minute, func() { p.env.SignalWorkflow("WantAndRetry", 1) })
	p.full(time.Hour)
	p.executeAndContinue()
	require.Equal(t, 1, p.known)
}

// Whatever comes together with the end is in the state that the next run gets.
func TestASignalThatMeetsTheEndIsTakenIn(t *testing.T) {
	p := newProbe(t)
	p.over = func() bool { return p.wanted == 0 } // it is over at once
	p.wants(0, 5)                                 // and the signal is there before the first task
	p.executeAndContinue()
	require.Equal(t, 5, p.wanted)
}

func TestTheEndWaitsForAnUpdateUnderWay(t *testing.T) {
	p := newProbe(t)
	answered := false
	p.at(30*time.Second, func() { p.updates(&answered) })
	p.full(time.Minute)
	p.executeAndContinue()
	require.True(t, answered)
}

func TestACancelledWorkflowEndsWhateverItWaitsFor(t *testing.T) {
	for name, set := range map[string]func(p *probe){
		"nothing": func(*probe) {},
		"a wait": func(p *probe) {
			p.next = func() Action {
				return &Wait{Until: start.Add(time.Hour), Done: func(time.Time) { p.t.Error("nothing came") }}
			}
		},
		"a vendor that refuses": func(p *probe) {
			p.answers = []error{errRefused}
			p.wants(0, 1)
		},
		"a vendor that is away": func(p *probe) {
			p.answers = []error{later(3 * time.Minute)}
			p.wants(0, 1)
		},
		"something that starts, to end": func(p *probe) {
			p.at(50*time.Second, func() { p.env.SignalWorkflow("Start", nil) })
			p.full(55 * time.Second)
			p.mayBeCutOff = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProbe(t)
			set(p)
			p.at(time.Minute, p.env.CancelWorkflow)
			p.execute()
			require.True(t, temporal.IsCanceledError(p.left), "%v", p.left)
		})
	}
}
