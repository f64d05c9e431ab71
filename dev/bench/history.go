package main

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// history gives the events of all runs of a workflow, oldest first, and none of a workflow that does not exist.
func history(ctx context.Context, c client.Client, id string) ([]*historypb.HistoryEvent, error) {
	var all []*historypb.HistoryEvent
	for run := ""; ; {
		events, err := historyOfRun(ctx, c, id, run)
		if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", id, err)
		}
		all = append(events, all...)
		if len(events) == 0 {
			return all, nil
		}
		if run = events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId(); run == "" {
			return all, nil
		}
	}
}

func historyOfRun(ctx context.Context, c client.Client, id, run string) ([]*historypb.HistoryEvent, error) {
	var events []*historypb.HistoryEvent
	it := c.GetWorkflowHistory(ctx, id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}
