package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
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

// hop is a workflow on the way: its history, and where in it the next hop was asked for.
type hop struct {
	name   string
	events []*historypb.HistoryEvent
	asked  int
}

// addIncident adds one incident's way from the call to the page. It climbs from whoever asked for the page to whoever
// was called, so that it follows the workflows however they are arranged.
func (s *splits) addIncident(ctx context.Context, b *bench, o opening, paged time.Time) error {
	pages := func(e *historypb.HistoryEvent) bool {
		a := e.GetActivityTaskScheduledEventAttributes()
		input := a.GetInput().GetPayloads()
		name := a.GetActivityType().GetName()
		return (name == "RaisePages" || name == "TriggerPage") && len(input) == 1 &&
			bytes.Contains(input[0].GetData(), []byte("/"+api.PageID(o.number, 1)+"/"))
	}
	for _, id := range []string{api.RegisterID, api.IncidentID(o.number), api.PageID(o.number, 1)} {
		hops, err := climb(ctx, b, id, pages)
		if errors.Is(err, errNotAsked) {
			continue
		}
		if err != nil {
			return err
		}
		return s.from(o.began).over(hops, paged)
	}
	return fmt.Errorf("no history shows who paged for %s", api.IncidentID(o.number))
}

// addFloor adds one bare workflow's way from the call to the activity.
func (s *splits) addFloor(ctx context.Context, b *bench, id string, began, reached time.Time) error {
	hops, err := climb(ctx, b, id, func(e *historypb.HistoryEvent) bool {
		return e.EventType == enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
	})
	if err != nil {
		return err
	}
	hops[0].name = api.TypeRegister // whose place it takes in the table
	return s.from(began).over(hops, reached)
}

// errNotAsked means that a workflow did not ask for what was looked for.
var errNotAsked = errors.New("the history has no such event")

// climb gives the workflow that wrote an event, and before it those that started it, the first one first.
func climb(ctx context.Context, b *bench, id string, is func(*historypb.HistoryEvent) bool) ([]hop, error) {
	var hops []hop
	for run := ""; ; {
		events, err := historyOfRun(ctx, b.Client, id, run)
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", id, err)
		}
		k := slices.IndexFunc(events, is)
		if k < 0 {
			return nil, fmt.Errorf("%s: %w", id, errNotAsked)
		}
		started := events[0].GetWorkflowExecutionStartedEventAttributes()
		hops = append([]hop{{name: started.GetWorkflowType().GetName(), events: events, asked: k}}, hops...)
		parent := started.GetParentWorkflowExecution()
		if parent == nil {
			return hops, nil
		}
		initiated := started.GetParentInitiatedEventId()
		id, run = parent.GetWorkflowId(), parent.GetRunId()
		is = func(e *historypb.HistoryEvent) bool { return e.EventId == initiated }
	}
}

// over goes over all hops, and from the last one over the activity that it asked for. Register lives for ever, and so it
// alone was not started on the way.
func (p *path) over(hops []hop, reached time.Time) error {
	for _, h := range hops {
		if err := p.through(h, h.name != api.TypeRegister); err != nil {
			return err
		}
	}
	return p.activity(hops[len(hops)-1], reached)
}

// through follows a workflow from its start, if that was on the way, to the task that asked for the next hop.
func (p *path) through(h hop, starts bool) error {
	task, err := taskBefore(h.events, h.asked)
	if err != nil {
		return fmt.Errorf("%s: %w", h.name, err)
	}
	if starts {
		p.to(h.events[0].EventTime.AsTime(), h.name+" starts")
		p.to(task.scheduled, h.name+"'s task is scheduled")
	} else {
		p.to(task.scheduled, "the call reaches "+h.name)
	}
	p.to(task.started, h.name+"'s task waits for the worker")
	p.to(task.completed, h.name+"'s task runs")
	return nil
}

func (p *path) activity(h hop, reached time.Time) error {
	k := slices.IndexFunc(h.events, func(e *historypb.HistoryEvent) bool {
		return e.GetActivityTaskStartedEventAttributes().GetScheduledEventId() == h.events[h.asked].EventId
	})
	if k < 0 {
		return errors.New("the history does not show that the activity was started")
	}
	p.to(h.events[k].EventTime.AsTime(), "the activity waits for the worker")
	p.to(reached, "the activity reaches its vendor")
	return nil
}

// splitTable shows the medians side by side; the bare workflow takes the place of Register.
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
