package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/integrations/slack"
	"muster/internal/doctor"
	"muster/internal/setup"
	"muster/internal/version"
	"muster/playbook"
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

// The sandbox is an installation in which everything works, so the doctor must say so.
func TestTheDoctorFindsNothingBrokenInTheSandbox(t *testing.T) {
	t.Parallel()
	m := install(t)
	env := m.Env()
	o := doctor.Options{
		Lookup:   func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Playbook: "testdata/muster.yaml", Features: func(*playbook.Playbook) slack.Features { return slack.AllFeatures() },
		Register: m.incidents.Register, Now: time.Now, Version: version.String(), SearchLagWait: time.Second,
		Server: func(context.Context) (doctor.Server, func(), error) {
			return doctor.Connected(m.Client, client.DefaultNamespace), func() {}, nil
		},
	}
	var broken []doctor.Finding
	m.eventually(func() bool { // workers begin to poll one after the other
		broken = slices.DeleteFunc(doctor.Examine(t.Context(), o), func(f doctor.Finding) bool { return f.State != doctor.Broken })
		return len(broken) == 0
	}, "nothing is broken")
	require.Empty(t, broken)

	made := doctor.TestIssue(t.Context(), o)
	require.Zero(t, doctor.Count(made, doctor.Broken), "%+v", made)
	require.Len(t, m.Sims.Jira.Issues(), 2)
	for _, issue := range m.Sims.Jira.Issues() {
		require.Equal(t, "done", issue.Category)
		require.True(t, strings.HasPrefix(issue.Summary, "[Muster test]"))
	}
	page := doctor.TestPage(t.Context(), doctor.PageOptions{Options: o, Target: "checkout", Ring: time.Second, Pause: func(context.Context, time.Duration) error {
		for _, i := range m.Sims.Pager.Incidents() {
			_ = m.Sims.Pager.Acknowledge(i.ID, "alice@example.com") // once it is there
		}
		return nil
	}})
	require.Zero(t, doctor.Count(page, doctor.Broken), "%+v", page)
	require.Equal(t, "resolved", m.Sims.Pager.Incidents()[0].Status)
}
