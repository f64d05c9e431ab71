package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"muster/dev/actions"
)

// tally counts events and billable actions of one incident.
type tally struct {
	events, actions map[cell]int
	kinds           map[cell]int // by phase and kind of action
	list            [][]string
	// digests counts the messages of mornings.
	digests int
}

// cell is a place in a table.
type cell struct{ row, column string }

var phaseNames = []string{opens, works, resolves, reviews, followsUp, closes}

// count reads all histories and prints what was found. The Review and the FollowUps are phases of their
// own; the events of the others belong to the phase in which they happened.
func (w *whole) count(ctx context.Context) error {
	t := &tally{events: map[cell]int{}, actions: map[cell]int{}, kinds: map[cell]int{}, digests: w.digests}
	for _, i := range w.workflows() {
		events, err := history(ctx, w.Client, i.id)
		if err != nil {
			return err
		}
		if i.kind == "Register" {
			events = events[w.before:]
		}
		if len(events) == 0 {
			return fmt.Errorf("%s took no part", i.id)
		}
		w.add(t, i, events)
	}
	w.report(t)
	return nil
}

func (w *whole) add(t *tally, i involved, events []*historypb.HistoryEvent) {
	tasks := map[int64]bool{}
	for _, e := range events {
		if e.EventType == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED {
			tasks = map[int64]bool{} // another run
		}
		phase := i.phase
		if phase == "" {
			phase = w.phaseAt(e.EventTime.AsTime())
		}
		t.events[cell{phase, i.kind}]++
		kind, n := actions.Billable(e, tasks)
		if n == 0 {
			kind = ""
		}
		t.actions[cell{phase, i.kind}] += n
		t.kinds[cell{phase, kind}] += n
		if n > 0 {
			t.list = append(t.list, []string{e.EventTime.AsTime().Format("15:04:05.000"), phase, i.id, kind, object(e)})
		}
	}
}

func (w *whole) phaseAt(at time.Time) string {
	phase := w.marks[0].phase
	for _, m := range w.marks {
		if !at.Before(m.at) {
			phase = m.phase
		}
	}
	return phase
}

// perDigest is what one person's digest of a day costs: the start of its workflow, and its message. What it tells a
// follow-up is counted there. What all people share, the schedule's run and its question, is none of one incident's.
const perDigest = 2

// cost is that of the digests.
func (t *tally) cost() int { return perDigest * t.digests }

func (w *whole) report(t *tally) {
	total, events := t.cost(), 0
	for _, n := range t.actions {
		total += n
	}
	for _, n := range t.events {
		events += n
	}
	w.table.add("actions of a whole incident", strconv.Itoa(total), "", "")
	w.table.add("events of a whole incident", strconv.Itoa(events), "", "")
	w.notes = append(w.notes, t.byWorkflow(), t.byKind())
	if w.listed {
		slices.SortStableFunc(t.list, func(x, y []string) int { return compare(x[0], y[0]) })
		w.notes = append(w.notes, table{title: "Every billable action", head: []string{"at", "phase", "workflow", "action", "what"}, rows: t.list})
	}
}

func compare(x, y string) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

func (t *tally) byWorkflow() table {
	kinds := []string{"Register", "Incident", "Page", "Review", "FollowUp"}
	out := table{title: "A whole incident: billable actions (events) by phase and workflow", head: append(append([]string{"phase"}, kinds...), "all")}
	sum := map[string][2]int{}
	for _, phase := range phaseNames {
		row, all := []string{phase}, [2]int{}
		for _, k := range kinds {
			a, e := t.actions[cell{phase, k}], t.events[cell{phase, k}]
			row = append(row, pair(a, e))
			all = [2]int{all[0] + a, all[1] + e}
			sum[k] = [2]int{sum[k][0] + a, sum[k][1] + e}
		}
		sum["all"] = [2]int{sum["all"][0] + all[0], sum["all"][1] + all[1]}
		out.add(append(row, pair(all[0], all[1]))...)
	}
	out.add(fmt.Sprintf("%d digests", t.digests), "", "", "", "", "", strconv.Itoa(t.cost()))
	row := []string{"all"}
	for _, k := range kinds {
		row = append(row, pair(sum[k][0], sum[k][1]))
	}
	out.add(append(row, pair(sum["all"][0]+t.cost(), sum["all"][1]))...)
	return out
}

func pair(actions, events int) string {
	if events == 0 {
		return ""
	}
	return fmt.Sprintf("%d (%d)", actions, events)
}

func (t *tally) byKind() table {
	kinds := []string{"started", "child started", "continued as new", "activity", "activity retried", "timer", "signal", "update", "upsert", "marker"}
	out := table{title: "A whole incident: billable actions by phase and kind", head: []string{"phase"}}
	kinds = slices.DeleteFunc(kinds, func(k string) bool {
		return !slices.ContainsFunc(phaseNames, func(p string) bool { return t.kinds[cell{p, k}] > 0 })
	})
	out.head = append(out.head, kinds...)
	for _, phase := range phaseNames {
		row := []string{phase}
		for _, k := range kinds {
			row = append(row, some(t.kinds[cell{phase, k}]))
		}
		out.add(row...)
	}
	row := []string{"all"}
	for _, k := range kinds {
		n := 0
		for _, p := range phaseNames {
			n += t.kinds[cell{p, k}]
		}
		row = append(row, some(n))
	}
	out.add(row...)
	return out
}

func some(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// object names what an action was about, for the list.
func object(e *historypb.HistoryEvent) string {
	var summary string
	if p := e.GetUserMetadata().GetSummary(); p != nil {
		_ = json.Unmarshal(p.GetData(), &summary) // without a summary it stays empty
	}
	name := ""
	switch e.EventType {
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		name = e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		name = e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		name = e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetName()
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		name = e.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetWorkflowId()
	case enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		fields := e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
		name = strings.Join(slices.Sorted(maps.Keys(fields)), " ")
	}
	if summary != "" {
		name += ": " + summary
	}
	return name
}
