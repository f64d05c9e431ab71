package file

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
)

// due gives the span to the due date for each severity, worst first.
func due(t *testing.T, text string) []playbook.Span {
	t.Helper()
	s, err := parse(t, "version: 1\n"+text).Slice(nil)
	require.NoError(t, err)
	var out []playbook.Span
	for level := incident.WorstSeverity; level <= incident.MildSeverity; level++ {
		out = append(out, s.FollowUps.For(level).Due)
	}
	return out
}

func TestFollowUpsFallDueBySeverity(t *testing.T) {
	t.Parallel()
	days := func(n ...int) []playbook.Span {
		var out []playbook.Span
		for _, d := range n {
			out = append(out, playbook.BusinessDays(d))
		}
		return out
	}
	require.Equal(t, days(20, 20, 20, 20, 20), due(t, ""))
	require.Equal(t, days(7, 7, 7, 7, 7), due(t, "follow_ups: {due: 7bd}\n"))
	require.Equal(t, days(5, 10, 20, 20, 20), due(t, "follow_ups: {due: {1: 5bd, 2: 10bd}}\n"), "the usual one for those left out")
	require.Equal(t, days(5, 30, 30, 30, 60), due(t, "follow_ups: {due: {1: 5bd, 5: 60bd, default: 30bd}}\n"))
}

func TestWhatASliceSaysOfDueDatesIsItsOwn(t *testing.T) {
	t.Parallel()
	p := parse(t, "version: 1\nfollow_ups: {due: {1: 5bd}}\n")
	s, err := p.Slice(nil)
	require.NoError(t, err)
	s.FollowUps.DueBy[1] = playbook.BusinessDays(99)
	again, err := p.Slice(nil)
	require.NoError(t, err)
	require.Equal(t, playbook.BusinessDays(5), again.FollowUps.For(1).Due)
}
