package app

import (
	"context"
	"errors"
	"time"
)

// digestsEvery is how often the schedules of the digests and of the canary are compared with the playbook, which may
// have changed.
const digestsEvery = time.Minute

// scheduleDigests makes the schedules of the playbook that serves now, and follows its changes until
// Stop. What fails later is tried again: the schedules that are there go on meanwhile.
func (a *App) scheduleDigests(ctx context.Context) error {
	if err := a.ensureSchedules(ctx); err != nil {
		return err
	}
	served := a.playbookHash()
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(digestsEvery)
		defer tick.Stop()
		for {
			select {
			case <-running.Done():
				return
			case <-tick.C:
			}
			now := a.playbookHash()
			if now == served {
				// Somebody may have deleted it in Temporal, and with it what tells of its silence.
				if err := a.keepCanary(running); err != nil {
					a.options.Logger.WarnContext(running, "whether the canary is scheduled is not known", "error", err)
				}
				continue
			}
			if err := a.ensureSchedules(running); err != nil {
				a.options.Logger.WarnContext(running, "digests and the canary are scheduled as before", "error", err)
				continue
			}
			served = now
		}
	}()
	a.undo = append(a.undo, func() { stop(); <-done })
	return nil
}

// ensureSchedules makes the schedules that follow from the playbook.
func (a *App) ensureSchedules(ctx context.Context) error {
	return errors.Join(a.Incidents.EnsureDigests(ctx), a.Incidents.EnsureCanary(ctx))
}

// keepCanary makes the canary's schedule where there is to be one.
func (a *App) keepCanary(ctx context.Context) error {
	if p, err := a.Playbook.Current(); err != nil || !p.Canary().On() {
		return nil // that the playbook cannot be read is said elsewhere
	}
	return a.Incidents.EnsureCanary(ctx)
}

// playbookHash is that of the playbook that serves now, or "".
func (a *App) playbookHash() string {
	p, err := a.Playbook.Current()
	if err != nil || p == nil {
		return ""
	}
	return p.Hash()
}
