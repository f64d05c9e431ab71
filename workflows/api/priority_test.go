package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestWhatGoesFirst(t *testing.T) {
	t.Parallel()
	for work, bySeverity := range map[Work][5]int{
		Waking:   {1, 1, 1, 1, 1},
		Working:  {2, 3, 4, 4, 4},
		Learning: {5, 5, 5, 5, 5},
	} {
		for k, want := range bySeverity {
			severity := incident.Severity(k + 1)
			require.Equal(t, want, Priority(work, severity), "work %d, severity %d", work, severity)
		}
	}
	require.Equal(t, 4, Priority(Working, 0), "an incident that says no severity is in nobody's way")
}
