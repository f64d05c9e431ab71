package incident

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Who owns a follow-up is told of it by title, so they are let in first.
func TestTheOwnerOfAFollowUpIsPartOfAPrivateIncident(t *testing.T) {
	t.Parallel()
	for _, private := range []bool{true, false} {
		i := declared()
		i.Private = private
		do(t, i, AddFollowUp{Meta: alice, Title: "Rotate the keys", Owner: "Dan@example.com"})
		require.Equal(t, private, i.responder("dan@example.com") != nil)
		do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Owner: "erin@example.com"})
		require.Equal(t, private, i.responder("erin@example.com") != nil)
	}
}
