package app

import (
	"context"
	"time"

	"muster/archive"
)

// forgetEvery is how often the archive drops what the playbook does not keep any longer.
const forgetEvery = time.Hour

// forgetOld has the archive drop what the playbook does not keep any longer, now and again until Stop. Several
// gateways may do so at once. What fails is tried the next time.
func (a *App) forgetOld(ctx context.Context) {
	if a.Archive == nil {
		return
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(forgetEvery)
		defer tick.Stop()
		for {
			a.forgetOnce(running)
			select {
			case <-running.Done():
				return
			case <-tick.C:
			}
		}
	}()
	a.undo = append(a.undo, func() { stop(); <-done })
}

func (a *App) forgetOnce(ctx context.Context) {
	p, err := a.Playbook.Current()
	if err != nil || len(p.Archive().Keep) == 0 {
		return
	}
	for more := true; more && err == nil; {
		var gone archive.Forgotten
		gone, err = a.Archive.Forget(ctx, p.Archive().Keep, time.Now())
		more = gone.More && len(gone.Numbers) > 0
		if n := len(gone.Numbers); n > 0 {
			a.options.Logger.InfoContext(ctx, "the archive has dropped what the playbook does not keep", "incidents", n)
		}
	}
	if err != nil && ctx.Err() == nil {
		a.options.Logger.WarnContext(ctx, "the archive keeps what is old", "error", err)
	}
}
