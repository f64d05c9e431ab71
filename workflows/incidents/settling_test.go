package incidents

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestWhatWasJustPostedIsEditedOnceForAllThatIsNew(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.pagerSays(300*time.Millisecond, "d1", firstKey, incident.PageState{Acknowledged: true, By: "alice@example.com", URL: "https://pager.example.com/1"})
	w.Commands(600*time.Millisecond, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "The database is full"})
	w.After(900*time.Millisecond, func() {
		require.Equal(t, 1, w.Count("post #incidents "), "what is new is posted at once: %v", w.Calls)
		require.NotZero(t, w.Count("post C1 "))
		require.Equal(t, 1, w.Count("furnish C1 INC-1"))
		require.Zero(t, w.Count("edit "))
	})
	w.After(2*time.Second, func() {
		require.Equal(t, 1, w.Count("edit C1 "), "%v", w.Calls)
		require.Equal(t, 1, w.Count("edit #incidents "))
	})
	w.Commands(time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "More disks are on their way"})
	w.After(time.Minute+100*time.Millisecond, func() { require.Equal(t, 2, w.Count("edit C1 "), "later nothing is held back") })
	w.cancels(2 * time.Minute)
	w.runIncident(declared(1))
}

// The workflow stays until what was held back is done.
func TestAnEndRightAfterTheOpeningIsShown(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(1)
	in.Slice.Linger = playbook.Exactly(200 * time.Millisecond)
	w.cancels(500 * time.Millisecond)
	w.runIncident(in)
	for _, where := range []string{"edit C1 ", "edit #incidents "} {
		require.NotZero(t, w.Count(where))
	}
	shown := 0
	for _, m := range w.Said() {
		if m.Pin && strings.Contains(fmt.Sprint(m), "cancelled") {
			shown++
		}
	}
	require.Equal(t, 1, shown, "the board says it")
}
