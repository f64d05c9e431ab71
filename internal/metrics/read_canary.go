package metrics

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/workflows/api"
)

// readCanary reads what canaries have found from visibility, which remembers it whatever was restarted since, and
// how often they run from their schedule. Without a schedule there is no canary.
func readCanary(ctx context.Context, r Reader) ([]value, error) {
	s, err := r.Temporal.WorkflowService().DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{Namespace: r.Namespace, ScheduleId: api.CanaryID})
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe the schedule of the canary: %w", err)
	}
	out := []value{{CanaryEvery, nil, 0}}
	for _, i := range s.GetSchedule().GetSpec().GetInterval() {
		out[0].is = i.GetInterval().AsDuration().Seconds()
	}
	passed, err := r.newestCanary(ctx, api.CanaryPassed)
	if err != nil {
		return nil, err
	}
	success := 0.0
	if passed != nil {
		success = float64(passed.GetCloseTime().AsTime().Unix())
	}
	out = append(out, value{CanarySuccess, nil, success})
	last, err := r.newestCanary(ctx, api.CanaryPassed, api.CanaryFailed)
	if err != nil || last == nil {
		return out, err
	}
	var found api.CanaryResult
	if p := last.GetMemo().GetFields()[api.MemoOutcome]; p == nil || r.Converter.FromPayload(p, &found) != nil {
		return out, nil
	}
	for _, l := range found.Legs {
		ok := 0.0
		if l.Problem == "" {
			ok = 1
		}
		out = append(out, value{CanaryLegOK, []string{l.Name}, ok})
		if !l.Skipped {
			out = append(out, value{CanaryLeg, []string{l.Name}, l.Took.Seconds()})
		}
	}
	return out, nil
}

// newestCanary is the last one that has ended with one of these outcomes, nil for none: visibility lists what has
// ended last first.
func (r Reader) newestCanary(ctx context.Context, outcomes ...string) (*workflowpb.WorkflowExecutionInfo, error) {
	query := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Completed' AND %s IN ('%s')", api.TypeCanary, api.AttrStatus, strings.Join(outcomes, "', '"))
	answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: r.Namespace, Query: query, PageSize: 1})
	if err != nil {
		return nil, fmt.Errorf("list canaries: %w", err)
	}
	if len(answer.GetExecutions()) == 0 {
		return nil, nil
	}
	return answer.GetExecutions()[0], nil
}
