package slackdoor

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"muster/gateway/slackdoor/views"
)

// later runs what nobody waits for, until the Door is closed.
type later struct {
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// start runs do, unless the Door is closed already: a WaitGroup must not grow while it is waited
// for, and a server that was cut off may still have handlers at work.
func (l *later) start(do func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.running.Go(do)
	return true
}

func (l *later) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
}

// Close ends what is under way and may take long, such as the wait for a channel that opens, and
// lets answers that are being sent reach their people. Nothing that was accepted depends on them.
func (d *Door) Close() {
	d.end()
	d.later.close()
	d.later.running.Wait()
}

// afterwards runs what nobody waits for, at most for so long. It ends with the Door.
func (d *Door) afterwards(ctx context.Context, limit time.Duration, do func(ctx context.Context)) {
	d.detached(ctx, limit, func(ctx context.Context) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stop := context.AfterFunc(d.ended, cancel) //nolint:contextcheck // the Door's end ends it too
		defer stop()
		do(ctx)
	})
}

// detached is afterwards for what is short, and is brought to its end though the Door is closed:
// what a person is told of a click may be that it was not recorded.
func (d *Door) detached(ctx context.Context, limit time.Duration, do func(ctx context.Context)) {
	ctx = context.WithoutCancel(ctx)
	started := d.later.start(func() {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		defer d.caught(ctx, "afterwards", func() {})
		do(ctx)
	})
	if !started {
		d.Logger.WarnContext(ctx, "nobody was told, since the door is closed")
	}
}

// caught is deferred around whatever is done for a request. A panic must neither end the process
// nor leave the person without an answer, which mend gives.
func (d *Door) caught(ctx context.Context, what string, mend func()) {
	if p := recover(); p != nil {
		d.Logger.ErrorContext(ctx, "a request from Slack panicked", "what", what, "panic", p, "stack", string(debug.Stack()))
		mend()
	}
}

// defect says that it is our own fault. Whether anything came of the request is not known.
func defect() views.Say {
	return views.Plain("Something went wrong in Muster, and it was logged. Look whether it was done before you try again.")
}
