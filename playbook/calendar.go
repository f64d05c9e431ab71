package playbook

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/playbook/internal/words"
)

// Calendar says when people work. Every method is a pure function of the calendar and its
// arguments, so that workflow code may call it. A calendar that leaves out days, hours or
// zone works Monday to Friday, 09:00 to 17:00, UTC. Times are answered in the calendar's zone.
type Calendar struct {
	Name string `json:"name,omitempty"`
	// Zone is an IANA time zone name such as Europe/Berlin.
	Zone string `json:"zone"`
	// Days are the working weekdays, 0 for Sunday.
	Days []int `json:"days"`
	// Start and End are working hours in minutes after midnight. Hours that end no later than they start
	// go on over midnight, and belong to the day on which they start: 22:00-06:00 on Fridays ends on a
	// Saturday, whether people work on Saturdays or not.
	Start int `json:"start"`
	End   int `json:"end"`
	// Holidays are days off, sorted, written 2026-12-25.
	Holidays []string `json:"holidays,omitempty"`
}

const (
	defaultStart = 9 * 60
	defaultEnd   = 17 * 60
	minutesInDay = 24 * 60
	// searchDays bounds every walk from one working day to the next. A calendar that has none
	// in so long a time is broken; its holidays are then ignored rather than waited for.
	searchDays = 400
)

// DefaultCalendar writes out what a calendar that leaves out everything means.
func DefaultCalendar() Calendar {
	return Calendar{Zone: "UTC", Days: []int{1, 2, 3, 4, 5}, Start: defaultStart, End: defaultEnd}
}

// Validate reports what is wrong with the calendar and how to mend it, or nil.
func (c Calendar) Validate() error {
	if _, err := loadZone(c.Zone); err != nil {
		return err
	}
	for _, d := range c.Days {
		if d < 0 || d > 6 {
			return fmt.Errorf("day %d is no weekday; write 0 (Sunday) to 6 (Saturday)", d)
		}
	}
	if (c.Start != 0 || c.End != 0) && !c.hasHours() {
		return errors.New("working hours must have a start and another end; write them like 09:00-17:00, or 22:00-06:00 over midnight")
	}
	for _, h := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, h); err != nil {
			return fmt.Errorf("holiday %s is no date; write it like 2026-12-25", words.Quote(h))
		}
	}
	return nil
}

// Add is the moment one span after t, and never before t. Exact spans are added as they are.
// Business days count from the day of t, which is day 0 whether people work on it or not; at night it is
// the day on which the hours that go on over midnight have started. The
// answer has the span's time of day, or else t's own, moved into working hours: to their start
// when it is earlier and to their end when it is later. A span of 0 business days means the
// next business day's given time that is not before t, or else the next working moment.
func (c Calendar) Add(t time.Time, s Span) time.Time {
	loc := c.Location()
	if !s.IsBusiness() {
		return t.Add(s.Exact).In(loc)
	}
	n := min(max(s.BusinessDays, 0), maxBusinessDays)
	if n == 0 && !s.hasTime() {
		return c.NextWorking(t)
	}
	at := c.timeOfDay(t.In(loc), s)
	d := c.shiftOf(t.In(loc))
	if n == 0 {
		d = d.AddDate(0, 0, -1)
		n = 1
	}
	for range n {
		d = c.step(d, 1)
	}
	r := instant(d, at, loc, t)
	if s.BusinessDays <= 0 && r.Before(t) {
		r = instant(c.step(d, 1), at, loc, t)
	}
	if r.Before(t) { // a zone that lived a day twice
		return t.In(loc)
	}
	return r
}

// Sub is the moment one span before t, and never after t: Add looking back. It serves reminders
// such as one business day before a review.
func (c Calendar) Sub(t time.Time, s Span) time.Time {
	loc := c.Location()
	if !s.IsBusiness() {
		return t.Add(-s.Exact).In(loc)
	}
	n := min(max(s.BusinessDays, 0), maxBusinessDays)
	local := t.In(loc)
	if n == 0 && !s.hasTime() && c.Working(t) {
		return local
	}
	at := c.timeOfDay(local, s)
	d := c.shiftOf(local)
	if n == 0 {
		d = d.AddDate(0, 0, 1)
		n = 1
	}
	for range n {
		d = c.step(d, -1)
	}
	r := instant(d, at, loc, time.Time{})
	if s.BusinessDays <= 0 && r.After(t) {
		d = c.step(d, -1)
		if !s.hasTime() { // t is before today's hours: the last working moment is the day before
			_, at = c.hours()
		}
		r = instant(d, at, loc, time.Time{})
	}
	if r.After(t) {
		return local
	}
	return r
}

// step walks from one civil day to the next (or last, with -1) working day.
func (c Calendar) step(d time.Time, direction int) time.Time {
	next := d
	for range searchDays {
		next = next.AddDate(0, 0, direction)
		if c.worksOn(next) {
			return next
		}
	}
	for next = d.AddDate(0, 0, direction); !c.weekday(next); {
		next = next.AddDate(0, 0, direction)
	}
	return next
}

func (c Calendar) worksOn(d time.Time) bool {
	return c.weekday(d) && !slices.Contains(c.Holidays, d.Format(time.DateOnly))
}

// weekday holds for at least one day of every week, whatever the calendar says, so that no
// walk runs for ever.
func (c Calendar) weekday(d time.Time) bool {
	wd := int(d.Weekday())
	if !slices.ContainsFunc(c.Days, func(n int) bool { return n >= 0 && n <= 6 }) {
		return wd >= 1 && wd <= 5
	}
	return slices.Contains(c.Days, wd)
}

// civil is the calendar day of a local time, as midnight in UTC: days are counted there, where
// each is 24 hours long.
func civil(local time.Time) time.Time {
	y, m, d := local.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// clock is what a clock on the wall shows, as time since midnight.
func clock(local time.Time) time.Duration {
	h, m, s := local.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(local.Nanosecond())
}

// instant finds the moment at which the clocks of a zone show a time of a civil day. A time
// that the clocks skip becomes the moment of the change. Of a time that they show twice it is
// the first, unless only the second is not before notBefore. time.Date leaves both open.
func instant(d time.Time, at time.Duration, loc *time.Location, notBefore time.Time) time.Time {
	wall := d.Add(at)
	early := wall.Add(-offsetAt(wall.Add(-day), loc)).In(loc)
	late := wall.Add(-offsetAt(wall.Add(day), loc)).In(loc)
	isEarly, isLate := shows(early, wall), shows(late, wall)
	switch {
	case isEarly && isLate:
		if early.After(late) {
			early, late = late, early
		}
		if early.Before(notBefore) {
			return late
		}
		return early
	case isEarly:
		return early
	case isLate:
		return late
	}
	if change, _ := early.ZoneBounds(); !change.IsZero() {
		return change
	}
	return early
}

func offsetAt(t time.Time, loc *time.Location) time.Duration {
	_, seconds := t.In(loc).Zone()
	return time.Duration(seconds) * time.Second
}

func shows(local, wall time.Time) bool {
	return civil(local).Add(clock(local)).Equal(wall)
}
