package paging

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/internal/bounds"
	"muster/workflows/api"
)

// See the test of the same name of an incident.
func TestTheFullestPageFitsIntoAnInput(t *testing.T) {
	t.Parallel()
	var full PageInput
	require.Empty(t, stateBounds.Fullest(&full), "these fields have no bound in stateBounds")
	size := bounds.Size(full) + api.MaxSlice
	t.Logf("%d bytes with the slice", size)
	require.Less(t, size, api.MaxInput)
}
