package main

import (
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

func ofType(t enumspb.EventType) func(*historypb.HistoryEvent) bool {
	return func(e *historypb.HistoryEvent) bool { return e.EventType == t }
}

// hop is a workflow on the way: its history, and where in it the next hop was asked for.
type hop struct {
	name   string
	events []*historypb.HistoryEvent
	asked  int
}

// addIncident adds one incident's way from the call to the page. It climbs from the Page to whoever started it, so
// that it follows the workflows however they are arranged.
func (s *splits) addIncident(ctx context.Context, b *bench, o opening, paged time.Time) error {
	hops, err := climb(ctx, b, api.PageID(o.number, 1))
	if err != nil {
		return err
	}
	p := s.from(o.began)
	for k, h := range hops {
		if err := p.through(h, k > 0); err != nil {
			return err
		}
	}
	return p.activity(hops[len(hops)-1].events, paged)
}

// addFloor adds one bare workflow's way from the call to the activity.
func (s *splits) addFloor(ctx context.Context, b *bench, id string, began, reached time.Time) error {
	hops, err := climb(ctx, b, id)
	if err != nil {
		return err
	}
	hops[0].name = api.TypePage // whose place it takes in the table
	p := s.from(began)
	if err := p.through(hops[0], true); err != nil {
		return err
	}
	return p.activity(hops[0].events, reached)
}

// climb gives the workflow that asked for an activity, and before it those that started it, the first one first.
func climb(ctx context.Context, b *bench, id string) ([]hop, error) {
	is := ofType(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
	var hops []hop
	for run := ""; ; {
		events, err := historyOfRun(ctx, b.Client, id, run)
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", id, err)
		}
		k := slices.IndexFunc(events, is)
		if k < 0 {
			return nil, fmt.Errorf("the history of %s does not show what came of it", id)
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

func (p *path) activity(events []*historypb.HistoryEvent, reached time.Time) error {
	k := slices.IndexFunc(events, ofType(enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED))
	if k < 0 {
		return errors.New("the history does not show that its activity was started")
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
