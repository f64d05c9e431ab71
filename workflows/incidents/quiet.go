package incidents

import (
	"fmt"
	"time"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// quiet asks about an incident that somebody has taken and then left: first its commander, in the
// channel; and if that is of no use, whoever was paged. It may change about which silence it asked.
type quiet struct {
	*scene
	room *room
	// asked is the beginning of the silence about which people were asked in the channel.
	asked *time.Time
}

// since is when somebody last did anything, and zero where nobody is to be asked: nobody has taken
// it, people are being called already, or the playbook does not want it.
func (q *quiet) since() time.Time {
	if q.facts.Status != incident.StatusOpen || !q.facts.Taken() || q.after().IsZero() {
		return time.Time{}
	}
	return q.facts.LastSign()
}

func (q *quiet) after() playbook.Span { return q.policy.Severity(q.facts.Severity).QuietAfter }

// next asks in the channel, once a silence.
func (q *quiet) next() mirror.Action {
	since := q.since()
	if since.IsZero() || q.now().Before(q.askAt(since)) || q.asked.Equal(since) || q.channel() == "" {
		return nil
	}
	m := incident.QuietNotice(q.facts, since, q.zone())
	m.Key = q.key(fmt.Sprintf("quiet/%d", since.Unix()))
	return q.room.watch(q.say("ask how it stands", "nobody has said anything for a while", q.channel(), m, func() {
		*q.asked = since
		q.reminded(api.ReminderQuiet)
	}))
}

// conclude pages again whom the playbook requires once asking was of no use for as long again.
func (q *quiet) conclude() {
	if since := q.since(); !since.IsZero() && !q.now().Before(q.pageAt(since)) {
		q.facts.LeftAlone(q.now(), since)
	}
}

// askAt and pageAt are when people are asked about a silence, and paged.
func (q *quiet) askAt(since time.Time) time.Time {
	return q.rested(q.policy.Calendar.Add(since, q.after()))
}

func (q *quiet) pageAt(since time.Time) time.Time {
	return q.rested(q.policy.Calendar.Add(q.policy.Calendar.Add(since, q.after()), q.after()))
}

// rested puts a moment off while reminders rest.
func (q *quiet) rested(at time.Time) time.Time {
	if until := q.facts.RemindersPausedUntil; until.After(at) {
		return until
	}
	return at
}

// at is the next moment at which something is due; zero is never.
func (q *quiet) at() time.Time {
	since := q.since()
	if since.IsZero() {
		return time.Time{}
	}
	if ask := q.askAt(since); ask.After(q.now()) {
		return ask
	}
	return q.pageAt(since)
}
