package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// floor runs the least that Temporal can do: a workflow of one activity that does nothing, and one that answers
// updates. Its worker has the SDK's own defaults and shares Muster's client, server and process.
type floor struct {
	client  client.Client
	worker  worker.Worker
	reached sync.Map // workflow ID to chan time.Time
}

const (
	floorQueue    = "bench-floor"
	floorActivity = "BareActivity"
	floorUpdate   = "BareUpdate"
	updateName    = "update"
)

func startFloor(c client.Client) (*floor, error) {
	f := &floor{client: c, worker: worker.New(c, floorQueue, worker.Options{})}
	f.worker.RegisterWorkflowWithOptions(bareActivity, workflow.RegisterOptions{Name: floorActivity})
	f.worker.RegisterWorkflowWithOptions(bareUpdate, workflow.RegisterOptions{Name: floorUpdate})
	f.worker.RegisterActivityWithOptions(f.nothing, activity.RegisterOptions{Name: "nothing"})
	if err := f.worker.Start(); err != nil {
		return nil, fmt.Errorf("start the bare worker: %w", err)
	}
	return f, nil
}

func (f *floor) stop() { f.worker.Stop() }

func bareActivity(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	return workflow.ExecuteActivity(ctx, "nothing").Get(ctx, nil)
}

// nothing tells whoever waits for its workflow that it was reached.
func (f *floor) nothing(ctx context.Context) error {
	now := time.Now()
	if ch, ok := f.reached.LoadAndDelete(activity.GetInfo(ctx).WorkflowExecution.ID); ok {
		ch.(chan time.Time) <- now
	}
	return nil
}

func bareUpdate(ctx workflow.Context) error {
	n := 0
	err := workflow.SetUpdateHandlerWithOptions(ctx, updateName, func(_ workflow.Context, text string) (int, error) {
		n += len(text)
		return n, nil
	}, workflow.UpdateHandlerOptions{Validator: func(string) error { return nil }})
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return false })
}

// starts starts a workflow of one activity; the channel hears when the activity is reached.
func (f *floor) starts(ctx context.Context, id string) (client.WorkflowRun, chan time.Time, error) {
	ch := make(chan time.Time, 1)
	f.reached.Store(id, ch)
	run, err := f.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: floorQueue}, floorActivity)
	return run, ch, err
}

// activity runs one such workflow alone, to its end, and says how long it took to reach the activity.
func (f *floor) activity(ctx context.Context, id string) (time.Duration, error) {
	began := time.Now()
	run, ch, err := f.starts(ctx, id)
	if err != nil {
		return 0, err
	}
	at, err := hears(ctx, ch)
	if err != nil {
		return 0, err
	}
	return at.Sub(began), run.Get(ctx, nil)
}

// reaches runs one such workflow until its activity is reached.
func (f *floor) reaches(ctx context.Context, id string) error {
	_, ch, err := f.starts(ctx, id)
	if err != nil {
		return err
	}
	_, err = hears(ctx, ch)
	return err
}

func hears(ctx context.Context, ch chan time.Time) (time.Time, error) {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case at := <-ch:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, context.Cause(ctx)
	case <-t.C:
		return time.Time{}, fmt.Errorf("an activity was not reached after %s", patience)
	}
}

// updatable starts a workflow that answers updates.
func (f *floor) updatable(ctx context.Context, id string) error {
	_, err := f.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: floorQueue}, floorUpdate)
	return err
}

// update sends one update and waits for its answer.
func (f *floor) update(ctx context.Context, id string) (time.Duration, error) {
	began := time.Now()
	h, err := f.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: updateName, Args: []any{"The card provider refuses our certificate"},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return 0, err
	}
	var n int
	err = h.Get(ctx, &n)
	return time.Since(began), err
}
