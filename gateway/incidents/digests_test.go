package incidents_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/playbook"
	"muster/playbook/file"
	"muster/workflows/api"
)

// calendar is a server's schedules by their IDs. As on a server, the inputs that it describes are payloads.
type calendar struct {
	client.ScheduleClient
	t         *testing.T
	have      map[string]*client.Schedule
	updated   []string
	triggered []string
}

func (s *calendar) Create(_ context.Context, o client.ScheduleOptions) (client.ScheduleHandle, error) {
	if s.have[o.ID] != nil {
		return nil, temporal.ErrScheduleAlreadyRunning
	}
	spec := o.Spec
	s.have[o.ID] = &client.Schedule{Spec: &spec, Action: s.kept(o.Action), Policy: &client.SchedulePolicies{Overlap: o.Overlap}, State: &client.ScheduleState{Note: o.Note}}
	return scheduled{s: s, id: o.ID}, nil
}

func (s *calendar) kept(a client.ScheduleAction) client.ScheduleAction {
	w := *a.(*client.ScheduleWorkflowAction)
	w.Args = []any{payload(s.t, w.Args[0])}
	return &w
}

func (s *calendar) GetHandle(_ context.Context, id string) client.ScheduleHandle {
	return scheduled{s: s, id: id}
}

func (s *calendar) List(context.Context, client.ScheduleListOptions) (client.ScheduleListIterator, error) {
	return &listed{ids: slices.Sorted(maps.Keys(s.have))}, nil
}

type listed struct{ ids []string }

func (l *listed) HasNext() bool { return len(l.ids) > 0 }
func (l *listed) Next() (*client.ScheduleListEntry, error) {
	id := l.ids[0]
	l.ids = l.ids[1:]
	return &client.ScheduleListEntry{ID: id}, nil
}

type scheduled struct {
	client.ScheduleHandle
	s  *calendar
	id string
}

func (h scheduled) Update(_ context.Context, o client.ScheduleUpdateOptions) error {
	u, err := o.DoUpdate(client.ScheduleUpdateInput{Description: client.ScheduleDescription{Schedule: *h.s.have[h.id]}})
	if err != nil {
		return err
	}
	u.Schedule.Action = h.s.kept(u.Schedule.Action)
	h.s.have[h.id] = u.Schedule
	h.s.updated = append(h.s.updated, h.id)
	return nil
}

func (h scheduled) Delete(context.Context) error {
	if h.s.have[h.id] == nil {
		return serviceerror.NewNotFound("no such schedule")
	}
	delete(h.s.have, h.id)
	return nil
}

func (h scheduled) Trigger(context.Context, client.ScheduleTriggerOptions) error {
	h.s.triggered = append(h.s.triggered, h.id)
	return nil
}

func (s *calendar) input(id string) api.DigestInput {
	s.t.Helper()
	var in api.DigestInput
	p := s.have[id].Action.(*client.ScheduleWorkflowAction).Args[0].(*commonpb.Payload)
	c := incidents.New(incidents.Options{})
	require.NoError(s.t, c.Converter.FromPayload(p, &in))
	return in
}

// policy is a playbook that changes.
type policy struct{ text string }

func (p *policy) Current() (*playbook.Playbook, error) {
	return file.Parse("muster.yaml", []byte(p.text), now)
}

const twoZones = `version: 1
people:
  alice@example.com: Alice
  bob@example.com: {name: Bob, calendar: early}
  carol@example.com: {name: Carol, zone: America/New_York}
  dan@example.com: {name: Dan, calendar: india}
calendars:
  berlin: {zone: Europe/Berlin, days: mon-fri, hours: 09:00-17:00}
  early: {zone: Europe/Berlin, days: sun-thu, hours: 07:30-15:00}
  india: {zone: Asia/Kolkata, days: mon-fri, hours: 10:00-18:00}
calendar: berlin
`

func digests(t *testing.T, text string) (*incidents.Client, *calendar, *policy) {
	t.Helper()
	s, p := &calendar{t: t, have: map[string]*client.Schedule{}}, &policy{text}
	c := newClient(t, &fake{schedules: s})
	c.Playbook = p
	return c, s, p
}

func TestEachZoneHasAScheduleOnItsWorkingMornings(t *testing.T) {
	t.Parallel()
	c, s, _ := digests(t, twoZones)
	require.NoError(t, c.EnsureDigests(t.Context()))
	require.Equal(t, []string{"digest/America/New_York", "digest/Asia/Kolkata", "digest/Europe/Berlin"}, slices.Sorted(maps.Keys(s.have)))

	spec := s.have["digest/Europe/Berlin"].Spec
	require.Equal(t, "Europe/Berlin", spec.TimeZoneName)
	require.Equal(t, 7, spec.Calendars[0].Hour[0].Start, "when the first of the zone begins")
	require.Equal(t, 30, spec.Calendars[0].Minute[0].Start)
	require.Len(t, spec.Calendars[0].DayOfWeek, 6, "Sunday to Friday")
	require.Equal(t, enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL, s.have["digest/Europe/Berlin"].Policy.Overlap)

	own := s.input("digest/Europe/Berlin")
	require.True(t, own.Others, "everybody who is nowhere else belongs to the playbook's own zone")
	require.Equal(t, []string{"carol@example.com", "dan@example.com"}, own.Elsewhere)
	require.Equal(t, []string{"bob@example.com"}, slices.Collect(maps.Keys(own.People)))
	india := s.input("digest/Asia/Kolkata")
	require.False(t, india.Others)
	require.Equal(t, 600, india.Calendars[india.People["dan@example.com"]].Start)
	require.InDelta(t, 0.5, india.Scale, 0)
}

func TestSchedulesFollowThePlaybookAndKeepAnOperatorsPause(t *testing.T) {
	t.Parallel()
	c, s, p := digests(t, twoZones)
	require.NoError(t, c.EnsureDigests(t.Context()))
	s.have["digest/Europe/Berlin"].State.Paused = true
	require.NoError(t, c.EnsureDigests(t.Context()))
	require.Empty(t, s.updated, "what is right is left alone")

	p.text = strings.Replace(p.text, "09:00-17:00", "10:00-17:00", 1)
	p.text = strings.Replace(p.text, "  dan@example.com: {name: Dan, calendar: india}\n", "", 1)
	p.text = strings.Replace(p.text, "calendar: early}", "calendar: berlin}", 1)
	require.NoError(t, c.EnsureDigests(t.Context()))
	require.Equal(t, []string{"digest/America/New_York", "digest/Europe/Berlin"}, slices.Sorted(maps.Keys(s.have)), "nobody works in India any more")
	require.Equal(t, []string{"digest/America/New_York", "digest/Europe/Berlin"}, s.updated)
	require.Equal(t, 10, s.have["digest/Europe/Berlin"].Spec.Calendars[0].Hour[0].Start)
	require.True(t, s.have["digest/Europe/Berlin"].State.Paused)
}

func TestTheReportIsScheduledWhereThePlaybookWantsIt(t *testing.T) {
	t.Parallel()
	c, s, p := digests(t, twoZones)
	require.NoError(t, c.EnsureDigests(t.Context()))
	require.NotContains(t, s.have, api.ReportID, "off unless it is wanted")
	p.text += "follow_ups: {report: {channels: [sre], on: friday}}\n"
	require.NoError(t, c.EnsureDigests(t.Context()))
	spec := s.have[api.ReportID].Spec
	require.Equal(t, []client.ScheduleRange{{Start: 5}}, spec.Calendars[0].DayOfWeek)
	require.Equal(t, 9, spec.Calendars[0].Hour[0].Start)
	p.text = twoZones
	require.NoError(t, c.EnsureDigests(t.Context()))
	require.NotContains(t, s.have, api.ReportID)
}

func TestDigestsOfEveryZoneCanBeStartedNow(t *testing.T) {
	t.Parallel()
	c, s, _ := digests(t, twoZones)
	require.NoError(t, c.EnsureDigests(t.Context()))
	require.NoError(t, c.TriggerDigests(t.Context()))
	require.Equal(t, []string{"digest/America/New_York", "digest/Asia/Kolkata", "digest/Europe/Berlin"}, s.triggered)
}

func TestWhatIsOwedIsAskedOfFollowUps(t *testing.T) {
	t.Parallel()
	state := func(person string, due incident.Date) api.FollowUpState {
		return api.FollowUpState{Asks: []api.PersonAsk{{Person: person, Ask: api.AskDue, Told: true, Line: api.Line{Text: "Alert on queue depth", Due: due}}}}
	}
	states := map[string]any{
		"INC-1/follow-up/1": state("alice@example.com", "2026-12-01"), "INC-2/follow-up/1": state("alice@example.com", "2026-11-01"),
		"INC-3/follow-up/1": state("bob@example.com", "2026-11-01"), // it was given to somebody else just now
	}
	var query string
	f := &fake{
		list: func(r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
			query = r.GetQuery()
			resp := &workflowservice.ListWorkflowExecutionsResponse{}
			for _, id := range []string{"INC-1/follow-up/1", "INC-2/follow-up/1", "INC-3/follow-up/1", "INC-4/follow-up/1"} {
				resp.Executions = append(resp.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
			}
			return resp, nil
		},
		query: func(id, _ string) (any, error) {
			if states[id] == nil {
				return nil, serviceerror.NewNotFound("it has ended")
			}
			return states[id], nil
		},
	}
	c := newClient(t, f)
	lines, err := c.OwedTo(t.Context(), "Alice@example.com")
	require.NoError(t, err)
	require.Equal(t, "WorkflowType = 'FollowUp' AND ExecutionStatus = 'Running' AND MusterAsked = 'alice@example.com'", query)
	require.Len(t, lines, 2, "what was told this morning is owed still")
	require.Equal(t, "INC-2/follow-up/1", lines[0].FollowUp, "the oldest first")

	f.query = func(id, _ string) (any, error) {
		if id == "INC-1/follow-up/1" {
			return nil, errors.New("no worker")
		}
		return states[id], nil
	}
	states["INC-4/follow-up/1"] = state("alice@example.com", "2026-11-02")
	lines, err = c.OwedTo(t.Context(), "alice@example.com")
	require.Error(t, err, "the list is not complete")
	require.Len(t, lines, 2, "and shows what it knows")
}
