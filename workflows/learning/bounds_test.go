package learning

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"muster/internal/bounds"
	"muster/workflows/api"
)

// See the test of the fullest incident.
func TestTheFullestFollowUpAndReviewFitIntoAnInput(t *testing.T) {
	t.Parallel()
	for _, full := range []any{&FollowUpInput{}, &ReviewInput{}} {
		assert.Empty(t, stateBounds.Fullest(full), "these fields have no bound in stateBounds")
		assert.Less(t, bounds.Size(full)+api.MaxSlice, api.MaxInput, "%T", full)
	}
}
