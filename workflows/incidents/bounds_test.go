package incidents

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/bounds"
	"muster/workflows/api"
)

// The fullest input is made of the bounds, in the characters that have most bytes as JSON, so that a
// field without one is found here and not by the server, which would end the incident.
func TestTheFullestIncidentFitsIntoAnInput(t *testing.T) {
	t.Parallel()
	var full IncidentInput
	require.Empty(t, stateBounds.Fullest(&full), "these fields have no bound in stateBounds")
	full.Raised, full.Declaration.Carried, full.Subscribers = Raised{}, nil, nil // which are of use at the start alone
	size := bounds.Size(full) + api.MaxSlice
	t.Logf("%d bytes with the slice", size)
	require.Less(t, size, api.MaxInput)
}
