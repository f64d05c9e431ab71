package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestAnIncidentIsPagedAnnouncedTrackedAndClosed(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.After(time.Minute, func() {
		f := w.Facts()
		require.Equal(t, "inc-1-checkout-is-down", f.Links.Channel.Name)
		require.Equal(t, "OPS-test/INC-1/issue", f.Links.Tracker.Key)
		require.NotEmpty(t, f.Links.Announcement.ID)
		require.Equal(t, 1, f.Pages[0].Attempts)
		require.Empty(t, f.Snags)
	})
	w.Commands(2*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: worldtest.By("alice@example.com")})
	w.Commands(3*time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("alice@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	w.Commands(10*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com"), Learning: "Queues fill silently"})
	w.Commands(9*24*time.Hour, api.HoldReview, incident.HoldReview{Meta: worldtest.By("bob@example.com")})
	w.Commands(10*24*time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpDone})
	w.Env.ExecuteWorkflow(Incident, declared(1))
	require.NoError(t, w.Env.GetWorkflowError())

	f := w.Facts()
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Empty(t, f.Snags)
	require.False(t, f.MusteredAt.IsZero())
	require.Equal(t, 1, w.Count("page "), "one attempt, acknowledged in time: %v", w.Calls)
	require.Equal(t, 1, w.Count("withdraw "))
	require.Equal(t, 1, w.Count("open #"))
	require.Equal(t, 3, w.Count("issue "), "parent, follow-up and review: %v", w.Calls)
	require.True(t, w.Has("move test/INC-1/issue done"), w.Calls)
	require.True(t, w.Has("move test/INC-1/follow-up/1 done"), w.Calls)
	require.True(t, w.Has("move test/INC-1/review done"), w.Calls)
	for _, e := range f.Timeline {
		t.Log(e.At.Format(time.DateTime), e.Event, e.Text)
	}
	t.Log(w.Calls)
}
