package incidents

import (
	"fmt"
	"time"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// promise reminds of updates that were promised. It may change which one was the last.
type promise struct {
	*scene
	room     *room
	reminded *time.Time
}

// next reminds the channel of an update that was promised for now, once a promise.
func (p *promise) next() mirror.Action {
	at := p.facts.NextUpdate
	if p.channel() == "" || !p.open() || p.now().Before(at) || p.facts.RemindersPaused(p.now()) {
		return nil
	}
	m := incident.UpdateDue(p.facts)
	m.Key = p.key(fmt.Sprintf("update-due/%d", at.Unix()))
	return p.room.watch(p.say("remind of the promised update", "an update was promised for now", p.channel(), m, func() {
		*p.reminded = at
		p.scene.reminded(api.ReminderUpdate)
	}))
}

// open reports whether an update was promised of which nobody was reminded yet.
func (p *promise) open() bool {
	return p.facts.Status.Live() && !p.facts.NextUpdate.IsZero() && !p.facts.NextUpdate.Equal(*p.reminded)
}

// at is when the promised update is due; zero is never.
func (p *promise) at() time.Time {
	if !p.open() {
		return time.Time{}
	}
	return p.facts.NextUpdate
}
