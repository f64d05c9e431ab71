package playbook

import (
	"time"

	"muster/incident"
)

// The night, in minutes after midnight: from 22:00 until before 06:00.
const (
	nightStart = 22 * 60
	nightEnd   = 6 * 60
)

// Hours says what a moment is for somebody: by the clocks where they live, and by their working hours.
type Hours struct {
	// At is the moment there: its date and hour are the local ones.
	At time.Time
	// Zone is the IANA name of the time zone.
	Zone string
	// Night is from 22:00 until before 06:00 by the clocks there, whether they work then or not: who
	// works at night is up, and it is night all the same.
	Night bool
	// OffHours is outside of working hours: at other times of a working day, and on the days and
	// holidays on which the person does not work.
	OffHours bool
}

// HoursAt says what a moment is for who works by the calendar.
func (c Calendar) HoursAt(t time.Time) Hours {
	loc := c.Location()
	local := t.In(loc)
	minute := local.Hour()*60 + local.Minute()
	return Hours{At: local, Zone: loc.String(), Night: minute >= nightStart || minute < nightEnd, OffHours: !c.Working(t)}
}

// CalendarOf is a person's own calendar, or that of everybody where they have none.
func (s *Slice) CalendarOf(person string) Calendar {
	if p, own := s.People[incident.NormalPerson(person)]; own {
		return p.Calendar
	}
	return s.Calendar
}

// JudgeWoken says of notifications that were not judged before how the moment was for the person: at
// night, off-hours, and where.
func (s *Slice) JudgeWoken(list []incident.Woken) {
	for k := range list {
		w := &list[k]
		if w.Zone != "" {
			continue
		}
		h := s.CalendarOf(w.Person).HoursAt(w.At)
		w.At, w.Zone, w.Night, w.OffHours = h.At, h.Zone, h.Night, h.OffHours
	}
}
