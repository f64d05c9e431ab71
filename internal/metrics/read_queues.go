package metrics

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/workflows/api"
)

// queues are those that Muster's workers poll.
var queues = []api.TaskQueue{api.QueueMuster, api.QueuePager, api.QueuePagerRead, api.QueueSlackCreate, api.QueueSlackWrite, api.QueueJira, api.QueueArchive}

// readQueues asks how many tasks wait in each queue, for how long, and who asks for them. Workflow tasks
// are in one of them only.
func readQueues(ctx context.Context, r Reader) ([]value, error) {
	out, err := r.queue(ctx, api.QueueMuster, "workflow", enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return nil, err
	}
	for _, q := range queues {
		more, err := r.queue(ctx, q, "activity", enumspb.TASK_QUEUE_TYPE_ACTIVITY)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func (r Reader) queue(ctx context.Context, name api.TaskQueue, kind string, of enumspb.TaskQueueType) ([]value, error) {
	answer, err := r.Temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: r.Namespace, TaskQueue: &taskqueuepb.TaskQueue{Name: string(name), Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		TaskQueueType: of, ReportStats: true,
	})
	if err != nil {
		return nil, fmt.Errorf("describe task queue %s: %w", name, err)
	}
	labels, stats := []string{string(name), kind}, answer.GetStats()
	return []value{
		{QueueBacklog, labels, float64(stats.GetApproximateBacklogCount())},
		{QueueAge, labels, stats.GetApproximateBacklogAge().AsDuration().Seconds()},
		{QueuePollers, labels, float64(polling(answer.GetPollers(), time.Now()))},
	}, nil
}

// pollWithin is longer than one long poll lasts. The server remembers for five minutes who has polled, dead or alive.
const pollWithin = 90 * time.Second

func polling(all []*taskqueuepb.PollerInfo, now time.Time) (n int) {
	for _, p := range all {
		if now.Sub(p.GetLastAccessTime().AsTime()) < pollWithin {
			n++
		}
	}
	return n
}
