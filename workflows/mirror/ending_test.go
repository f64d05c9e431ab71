package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
