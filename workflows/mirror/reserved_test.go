package mirror

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The SDK panics when it is asked for signals of a name that it keeps for itself.
func TestASignalWithAReservedNameIsSkippedAndNotedOnce(t *testing.T) {
	m := newMailbox(t, "Say")
	m.post("__temporal_stop", letterInput{}, "__temporal_stop", letterInput{}, "__temporal_workflow_stream_x", letterInput{}, "Say", letterInput{Text: " it"})
	m.env.RegisterDelayedCallback(func() { m.env.SignalWorkflow("Say", letterInput{Text: " again"}) }, time.Minute)
	m.execute(t, false)
	require.Equal(t, []string{"Say it", "Say again"}, m.taken)
	require.Equal(t, []string{
		"__temporal_stop: names that begin with __temporal_ are kept by Temporal for itself",
		"__temporal_workflow_stream_x: names that begin with __temporal_ are kept by Temporal for itself",
	}, m.refused)
}

func TestASignalWithAReservedNameHoldsUpNoEndOfARun(t *testing.T) {
	p := newProbe(t)
	p.at(time.Minute, func() { p.env.SignalWorkflow("__temporal_stop", nil) })
	p.full(2 * time.Minute)
	p.executeAndContinue()
}
