package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"muster/internal/setup"
	"muster/workflows/api"
)

// Connected asks a Temporal server over a client.
func Connected(c client.Client, namespace string) Server { return connected{c, namespace} }

type connected struct {
	client    client.Client
	namespace string
}

func (c connected) Name() string { return c.namespace }

func (c connected) Retention(ctx context.Context) (time.Duration, bool, error) {
	d, err := c.client.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: c.namespace})
	if _, unknown := errors.AsType[*serviceerror.NamespaceNotFound](err); unknown {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return d.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), true, nil
}

func (c connected) SearchAttributes(ctx context.Context) (map[string]enumspb.IndexedValueType, error) {
	a, err := c.client.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.namespace})
	if err == nil {
		return a.GetCustomAttributes(), nil
	}
	// Temporal Cloud lists them to nobody. They are known by using them.
	have := setup.SearchAttributes()
	err = setup.CheckSearchAttributes(ctx, c.client, c.namespace)
	if missing, ok := errors.AsType[*setup.MissingError](err); ok {
		for name := range missing.Attributes {
			delete(have, name)
		}
		for _, name := range missing.Mistyped {
			have[name] = enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED
		}
		return have, nil
	}
	return have, err
}

func (c connected) Schedule(ctx context.Context, id string) (Schedule, bool, error) {
	d, err := c.client.ScheduleClient().GetHandle(ctx, id).Describe(ctx)
	if _, unknown := errors.AsType[*serviceerror.NotFound](err); unknown {
		return Schedule{}, false, nil
	}
	if err != nil {
		return Schedule{}, false, err
	}
	s := Schedule{Paused: d.Schedule.State.Paused, Note: d.Schedule.State.Note}
	if len(d.Info.NextActionTimes) > 0 {
		s.Next = d.Info.NextActionTimes[0]
	}
	return s, true, nil
}

func (c connected) CanaryPassed(ctx context.Context) (time.Time, error) {
	found, err := c.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Namespace: c.namespace, PageSize: 1, Query: fmt.Sprintf(
		"WorkflowType = '%s' AND ExecutionStatus = 'Completed' AND %s = '%s'", api.TypeCanary, api.AttrStatus, api.CanaryPassed)})
	if err != nil || len(found.GetExecutions()) == 0 {
		return time.Time{}, err
	}
	return found.GetExecutions()[0].GetCloseTime().AsTime(), nil
}

func (c connected) Schedules(ctx context.Context) (map[string]Schedule, error) {
	list, err := c.client.ScheduleClient().List(ctx, client.ScheduleListOptions{PageSize: 200})
	if err != nil {
		return nil, err
	}
	out := map[string]Schedule{}
	for list.HasNext() {
		s, err := list.Next()
		if err != nil {
			return nil, err
		}
		one := Schedule{Paused: s.Paused, Note: s.Note}
		if len(s.NextActionTimes) > 0 {
			one.Next = s.NextActionTimes[0]
		}
		out[s.ID] = one
	}
	return out, nil
}

func (c connected) Pollers(ctx context.Context, queue string, workflows bool) ([]Poller, error) {
	kind := enumspb.TASK_QUEUE_TYPE_ACTIVITY
	if workflows {
		kind = enumspb.TASK_QUEUE_TYPE_WORKFLOW
	}
	d, err := c.client.DescribeTaskQueue(ctx, queue, kind)
	if err != nil {
		return nil, err
	}
	var out []Poller
	for _, p := range d.GetPollers() {
		out = append(out, Poller{Identity: p.GetIdentity(), Seen: p.GetLastAccessTime().AsTime()})
	}
	return out, nil
}
