package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/incident"
	"muster/workflows/api"
)

func startOptions(id string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: id, TaskQueue: api.QueueMuster}
}

func TestAnIncidentIsPagedAnnouncedTrackedAndClosed(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.after(time.Minute, func() {
		f := w.facts()
		require.Equal(t, "inc-1-checkout-is-down", f.Links.Channel.Name)
		require.Equal(t, "OPS-test/INC-1/issue", f.Links.Tracker.Key)
		require.NotEmpty(t, f.Links.Announcement.ID)
		require.Equal(t, 1, f.Pages[0].Attempts)
		require.Empty(t, f.Snags)
	})
	w.commands(2*time.Minute, api.Acknowledge, incident.Acknowledge{Meta: by("alice@example.com")})
	w.commands(3*time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: by("alice@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	w.commands(10*time.Minute, api.Resolve, incident.Resolve{Meta: by("alice@example.com"), Learning: "Queues fill silently"})
	w.commands(9*24*time.Hour, api.HoldReview, incident.HoldReview{Meta: by("bob@example.com")})
	w.commands(10*24*time.Hour, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("alice@example.com"), Number: 1, Status: incident.FollowUpDone})
	w.env.ExecuteWorkflow(Incident, declared(1))
	require.NoError(t, w.env.GetWorkflowError())

	f := w.facts()
	require.Equal(t, incident.StatusClosed, f.Status)
	require.Empty(t, f.Snags)
	require.False(t, f.MusteredAt.IsZero())
	require.Equal(t, 1, w.count("page "), "one attempt, acknowledged in time: %v", w.calls)
	require.Equal(t, 1, w.count("withdraw "))
	require.Equal(t, 1, w.count("open #"))
	require.Equal(t, 3, w.count("issue "), "parent, follow-up and review: %v", w.calls)
	require.True(t, w.has("move OPS-test/INC-1/issue done"), w.calls)
	require.True(t, w.has("move OPS-test/INC-1/follow-up/1 done"), w.calls)
	require.True(t, w.has("move OPS-test/INC-1/review done"), w.calls)
	for _, e := range f.Timeline {
		t.Log(e.At.Format(time.DateTime), e.Event, e.Text)
	}
	t.Log(w.calls)
}
