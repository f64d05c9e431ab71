package playbook

import (
	"slices"
	"strings"
	"time"
)

// CalendarSource is a calendar with where its holidays come from, for people who check it.
type CalendarSource struct {
	Calendar Calendar
	// Countries are the named calendars that it takes days from.
	Countries []string
	// Off are all days off with their names, sorted by date.
	Off []Holiday
}

// CalendarsOf are the calendars alone.
func CalendarsOf(sources []CalendarSource) []Calendar {
	out := make([]Calendar, 0, len(sources))
	for _, s := range sources {
		out = append(out, s.Calendar)
	}
	return out
}

// Dates are the days off, written 2026-12-25.
func (s CalendarSource) Dates() []string {
	out := make([]string, 0, len(s.Off))
	for _, h := range s.Off {
		out = append(out, h.Date)
	}
	return out
}

// Coming are the days off of the twelve months that begin with now, in the calendar's zone.
func (s CalendarSource) Coming(now time.Time) []Holiday {
	local := now.In(s.Calendar.Location())
	from, to := local.Format(time.DateOnly), local.AddDate(1, 0, 0).Format(time.DateOnly)
	return slices.DeleteFunc(slices.Clone(s.Off), func(h Holiday) bool { return h.Date < from || h.Date >= to })
}

// Hours says when people work, in words: mon-fri 09:00-17:00.
func (s CalendarSource) Hours() string {
	start, end := s.Calendar.hours()
	if end > day {
		end -= day
	}
	return s.days() + " " + clockText(int(start/time.Minute)) + "-" + clockText(int(end/time.Minute))
}

func (s CalendarSource) days() string {
	var names []string
	for d := range 7 {
		weekday := time.Weekday((d + 1) % 7) // a week begins on Monday
		if s.Calendar.weekday(time.Date(2026, time.November, 1+int(weekday), 0, 0, 0, 0, time.UTC)) {
			names = append(names, strings.ToLower(weekday.String()[:3]))
		}
	}
	if strings.Join(names, " ") == "mon tue wed thu fri" {
		return "mon-fri"
	}
	return strings.Join(names, ", ")
}

// Calendars are all calendars of the file, in its order.
func (p *Playbook) Calendars() []CalendarSource {
	out := slices.Clone(p.contents.Calendars)
	for k := range out {
		out[k].Calendar = out[k].Calendar.clone()
		out[k].Countries, out[k].Off = slices.Clone(out[k].Countries), slices.Clone(out[k].Off)
	}
	return out
}
