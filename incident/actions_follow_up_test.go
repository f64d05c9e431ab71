package incident

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Buttons live for weeks in people's messages, so what they carry never changes.
func TestWhatAFollowUpsButtonCarries(t *testing.T) {
	t.Parallel()
	require.Equal(t, "INC-42/follow-up/3/2", FollowUpButtonValue(42, &FollowUp{Number: 3, Revision: 2}))
	require.Equal(t, []string{"follow_up_accept", "follow_up_done", "follow_up_change"}, []string{ActionFollowUpAccept, ActionFollowUpDone, ActionFollowUpChange})
}
