package incidents

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/workflows/api"
)

// EnsureRegister starts the Register if it is not running, so that the first declaration finds
// it ready.
func (c *Client) EnsureRegister(ctx context.Context) error {
	if _, err := c.Temporal.ExecuteWorkflow(ctx, registerOptions(), api.TypeRegister, api.RegisterInput{}); err != nil {
		return fmt.Errorf("start the register: %w", err)
	}
	return nil
}

// EnsureSweep makes the schedule that runs the Sweep, or gives it another interval. What an
// operator changed besides, such as pausing it, stays.
func (c *Client) EnsureSweep(ctx context.Context, every time.Duration) error {
	if every <= 0 {
		return fmt.Errorf("schedule the sweep: %s is no interval", every)
	}
	schedules := c.Temporal.ScheduleClient()
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID:      api.SweepID,
		Spec:    sweepSpec(every),
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		// A sweep that was missed is made up for by the next one.
		CatchupWindow: min(every, time.Hour),
		Note:          "Catches what vendors' webhooks have missed",
		Action: &client.ScheduleWorkflowAction{
			ID: api.SweepID, Workflow: api.TypeSweep, TaskQueue: api.QueueMuster, WorkflowTaskTimeout: api.WorkflowTaskTimeout,
		},
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("schedule the sweep: %w", err)
	}
	err = schedules.GetHandle(ctx, api.SweepID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := in.Description.Schedule
			if runsEvery(s.Spec, every) {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			spec := sweepSpec(every)
			s.Spec = &spec
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	})
	if err != nil && !errors.Is(err, temporal.ErrSkipScheduleUpdate) {
		return fmt.Errorf("change the sweep's interval: %w", err)
	}
	return nil
}

// SweepRuns says why the Sweep does not run by its schedule, or nil when it does: somebody has paused the
// schedule in Temporal, or deleted it.
func (c *Client) SweepRuns(ctx context.Context) error {
	d, err := c.Temporal.ScheduleClient().GetHandle(ctx, api.SweepID).Describe(ctx)
	switch {
	case isNotFound(err):
		return fmt.Errorf("the schedule %q is gone, and what webhooks miss is missed for good: start a worker or the gateway, which makes it again", api.SweepID)
	case err != nil:
		return fmt.Errorf("look at the schedule %q: %w", api.SweepID, err)
	case d.Schedule.State != nil && d.Schedule.State.Paused:
		return fmt.Errorf("the schedule %q is paused, and what webhooks miss is missed for good: `temporal schedule toggle --unpause --schedule-id %s`", api.SweepID, api.SweepID)
	}
	return nil
}

func sweepSpec(every time.Duration) client.ScheduleSpec {
	return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}}
}

func runsEvery(s *client.ScheduleSpec, every time.Duration) bool {
	return s != nil && len(s.Intervals) == 1 && s.Intervals[0].Every == every
}
