package incidents_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/workflows/api"
)

// schedules is a server's one schedule.
type schedules struct {
	client.ScheduleClient
	client.ScheduleHandle
	have    *client.Schedule
	updates int
	err     error
}

func (s *schedules) Create(_ context.Context, o client.ScheduleOptions) (client.ScheduleHandle, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.have != nil {
		return nil, temporal.ErrScheduleAlreadyRunning
	}
	spec := o.Spec
	s.have = &client.Schedule{Spec: &spec, Action: o.Action, Policy: &client.SchedulePolicies{Overlap: o.Overlap}, State: &client.ScheduleState{Note: o.Note}}
	return s, nil
}

func (s *schedules) GetHandle(context.Context, string) client.ScheduleHandle { return s }

func (s *schedules) Describe(context.Context) (*client.ScheduleDescription, error) {
	if s.have == nil {
		return nil, serviceerror.NewNotFound("schedule not found")
	}
	return &client.ScheduleDescription{Schedule: *s.have}, s.err
}

func (s *schedules) Update(_ context.Context, o client.ScheduleUpdateOptions) error {
	u, err := o.DoUpdate(client.ScheduleUpdateInput{Description: client.ScheduleDescription{Schedule: *s.have}})
	if errors.Is(err, temporal.ErrSkipScheduleUpdate) {
		return nil
	}
	if err == nil {
		s.have, s.updates = u.Schedule, s.updates+1
	}
	return err
}

func TestEnsureSweepMakesAndAdjustsTheSchedule(t *testing.T) {
	t.Parallel()
	s := &schedules{}
	c := newClient(t, &fake{schedules: s})
	require.NoError(t, c.EnsureSweep(t.Context(), time.Hour))
	action, ok := s.have.Action.(*client.ScheduleWorkflowAction)
	require.True(t, ok)
	require.Equal(t, api.TypeSweep, action.Workflow)
	require.Equal(t, api.QueueMuster, action.TaskQueue)
	require.Equal(t, enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, s.have.Policy.Overlap)

	s.have.State.Paused = true
	require.NoError(t, c.EnsureSweep(t.Context(), time.Hour))
	require.Zero(t, s.updates, "what is right is left alone")
	require.NoError(t, c.EnsureSweep(t.Context(), time.Minute))
	require.Equal(t, 1, s.updates)
	require.Equal(t, time.Minute, s.have.Spec.Intervals[0].Every)
	require.True(t, s.have.State.Paused, "an operator's pause stays")

	require.Error(t, c.EnsureSweep(t.Context(), 0))
	s.err = errors.New("broken")
	require.ErrorIs(t, c.EnsureSweep(t.Context(), time.Hour), s.err)
}

func TestWhetherTheSweepRunsByItsSchedule(t *testing.T) {
	t.Parallel()
	s := &schedules{}
	c := newClient(t, &fake{schedules: s})
	require.ErrorContains(t, c.SweepRuns(t.Context()), "is gone")
	require.NoError(t, c.EnsureSweep(t.Context(), time.Hour))
	require.NoError(t, c.SweepRuns(t.Context()))
	s.have.State.Paused = true
	require.ErrorContains(t, c.SweepRuns(t.Context()), "is paused")
	s.err = errors.New("broken")
	require.ErrorIs(t, c.SweepRuns(t.Context()), s.err)
}

func TestEnsureRegister(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	f := &fake{execute: func(o client.StartWorkflowOptions, workflow any) error {
		require.Equal(t, api.TypeRegister, workflow)
		require.Equal(t, api.RegisterID, o.ID)
		require.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, o.WorkflowIDConflictPolicy)
		return broken
	}}
	require.ErrorIs(t, newClient(t, f).EnsureRegister(t.Context()), broken)
}
