package incidents

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/playbook"
	"muster/workflows/api"
)

// EnsureDigests makes the schedules of the playbook that serves now: one for each time zone in which
// somebody works, which tells people in the morning what they are owed, and one for the weekly
// report, if the playbook wants it. Schedules of zones that are gone are deleted. What an operator
// changed besides, such as pausing one, stays.
func (c *Client) EnsureDigests(ctx context.Context) error {
	p, err := c.Playbook.Current()
	if err != nil {
		return fmt.Errorf("playbook: %w", err)
	}
	zones := c.digests(p)
	for _, zone := range slices.Sorted(maps.Keys(zones)) {
		in := zones[zone]
		if err := c.ensureSchedule(ctx, digestSchedule(in), &in); err != nil {
			return fmt.Errorf("schedule the digests of %s: %w", zone, err)
		}
	}
	if err := c.forgetZones(ctx, zones); err != nil {
		return fmt.Errorf("delete the schedules of zones that are gone: %w", err)
	}
	return c.ensureReport(ctx, p)
}

// TriggerDigests starts the digests of every zone now, as their schedules would in the morning.
// Nobody gets a second one on a day, and nobody one outside of working hours.
func (c *Client) TriggerDigests(ctx context.Context) error {
	p, err := c.Playbook.Current()
	if err != nil {
		return fmt.Errorf("playbook: %w", err)
	}
	for _, zone := range slices.Sorted(maps.Keys(c.digests(p))) {
		h := c.Temporal.ScheduleClient().GetHandle(ctx, api.DigestID(zone))
		if err := h.Trigger(ctx, client.ScheduleTriggerOptions{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL}); err != nil {
			return fmt.Errorf("start the digests of %s: %w", zone, err)
		}
	}
	return nil
}

// digests are what the digest of each zone must know. Everybody who has no calendar of their own
// belongs to the playbook's.
func (c *Client) digests(p *playbook.Playbook) map[string]api.DigestInput {
	own := p.Calendar()
	zones := map[string]api.DigestInput{own.Zone: {Zone: own.Zone, Calendar: own, Others: true, Scale: c.TimeoutScale}}
	var elsewhere []string
	for _, who := range p.People() {
		if !who.OwnCalendar {
			continue
		}
		zone := who.Calendar.Zone
		in, known := zones[zone]
		if !known {
			in = api.DigestInput{Zone: zone, Scale: c.TimeoutScale}
		}
		if in.People == nil {
			in.People = map[string]int{}
		}
		k := slices.IndexFunc(in.Calendars, func(c playbook.Calendar) bool { return reflect.DeepEqual(c, who.Calendar) })
		if k < 0 {
			k, in.Calendars = len(in.Calendars), append(in.Calendars, who.Calendar)
		}
		in.People[who.Email] = k
		zones[zone] = in
		if zone != own.Zone {
			elsewhere = append(elsewhere, who.Email)
		}
	}
	slices.Sort(elsewhere)
	in := zones[own.Zone]
	in.Elsewhere = elsewhere
	zones[own.Zone] = in
	return zones
}

// mornings is when the first of some calendars begins its days, on each weekday on which one works.
func mornings(calendars []playbook.Calendar) client.ScheduleSpec {
	var days []int
	start := -1
	for _, c := range calendars {
		if c.Start == 0 && c.End == 0 {
			c.Start = playbook.DefaultCalendar().Start
		}
		if len(c.Days) == 0 {
			c.Days = playbook.DefaultCalendar().Days
		}
		days = append(days, c.Days...)
		if start < 0 || c.Start < start {
			start = c.Start
		}
	}
	slices.Sort(days)
	spec := client.ScheduleCalendarSpec{
		Hour: []client.ScheduleRange{{Start: start / 60}}, Minute: []client.ScheduleRange{{Start: start % 60}},
	}
	for _, d := range slices.Compact(days) {
		spec.DayOfWeek = append(spec.DayOfWeek, client.ScheduleRange{Start: d})
	}
	return client.ScheduleSpec{Calendars: []client.ScheduleCalendarSpec{spec}, TimeZoneName: calendars[0].Zone}
}

func digestSchedule(in api.DigestInput) client.ScheduleOptions {
	var calendars []playbook.Calendar
	if in.Others {
		calendars = append(calendars, in.Calendar)
	}
	calendars = append(calendars, in.Calendars...)
	return client.ScheduleOptions{
		ID: api.DigestID(in.Zone), Spec: mornings(calendars),
		// A digest that hangs keeps the next one from nobody: of one person and day there is only one.
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL,
		// One that was missed is still of use while people work; afterwards the next morning asks anew.
		CatchupWindow: 6 * time.Hour,
		Note:          "Tells people in " + in.Zone + " in the morning what they are owed",
		Action: &client.ScheduleWorkflowAction{
			ID: api.DigestID(in.Zone), Workflow: api.TypeDigest, TaskQueue: api.QueueMuster, WorkflowTaskTimeout: api.WorkflowTaskTimeout,
			Args: []any{in}, StaticSummary: "Digests of " + in.Zone,
		},
	}
}

// ensureReport makes, changes or deletes the schedule of the weekly report.
func (c *Client) ensureReport(ctx context.Context, p *playbook.Playbook) error {
	policy, calendar := p.Report(), p.Calendar()
	if len(policy.Channels) == 0 {
		err := c.Temporal.ScheduleClient().GetHandle(ctx, api.ReportID).Delete(ctx)
		if isNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("delete the schedule of the weekly report: %w", err)
		}
		return nil
	}
	in := api.ReportInput{Channels: policy.Channels, Calendar: calendar, Scale: c.TimeoutScale}
	day := calendar
	day.Days = []int{policy.On}
	err := c.ensureSchedule(ctx, client.ScheduleOptions{
		ID: api.ReportID, Spec: mornings([]playbook.Calendar{day}),
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL,
		CatchupWindow: 24 * time.Hour,
		Note:          "Tells the playbook's channels once a week what became of follow-ups",
		Action: &client.ScheduleWorkflowAction{
			ID: api.ReportID, Workflow: api.TypeReport, TaskQueue: api.QueueMuster, WorkflowTaskTimeout: api.WorkflowTaskTimeout,
			Args: []any{in}, StaticSummary: "Weekly report of follow-ups",
		},
	}, &in)
	if err != nil {
		return fmt.Errorf("schedule the weekly report: %w", err)
	}
	return nil
}

// ensureSchedule makes a schedule, or gives it another time and input. in is a pointer to its input:
// a schedule whose input and time are right is left alone.
func (c *Client) ensureSchedule(ctx context.Context, o client.ScheduleOptions, in any) error {
	schedules := c.Temporal.ScheduleClient()
	_, err := schedules.Create(ctx, o)
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	err = schedules.GetHandle(ctx, o.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(u client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := u.Description.Schedule
			if c.sameInput(s.Action, in) {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			spec := o.Spec
			s.Spec, s.Action = &spec, o.Action
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	})
	if errors.Is(err, temporal.ErrSkipScheduleUpdate) {
		return nil
	}
	return err
}

// sameInput compares a schedule's input, from which its time follows, with the wanted one.
func (c *Client) sameInput(action client.ScheduleAction, want any) bool {
	a, ok := action.(*client.ScheduleWorkflowAction)
	if !ok || len(a.Args) != 1 {
		return false
	}
	have := reflect.New(reflect.TypeOf(want).Elem())
	p, ok := a.Args[0].(*commonpb.Payload)
	if !ok || !c.decode(p, have.Interface()) {
		return false
	}
	is, err := json.Marshal(have.Interface()) // which leaves out what is empty, whether or not it is nil
	should, err2 := json.Marshal(want)
	return err == nil && err2 == nil && bytes.Equal(is, should)
}

// forgetZones deletes the schedules of zones in which nobody works any more.
func (c *Client) forgetZones(ctx context.Context, zones map[string]api.DigestInput) error {
	schedules := c.Temporal.ScheduleClient()
	list, err := schedules.List(ctx, client.ScheduleListOptions{PageSize: 100})
	if err != nil {
		return err
	}
	for list.HasNext() {
		s, err := list.Next()
		if err != nil {
			return err
		}
		zone, isDigest := strings.CutPrefix(s.ID, api.DigestPrefix)
		if _, wanted := zones[zone]; !isDigest || wanted {
			continue
		}
		err = schedules.GetHandle(ctx, s.ID).Delete(ctx)
		var gone *serviceerror.NotFound
		if err != nil && !errors.As(err, &gone) {
			return err
		}
	}
	return nil
}
