package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// StopBound is the longest that a process takes to stop, besides MUSTER_DRAIN; whoever supervises it gives it a little
// more before it kills. What is still under way then is cut off, as a kill would: it is tried again, or was not answered.
const StopBound = 25 * time.Second

// requestBound is how long requests that are under way may take to their end.
const requestBound = 10 * time.Second

// stopping is what a process that stops says of itself.
const stopping = "stopping: what is under way is brought to its end"

// Interrupted gives a context that ends with the first SIGINT or SIGTERM. The second ends the process at once.
func Interrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// drain goes on serving while /readyz says no already, so that whoever sends requests here finds another gateway before
// the listeners close.
func (a *App) drain() {
	a.state.say(stopping)
	if a.options.Gateway && a.config.Drain > 0 {
		a.options.Logger.Info("stopping", "still_serving_for", a.config.Drain.String())
		time.Sleep(a.config.Drain)
	}
}

// stopInTime stops the parts, and leaves alone what takes longer than the bound.
func (a *App) stopInTime(bound time.Duration) {
	stopped := make(chan struct{})
	go func() { defer close(stopped); a.Stop() }()
	timer := time.NewTimer(bound)
	defer timer.Stop()
	select {
	case <-stopped:
		a.options.Logger.Info("stopped")
	case <-timer.C:
		a.options.Logger.Warn("what was still under way is cut off", "after", bound.String())
	}
}
