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

// The daily check-up is early enough to be mended on the day, and when people are there.
const (
	checkUpHour   = 8
	checkUpMinute = 30
)

// EnsureCheckUp makes the schedule of the daily check-up, at 08:30 in a time zone, or gives it another
// zone. An empty zone is UTC for a new schedule, and leaves one that is there alone. What an operator
// changed besides, such as pausing it, stays.
func (c *Client) EnsureCheckUp(ctx context.Context, zone string) error {
	schedules := c.Temporal.ScheduleClient()
	_, err := schedules.Create(ctx, client.ScheduleOptions{
		ID:            api.DoctorID,
		Spec:          checkUpSpec(zone),
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: 12 * time.Hour, // what was missed by then is looked at the next morning
		Note:          "Looks whether Muster could do its work, and tells the operators what is new",
		Action: &client.ScheduleWorkflowAction{
			ID: api.DoctorID, Workflow: api.TypeCheckUp, TaskQueue: api.QueueMuster, WorkflowTaskTimeout: api.WorkflowTaskTimeout,
		},
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("schedule the daily check-up: %w", err)
	}
	if zone == "" {
		return nil
	}
	err = schedules.GetHandle(ctx, api.DoctorID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := in.Description.Schedule
			if s.Spec != nil && s.Spec.TimeZoneName == zone {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			spec := checkUpSpec(zone)
			s.Spec = &spec
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	})
	if err != nil && !errors.Is(err, temporal.ErrSkipScheduleUpdate) {
		return fmt.Errorf("change the time zone of the daily check-up: %w", err)
	}
	return nil
}

func checkUpSpec(zone string) client.ScheduleSpec {
	at := func(n int) []client.ScheduleRange { return []client.ScheduleRange{{Start: n}} }
	return client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{{Hour: at(checkUpHour), Minute: at(checkUpMinute)}}, TimeZoneName: zone}
}
