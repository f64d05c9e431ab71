package incident

import (
	"strings"
	"time"
)

// maxPause is how long reminders may rest. What can wait longer than a month should be given
// another date, not silence.
const maxPause = 30 * 24 * time.Hour

// PauseReminders lets the reminders of the review, of follow-ups and of promised updates rest
// until a moment, or come again at once. What came due meanwhile is reminded of once after it.
// Pages never rest.
type PauseReminders struct {
	Meta
	Until time.Time `json:"until,omitzero"`
	// Off ends a pause before its time; Until is left out then.
	Off bool `json:"off,omitempty"`
}

// Shape refuses what says no moment, or both that and off.
func (c PauseReminders) Shape() error {
	switch {
	case c.Off && !c.Until.IsZero():
		return invalid("off", "leave one of the two out", "cannot be asked for together with until")
	case !c.Off && c.Until.IsZero():
		return invalid("until", "say when they come again, or off", "is empty")
	}
	return nil
}

// Check implements Command.
func (c PauseReminders) Check(i *Incident, now time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	switch {
	case c.Off:
		return nil
	case !c.Until.After(now):
		return invalid("until", "choose a moment that lies ahead, or say off", "%s is past", moment(c.Until, now))
	case c.Until.Sub(now) > maxPause:
		return invalid("until", "choose one within 30 days; a follow-up that can wait longer gets another due date",
			"%s is more than 30 days away", moment(c.Until, now))
	case i.Status == StatusMerged:
		return illegal("status", "pause those of "+Key(i.MergedInto), "%s was merged and reminds of nothing", i.Key())
	}
	return nil
}

// Apply implements Command.
func (c PauseReminders) Apply(i *Incident, now time.Time) Result {
	until := c.Until.UTC().Truncate(time.Second)
	switch {
	case c.Off && !i.RemindersPaused(now):
		return i.unchanged("reminders are not paused")
	case c.Off:
		i.RemindersPausedUntil = time.Time{}
		return i.changed(now, c.Actor, "reminders", "Reminders come again")
	case i.RemindersPausedUntil.Equal(until):
		return i.unchanged("reminders rest until %s already", moment(until, now))
	}
	i.RemindersPausedUntil = until
	return i.changed(now, c.Actor, "reminders", "Reminders rest until %s", moment(until, now))
}

// RemindersPaused says whether reminders rest now.
func (i *Incident) RemindersPaused(now time.Time) bool { return now.Before(i.RemindersPausedUntil) }

// EndPause notes that the time of a pause has come. It changes nothing before.
func (i *Incident) EndPause(now time.Time) {
	if i.RemindersPausedUntil.IsZero() || i.RemindersPaused(now) {
		return
	}
	i.RemindersPausedUntil = time.Time{}
	i.Note(now, Actor{Way: WayMuster}, "reminders", "Reminders come again")
}

// ParsePause reads how people write a pause, in the zone of now: off, or what readMoment takes. A time
// of day is tomorrow's when today's is past, and a day alone begins at midnight.
func ParsePause(text string, now time.Time) (PauseReminders, error) {
	t := strings.ToLower(CleanLine(text))
	if t == "off" {
		return PauseReminders{Off: true}, nil
	}
	if at, ok := readMoment(t, now, ahead); ok {
		return PauseReminders{Until: at}, nil
	}
	return PauseReminders{}, invalid("until", "write it like 18:00, 2026-11-30, 2026-11-30 18:00, 8h, 3d or 2w, or off", "%q is no time", Clip(t, 40))
}

// ParseSnooze reads how people write until when a follow-up rests, as ParsePause does.
func ParseSnooze(number int, text, reason string, now time.Time) (SnoozeFollowUp, error) {
	p, err := ParsePause(text, now)
	return SnoozeFollowUp{Number: number, Until: p.Until, Off: p.Off, Reason: reason}, err
}
