package slackdoor_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestWhatIsOverIsDeclaredInTheForm(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident")
		at := func(ago time.Duration) string { return strconv.FormatInt(w.now().Add(-ago).Unix(), 10) }
		w.alice.submits(map[string]string{"title": "Checkout was down", "started_at": at(2 * time.Hour), "resolved_at": at(time.Hour)})
		require.Contains(t, w.alice.sees("done").Shown(), "No channel is opened for what is over")
		require.Equal(t, incident.StatusResolved, w.incident(1).Status)
	})
}

func TestTheRecordIsPutRightInSlack(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		require.Contains(t, w.alice.slash("/incident correct INC-1 started:2h ago the graphs show it"), "Corrected: started ")
		require.True(t, w.incident(1).StartedAt.Equal(w.now().Add(-2*time.Hour).Truncate(time.Second)))
		require.Contains(t, w.alice.slash("/incident correct INC-1 resolved:1h ago the graphs show it"), "Resolve it first, and then say when that was")
		require.Contains(t, w.alice.slash("/incident correct INC-1 started:1h ago"), "Say how you know")

		w.alice.slash("/incident correct INC-1 the graphs show it")
		require.Empty(t, w.incident(1).DetectedAt, "a reason alone is asked back")
		w.alice.slash("/incident correct INC-1")
		v := w.alice.sees("correct")
		_, shown := v.Input("resolved_at")
		require.False(t, shown, "it is not over")
		w.alice.submits(map[string]string{"title": "Carts are slow", "reason": "the graphs show it"})
		i := w.incident(1)
		require.Equal(t, "Carts are slow", i.Title)
		require.Len(t, i.Corrections, 2)
	})
}
