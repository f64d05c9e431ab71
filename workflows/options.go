package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
)

// class is a named set of activity timeouts. All timeouts of activities are here.
type class struct {
	attempt    time.Duration // one attempt
	firstRetry time.Duration // wait before the second one
	maxRetry   time.Duration // longest wait between two
	all        time.Duration // all attempts together, with waiting for a worker
	heartbeat  time.Duration // longest silence of an attempt; 0 for any
}

var (
	// classPage is short: a page that cannot be delivered must reach its fallback soon.
	classPage = class{attempt: 5 * time.Second, firstRetry: time.Second, maxRetry: 5 * time.Second, all: 20 * time.Second}
	// classLookUp reads and changes nothing.
	classLookUp = class{attempt: 10 * time.Second, firstRetry: time.Second, maxRetry: 30 * time.Second, all: 5 * time.Minute}
	// classCreate makes what must not be made twice. Its first retry comes late, so that a
	// request still under way at the vendor has ended before the retry looks for its result.
	classCreate = class{attempt: 30 * time.Second, firstRetry: 15 * time.Second, maxRetry: time.Minute, all: 5 * time.Minute}
	// classOpen is classCreate for channels: Slack lets 20 be opened a minute, so in a burst an
	// incident waits its turn in the queue.
	classOpen = class{attempt: 30 * time.Second, firstRetry: 15 * time.Second, maxRetry: time.Minute, all: time.Hour}
	// classSet makes something so that may be made so twice.
	classSet = class{attempt: 15 * time.Second, firstRetry: 2 * time.Second, maxRetry: time.Minute, all: 5 * time.Minute}
	// classMembers looks up one person after the other, and goes on where it was when asked again.
	classMembers = class{attempt: time.Minute, firstRetry: 5 * time.Second, maxRetry: time.Minute, all: 10 * time.Minute}
	// classSweep reads much, and says with heartbeats how far it is.
	classSweep = class{attempt: 2 * time.Minute, firstRetry: 10 * time.Second, maxRetry: time.Minute, all: 10 * time.Minute, heartbeat: 30 * time.Second}
)

// call says where and how patiently an activity runs, and names its object in the Web UI.
type call struct {
	queue   api.TaskQueue
	class   class
	summary string
}

func (c call) options(ctx workflow.Context, scale float64, priority int) workflow.Context {
	ao := workflow.ActivityOptions{
		TaskQueue:              c.queue,
		StartToCloseTimeout:    scaled(c.class.attempt, scale),
		ScheduleToCloseTimeout: scaled(c.class.all, scale),
		HeartbeatTimeout:       scaled(c.class.heartbeat, scale),
		Summary:                c.summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    scaled(c.class.firstRetry, scale),
			BackoffCoefficient: 2,
			MaximumInterval:    scaled(c.class.maxRetry, scale),
		},
	}
	ao.Priority.PriorityKey = priority
	return workflow.WithActivityOptions(ctx, ao)
}

// scaled stretches a duration; 0 counts as 1. Nothing gets shorter than 50 ms, below which
// timers would only spin.
func scaled(d time.Duration, scale float64) time.Duration {
	if scale <= 0 || scale == 1 || d == 0 {
		return d
	}
	return max(time.Duration(float64(d)*scale), 50*time.Millisecond)
}
