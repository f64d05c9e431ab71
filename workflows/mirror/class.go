package mirror

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"muster/workflows/api"
)

// Class is a named set of activity timeouts. All timeouts of activities are here.
type Class struct {
	attempt    time.Duration // one attempt
	firstRetry time.Duration // wait before the second one
	maxRetry   time.Duration // longest wait between two
	all        time.Duration // all attempts together, with waiting for a worker
	heartbeat  time.Duration // longest silence of an attempt; 0 for any
	start      time.Duration // longest wait of an attempt for a worker; 0 for any
	attempts   int32         // after so many the loop hears of the failure; 0 for any number
}

var (
	// ClassPage is short: a page that cannot be delivered must reach its fallback soon. A pager that
	// takes five seconds a call, as they do on their bad days, is slow and not away.
	ClassPage = Class{attempt: 10 * time.Second, firstRetry: time.Second, maxRetry: 5 * time.Second, all: 20 * time.Second}
	// ClassRaise sends pages ahead of the workflows that own them: soon, once, or not at all.
	ClassRaise = Class{attempt: 3 * time.Second, start: time.Second, all: 4 * time.Second, attempts: 1}
	// ClassLook asks the pager what has become of a page, while the next person waits to be woken. It
	// takes two or three questions, of which a slow pager answers each in five seconds.
	ClassLook = Class{attempt: 20 * time.Second, firstRetry: time.Second, maxRetry: 5 * time.Second, all: 30 * time.Second}
	// ClassLookUp reads and changes nothing.
	ClassLookUp = Class{attempt: 10 * time.Second, firstRetry: time.Second, maxRetry: 30 * time.Second, all: 5 * time.Minute}
	// ClassCreate makes what must not be made twice. Its first retry comes late, so that a
	// request still under way at the vendor has ended before the retry looks for its result.
	ClassCreate = Class{attempt: 30 * time.Second, firstRetry: 15 * time.Second, maxRetry: time.Minute, all: 5 * time.Minute}
	// ClassOpen is ClassCreate for channels: Slack lets 20 be opened a minute, so in a burst an
	// incident waits its turn in the queue. To wait there is no attempt: an outage is heard of as soon
	// as of any other call.
	ClassOpen = Class{attempt: 30 * time.Second, firstRetry: 15 * time.Second, maxRetry: time.Minute, all: time.Hour, attempts: 7}
	// ClassSet makes something so that may be made so twice.
	ClassSet = Class{attempt: 15 * time.Second, firstRetry: 2 * time.Second, maxRetry: time.Minute, all: 5 * time.Minute}
	// ClassMembers looks up one person after the other, and goes on where it was when asked again.
	ClassMembers = Class{attempt: time.Minute, firstRetry: 5 * time.Second, maxRetry: time.Minute, all: 10 * time.Minute}
	// ClassLog reads a log for which nobody waits: few attempts, and soon given up.
	ClassLog = Class{attempt: 30 * time.Second, firstRetry: 20 * time.Second, maxRetry: time.Minute, all: 3 * time.Minute, attempts: 3}
	// ClassExamine asks every vendor many questions, each check for 20 s at most.
	ClassExamine = Class{attempt: 5 * time.Minute, firstRetry: 30 * time.Second, maxRetry: 2 * time.Minute, all: 15 * time.Minute}
	// ClassSweep reads much, and says with heartbeats how far it is.
	ClassSweep = Class{attempt: 2 * time.Minute, firstRetry: 10 * time.Second, maxRetry: time.Minute, all: 10 * time.Minute, heartbeat: 30 * time.Second}
)

// WithActivity gives the options of an activity, for calls outside of a loop.
func WithActivity(ctx workflow.Context, queue api.TaskQueue, class Class, summary string, priority int) workflow.Context {
	return WithScaled(ctx, queue, class, summary, priority, 1)
}

// WithScaled is WithActivity with stretched timeouts.
func WithScaled(ctx workflow.Context, queue api.TaskQueue, class Class, summary string, priority int, scale float64) workflow.Context {
	return (&Call{Queue: queue, Class: class, Summary: summary}).options(ctx, scale, priority)
}

func (c *Call) options(ctx workflow.Context, scale float64, priority int) workflow.Context {
	summary := c.Summary
	if summary == "" {
		summary = c.Name
	}
	ao := workflow.ActivityOptions{
		TaskQueue:              c.Queue,
		StartToCloseTimeout:    Scaled(c.Class.attempt, scale),
		ScheduleToStartTimeout: Scaled(c.Class.start, scale),
		ScheduleToCloseTimeout: Scaled(c.Class.all, scale),
		HeartbeatTimeout:       Scaled(c.Class.heartbeat, scale),
		Summary:                summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    Scaled(c.Class.firstRetry, scale),
			BackoffCoefficient: 2,
			MaximumInterval:    Scaled(c.Class.maxRetry, scale),
			MaximumAttempts:    c.Class.attempts,
		},
	}
	ao.Priority.PriorityKey = priority
	return workflow.WithActivityOptions(ctx, ao)
}

// Patience is how long all attempts of a call of the class may take together.
func (c Class) Patience() time.Duration { return c.all }

// Scaled stretches a duration; 0 counts as 1. Nothing gets shorter than 50 ms, below which
// timers would only spin.
func Scaled(d time.Duration, scale float64) time.Duration {
	if scale <= 0 || scale == 1 || d == 0 {
		return d
	}
	return max(time.Duration(float64(d)*scale), 50*time.Millisecond)
}
