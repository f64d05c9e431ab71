package incident

import (
	"strings"
	"time"
)

// ParseDue reads until when a follow-up should be done: 2026-11-30, today, tomorrow, fri, 3d or 2w, counted
// from where now is. Whether the day has passed is for whoever takes the command to say.
func ParseDue(text string, now time.Time) (Date, error) {
	t := strings.ToLower(CleanLine(text))
	if at, ok := dayNamed(t, now, ahead); ok {
		return Date(at.Format(time.DateOnly)), nil
	}
	if days, ok := spanOf(t); ok && days.byDay {
		return Date(days.from(now, ahead).Format(time.DateOnly)), nil
	}
	d, err := ParseDate("due", t)
	if err != nil {
		return "", invalid("due", "write it like 2026-11-30, tomorrow, fri, 3d or 2w", "%q is no day to be done by", Clip(t, 40))
	}
	return d, nil
}
