package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/internal/doctor"
	"muster/internal/setup"
	"muster/workflows/api"
)

// checkedUp runs the daily check-up once.
func checkedUp(t *testing.T) *installation {
	t.Helper()
	m := install(t)
	run, err := m.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: api.DoctorID, TaskQueue: api.QueueMuster}, api.TypeCheckUp)
	require.NoError(t, err)
	var left api.CheckUpResult
	require.NoError(t, run.Get(t.Context(), &left))
	require.Empty(t, left.Told, "the playbook names no operators")
	return m
}

func TestTheDoctorAsksARealServer(t *testing.T) {
	t.Parallel()
	m := checkedUp(t)
	ctx := t.Context()
	server := doctor.Connected(m.Client, client.DefaultNamespace)

	_, there, err := server.Retention(ctx)
	require.NoError(t, err)
	require.True(t, there)
	_, there, err = doctor.Connected(m.Client, "nowhere").Retention(ctx)
	require.NoError(t, err)
	require.False(t, there)
	attributes, err := server.SearchAttributes(ctx)
	require.NoError(t, err)
	for name, kind := range setup.SearchAttributes() {
		require.Equal(t, kind, attributes[name], name)
	}

	for _, id := range []string{api.SweepID, api.DoctorID} {
		s, there, err := server.Schedule(ctx, id)
		require.NoError(t, err)
		require.True(t, there, id)
		require.False(t, s.Paused, id)
		require.True(t, s.Next.After(time.Now()), id)
	}
	daily := m.Client.ScheduleClient().GetHandle(ctx, api.DoctorID)
	require.NoError(t, m.incidents.EnsureCheckUp(ctx, "Europe/Berlin"))
	before, err := daily.Describe(ctx)
	require.NoError(t, err)
	require.Equal(t, "Europe/Berlin", before.Schedule.Spec.TimeZoneName)
	require.NoError(t, m.incidents.EnsureCheckUp(ctx, "Europe/Berlin"))
	after, err := daily.Describe(ctx)
	require.NoError(t, err)
	require.Equal(t, before.Info.LastUpdateAt, after.Info.LastUpdateAt, "what is right is left alone")
	_, there, err = server.Schedule(ctx, "another")
	require.NoError(t, err)
	require.False(t, there)
	require.NoError(t, m.Client.ScheduleClient().GetHandle(ctx, api.DoctorID).Pause(ctx, client.SchedulePauseOptions{Note: "too noisy"}))
	s, _, err := server.Schedule(ctx, api.DoctorID)
	require.NoError(t, err)
	require.True(t, s.Paused)
	require.Equal(t, "too noisy", s.Note)

	m.eventually(func() bool {
		list, err := server.Schedules(ctx)
		return err == nil && list[api.DoctorID].Paused && !list[api.SweepID].Paused && len(list) >= 2
	}, "all schedules are listed")
	m.eventually(func() bool {
		for _, queue := range []string{api.QueueMuster, api.QueuePager, api.QueuePagerRead, api.QueueSlackCreate, api.QueueSlackWrite, api.QueueJira} {
			pollers, err := server.Pollers(ctx, queue, queue == api.QueueMuster)
			if err != nil || len(pollers) == 0 || time.Since(pollers[0].Seen) > time.Minute {
				return false
			}
			require.Contains(t, pollers[0].Identity, " muster/")
		}
		return true
	}, "every queue has a worker that says its version")
	pollers, err := server.Pollers(ctx, "another", false)
	require.NoError(t, err)
	require.Empty(t, pollers)
}
