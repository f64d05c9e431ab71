package slackdoor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhoDeclaresVeryMuchIsToldInASentenceToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	const usual = 20
	for n := range usual {
		require.Contains(t, w.alice.slash(fmt.Sprintf("/incident declare disk %d is full", n)), "INC-")
	}
	said := w.alice.slash("/incident declare one more")
	require.Regexp(t, `^Very many incidents were declared in a short time\. Wait \d+ seconds; an incident of severity 1 can be declared at once`, said)
	require.Equal(t, usual, w.declared())

	require.Contains(t, w.bob.slash("/incident declare checkout is slow"), "INC-", "others are not concerned")
	require.Contains(t, w.alice.slash("/incident declare sev1 everything is down"), "INC-", "severity 1 has room of its own")
	w.later(time.Minute)
	require.Contains(t, w.alice.slash("/incident declare one more"), "INC-")
}

func TestSubscriptionsPagesAndNotesAreBoundedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byHTTP)
	w.alice.slash("/incident declare checkout is down")
	for command, what := range map[string]string{
		"subscribe service:checkout": "subscriptions were made", "page INC-1 checkout": "pages were sent", "update INC-1 still looking at it": "notes were written",
		"severity INC-1 2": "services or kind were changed", "private INC-1": "made private or public",
	} {
		refused := ""
		for n := 0; n < 100 && refused == ""; n++ {
			if said := w.alice.slash("/incident " + command); strings.Contains(said, "in a short time") {
				refused = said
			}
		}
		require.Contains(t, refused, what, command)
	}
	require.NotContains(t, w.alice.slash("/incident ack INC-1"), "Very many", "what calms is not bounded")
	require.NotContains(t, w.alice.slash("/incident resolve INC-1 it was the disk"), "Very many")
}
