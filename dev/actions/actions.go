// Package actions counts what Temporal Cloud bills for.
package actions

import (
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// Billable says how many actions Temporal Cloud bills for an event, and of what kind. The rules are those of
// https://docs.temporal.io/evaluate/cloud/actions, applied to events as the Web UI's own estimate applies them
// (temporalio/ui, src/lib/models/event-history/get-event-billable-actions.ts):
//
//   - A workflow start is one, by a client, by continue-as-new or as a child. Search attributes, memo and summary given
//     with it are free. Signal-with-start is one in all: the signal right behind the start is free.
//   - A child is two for its parent's intent and its start. One is counted here at the parent and one at the child's
//     start; the Web UI shows both at the parent, and shows the child's start again in the child's own history.
//   - An activity is one for each attempt. Heartbeats that reach the server are one each; Muster's opening and
//     working activities have none.
//   - A timer is one when it starts, cancelled or not, and also when the SDK started it for an await with a timeout.
//   - A signal is one, whoever sends it; it is counted where it arrives. An update is one. A rejected update is one too
//     but leaves no event; an update repeated with its ID is none.
//   - An upsert of search attributes is one, however many it sets; an upsert of the memo is none.
//   - All side effects and local activities of one workflow task are one together; version markers are none.
//   - A query is one. It leaves no event; the product makes none by itself, only people who look do.
//   - A run of a schedule is three; it belongs to the installation and to no incident.
//
// tasks remembers the workflow tasks whose markers were counted; it belongs to one run of one workflow.
func Billable(e *historypb.HistoryEvent, tasks map[int64]bool) (kind string, n int) {
	switch e.EventType {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		return startKind(e), 1
	case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
		return "child started", 1
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		return "activity", 1
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
		return "activity retried", int(e.GetActivityTaskStartedEventAttributes().GetAttempt()) - 1
	case enumspb.EVENT_TYPE_TIMER_STARTED:
		return "timer", 1
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		const behindTheStart = 2
		if e.EventId == behindTheStart {
			return "", 0
		}
		return "signal", 1
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		return "update", 1
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED:
		return "options updated", 1
	case enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		return upsertKind(e)
	case enumspb.EVENT_TYPE_MARKER_RECORDED:
		return markerKind(e, tasks)
	}
	return "", 0
}

func startKind(e *historypb.HistoryEvent) string {
	a := e.GetWorkflowExecutionStartedEventAttributes()
	switch {
	case a.GetContinuedExecutionRunId() != "":
		return "continued as new"
	case a.GetParentWorkflowExecution() != nil:
		return "child started"
	}
	return "started"
}

func upsertKind(e *historypb.HistoryEvent) (string, int) {
	fields := e.GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()
	if _, version := fields["TemporalChangeVersion"]; version && len(fields) == 1 {
		return "", 0
	}
	return "upsert", 1
}

func markerKind(e *historypb.HistoryEvent, tasks map[int64]bool) (string, int) {
	a := e.GetMarkerRecordedEventAttributes()
	task := a.GetWorkflowTaskCompletedEventId()
	if a.GetMarkerName() == "Version" || tasks[task] {
		return "", 0
	}
	tasks[task] = true
	return "marker", 1
}
