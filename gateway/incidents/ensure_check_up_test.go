package incidents_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"muster/workflows/api"
)

func TestEnsureCheckUpMakesAndAdjustsTheSchedule(t *testing.T) {
	t.Parallel()
	s := &schedules{}
	c := newClient(t, &fake{schedules: s})
	require.NoError(t, c.EnsureCheckUp(t.Context(), ""))
	action, ok := s.have.Action.(*client.ScheduleWorkflowAction)
	require.True(t, ok)
	require.Equal(t, api.TypeCheckUp, action.Workflow)
	require.Equal(t, api.DoctorID, action.ID)
	require.Empty(t, s.have.Spec.TimeZoneName, "UTC")
	require.Equal(t, 8, s.have.Spec.Calendars[0].Hour[0].Start)

	require.NoError(t, c.EnsureCheckUp(t.Context(), "Europe/Berlin"))
	require.Equal(t, "Europe/Berlin", s.have.Spec.TimeZoneName)
	s.have.State.Paused = true
	require.NoError(t, c.EnsureCheckUp(t.Context(), "Europe/Berlin"))
	require.NoError(t, c.EnsureCheckUp(t.Context(), ""), "who cannot read the playbook")
	require.Equal(t, 1, s.updates, "what is right is left alone")
	require.True(t, s.have.State.Paused, "an operator's pause stays")

	s.err = errors.New("broken")
	require.ErrorIs(t, c.EnsureCheckUp(t.Context(), "UTC"), s.err)
}
