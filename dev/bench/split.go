package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"muster/workflows/api"
)

// splits holds samples of how a latency splits over the hops between two calls, by the histories' own timestamps.
type splits struct {
	names   []string
	samples map[string][]time.Duration
}

// path collects moments in order and the name of what lies between each and the one before.
type path struct {
	splits *splits
	last   time.Time
}

func (s *splits) from(t time.Time) *path {
	if s.samples == nil {
		s.samples = map[string][]time.Duration{}
	}
	return &path{splits: s, last: t}
}

func (p *path) to(t time.Time, name string) {
	s := p.splits
	if _, known := s.samples[name]; !known {
		s.names = append(s.names, name)
	}
	s.samples[name] = append(s.samples[name], t.Sub(p.last))
	p.last = t
}

// tasked is one workflow task with what it is part of: when its workflow could be run, was run, and had answered.
type tasked struct{ scheduled, started, completed time.Time }

// taskBefore finds the workflow task that wrote the event at k.
func taskBefore(events []*historypb.HistoryEvent, k int) (t tasked, err error) {
	for ; k >= 0; k-- {
		at := events[k].EventTime.AsTime()
		switch events[k].EventType {
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			t.completed = at
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED:
			t.started = at
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
			t.scheduled = at
			return t, nil
		}
	}
	return t, errors.New("no workflow task wrote the event")
}

func find(events []*historypb.HistoryEvent, is func(*historypb.HistoryEvent) bool) (int, error) {
	for k, e := range events {
		if is(e) {
			return k, nil
		}
	}
	return 0, errors.New("the history has no such event")
}

func ofType(t enumspb.EventType) func(*historypb.HistoryEvent) bool {
	return func(e *historypb.HistoryEvent) bool { return e.EventType == t }
}

// addIncident adds one incident's way from the call to the page.
func (s *splits) addIncident(ctx context.Context, b *bench, o opening, paged time.Time) error {
	register, err := historyOfRun(ctx, b.Client, api.RegisterID, "")
	if err != nil {
		return err
	}
	id := api.IncidentID(o.number)
	k, err := find(register, func(e *historypb.HistoryEvent) bool {
		return e.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetWorkflowId() == id
	})
	if err != nil {
		return fmt.Errorf("register: %s: %w", id, err)
	}
	task, err := taskBefore(register, k)
	if err != nil {
		return err
	}
	p := s.from(o.began)
	p.to(task.scheduled, "call to Register's task")
	p.to(task.started, "Register's task waits for the worker")
	p.to(task.completed, "Register's task runs")
	incident, err := historyOfRun(ctx, b.Client, id, "")
	if err != nil {
		return err
	}
	if err := p.through(incident, "Incident", enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED); err != nil {
		return err
	}
	page, err := historyOfRun(ctx, b.Client, api.PageID(o.number, 1), "")
	if err != nil {
		return err
	}
	if err := p.through(page, "Page", enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED); err != nil {
		return err
	}
	return p.activity(page, paged)
}

// addFloor adds one bare workflow's way from the call to the activity.
func (s *splits) addFloor(ctx context.Context, b *bench, id string, began, reached time.Time) error {
	events, err := historyOfRun(ctx, b.Client, id, "")
	if err != nil {
		return err
	}
	p := s.from(began)
	if err := p.through(events, "Page", enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED); err != nil {
		return err
	}
	return p.activity(events, reached)
}

// through follows a workflow from its start to the task that wrote the first event of a type.
func (p *path) through(events []*historypb.HistoryEvent, name string, t enumspb.EventType) error {
	k, err := find(events, ofType(t))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	task, err := taskBefore(events, k)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.to(events[0].EventTime.AsTime(), name+" starts")
	p.to(task.scheduled, name+"'s task is scheduled")
	p.to(task.started, name+"'s task waits for the worker")
	p.to(task.completed, name+"'s task runs")
	return nil
}

func (p *path) activity(events []*historypb.HistoryEvent, reached time.Time) error {
	k, err := find(events, ofType(enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED))
	if err != nil {
		return err
	}
	p.to(events[k].EventTime.AsTime(), "the activity waits for the worker")
	p.to(reached, "the activity reaches its vendor")
	return nil
}

// splitTable shows the medians side by side; the bare workflow takes the place of Page.
func splitTable(muster, floor splits) table {
	t := table{title: "Where declare-to-page spends its time (medians)", head: []string{"step", "Muster", "bare Temporal"}}
	for _, name := range muster.names {
		cell := ""
		if f := floor.samples[name]; len(f) > 0 {
			cell = ms(quantile(f, 50))
		}
		t.add(name, ms(quantile(muster.samples[name], 50)), cell)
	}
	return t
}
