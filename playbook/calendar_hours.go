package playbook

import "time"

// IsWorkday reports whether people work on the day on which t falls in the calendar's zone: at night the
// day on which the hours that go on over midnight have started.
func (c Calendar) IsWorkday(t time.Time) bool { return c.worksOn(c.shiftOf(t.In(c.Location()))) }

// Working reports whether t falls into working hours: from their start, until before their end.
func (c Calendar) Working(t time.Time) bool {
	local := t.In(c.Location())
	start, end := c.hours()
	d := c.shiftOf(local)
	at := c.since(d, local)
	return c.worksOn(d) && at >= start && at < end
}

// NextWorking is t itself within working hours, else the next business morning.
func (c Calendar) NextWorking(t time.Time) time.Time {
	if c.Working(t) {
		return t.In(c.Location())
	}
	return c.NextMorning(t)
}

// NextMorning is the next start of working hours strictly after t: today's if it is still to come.
func (c Calendar) NextMorning(t time.Time) time.Time {
	loc := c.Location()
	start, _ := c.hours()
	d := civil(t.In(loc)).AddDate(0, 0, -1)
	// Now and then a morning falls into a gap between two zone offsets, so that the first
	// candidate may be no working time; the next ones are then tried.
	var first time.Time
	for range 8 {
		d = c.step(d, 1)
		m := instant(d, start, loc, t)
		if !m.After(t) {
			continue
		}
		if c.Working(m) {
			return m
		}
		if first.IsZero() {
			first = m
		}
	}
	if first.IsZero() {
		return t.In(loc)
	}
	return first
}

// timeOfDay picks the time at which a span of business days ends, since midnight of the day whose hours it
// falls into. At night that is the day before.
func (c Calendar) timeOfDay(local time.Time, s Span) time.Duration {
	start, end := c.hours()
	if s.hasTime() {
		at := time.Duration(min(s.At, minutesInDay-1)) * time.Minute
		if at+day < end {
			at += day // the small hours of a night shift
		}
		return at
	}
	return min(max(c.since(c.shiftOf(local), local), start), end)
}

// hours are the working hours as time since midnight, with the default for a calendar without. An end
// after midnight is more than a day.
func (c Calendar) hours() (start, end time.Duration) {
	if !c.hasHours() {
		return defaultStart * time.Minute, defaultEnd * time.Minute
	}
	start, end = time.Duration(c.Start)*time.Minute, time.Duration(c.End)*time.Minute
	if end < start {
		end += day
	}
	return start, end
}

// hasHours reports whether Start and End say when people work.
func (c Calendar) hasHours() bool {
	return c.Start >= 0 && c.Start < minutesInDay && c.End >= 0 && c.End <= minutesInDay && c.Start != c.End
}

// shiftOf is the day to whose hours a local time belongs: its own, or the day before while that one's hours
// go on over midnight.
func (c Calendar) shiftOf(local time.Time) time.Time {
	d := civil(local)
	_, end := c.hours()
	if before := d.AddDate(0, 0, -1); clock(local)+day < end && c.worksOn(before) {
		return before
	}
	return d
}

// since is the time on the wall since midnight of a day, which may be the day before.
func (c Calendar) since(d, local time.Time) time.Duration {
	return civil(local).Sub(d) + clock(local)
}
