package incident

import (
	"strings"
	"time"
)

// weekdays are how people write them.
var weekdays = map[string]time.Weekday{
	"mon": time.Monday, "monday": time.Monday, "tue": time.Tuesday, "tuesday": time.Tuesday, "wed": time.Wednesday, "wednesday": time.Wednesday,
	"thu": time.Thursday, "thursday": time.Thursday, "fri": time.Friday, "friday": time.Friday, "sat": time.Saturday, "saturday": time.Saturday,
	"sun": time.Sunday, "sunday": time.Sunday,
}

// dayAhead reads tomorrow and the names of weekdays: the beginning of the next such day where now is.
func dayAhead(word string, now time.Time) (time.Time, bool) {
	days := 1
	if word != "tomorrow" {
		day, ok := weekdays[word]
		if !ok {
			return time.Time{}, false
		}
		days = (int(day)-int(now.Weekday())+6)%7 + 1 // today's name is the day in a week
	}
	return time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, now.Location()), true
}

// ParseDue reads until when a follow-up should be done: 2026-11-30, today, tomorrow, fri, 3d or 2w, counted
// from where now is. Whether the day has passed is for whoever takes the command to say.
func ParseDue(text string, now time.Time) (Date, error) {
	t := strings.ToLower(CleanLine(text))
	if at, ok := dayAhead(t, now); ok {
		return Date(at.Format(time.DateOnly)), nil
	}
	if t == "today" {
		return Date(now.Format(time.DateOnly)), nil
	}
	if m := spanAhead.FindStringSubmatch(t); m != nil && (m[2] == "d" || m[2] == "w") {
		if p, err := ParsePause(t, now); err == nil {
			return Date(p.Until.Format(time.DateOnly)), nil
		}
	}
	d, err := ParseDate("due", t)
	if err != nil {
		return "", invalid("due", "write it like 2026-11-30, tomorrow, fri, 3d or 2w", "%q is no day to be done by", Clip(t, 40))
	}
	return d, nil
}
