package incident

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// direction says on which side of now a moment lies that people write without a day: 18:00 is the next
// one for what is to come, and the last one for what has been.
type direction int

const (
	back  direction = -1
	ahead direction = 1
)

// ParsePast reads how people write when something was, in the zone of now: 14:05, which is yesterday's
// when today's is still to come; yesterday 14:05; fri 14:05; 2026-11-29 14:05; 2h ago; now; or RFC 3339.
// A day alone is none, since it would stand on the record as midnight. Whether it lies in the future is
// for whoever has the clock that counts to say.
func ParsePast(field, text string, now time.Time) (time.Time, error) {
	t := strings.ToLower(CleanLine(text))
	at, ok := readMoment(t, now, back)
	if _, dayAlone := readDay(t, now, back); !ok || dayAlone {
		return time.Time{}, invalid(field, "write it like 14:05, yesterday 14:05, 2026-11-29 14:05, 2h ago or 2026-11-29T14:05:00Z",
			"%q is no time of the past", Clip(t, 40))
	}
	at = at.UTC()
	return at, CheckEra(field, at)
}

// readMoment reads a moment in small letters: a span, a day, a time of day, a day with a time of day, now,
// or RFC 3339.
func readMoment(t string, now time.Time, where direction) (time.Time, bool) {
	if t == "now" {
		return now, true
	}
	span := t
	if where == back {
		span = strings.TrimSpace(strings.TrimSuffix(t, " ago"))
	}
	if s, ok := spanOf(span); ok {
		return s.from(now, where), true
	}
	if day, ok := readDay(t, now, where); ok {
		return day, true
	}
	if at, err := time.Parse(time.RFC3339, strings.ToUpper(t)); err == nil {
		return at, true
	}
	if c, ok := clockOf(t); ok {
		at := c.on(now)
		if where == ahead && !at.After(now) {
			at = c.on(now.AddDate(0, 0, 1))
		}
		if where == back && at.After(now) {
			at = c.on(now.AddDate(0, 0, -1))
		}
		return at, true
	}
	return readDayAndClock(t, now, where)
}

// readDayAndClock reads yesterday 14:05, fri at 9:00 or 2026-11-29T14:05.
func readDayAndClock(t string, now time.Time, where direction) (time.Time, bool) {
	k := strings.LastIndexAny(t, " t")
	if k < 0 {
		return time.Time{}, false
	}
	c, ok := clockOf(t[k+1:])
	if !ok {
		return time.Time{}, false
	}
	word := strings.TrimSuffix(strings.TrimSpace(t[:k]), " at")
	if day, named := dayNamed(word, now, where); named {
		at := c.on(day)
		if week := c.on(day.AddDate(0, 0, 7)); where == back && !week.After(now) && weekday(word) {
			at = week // today's name is today, once its time is past
		}
		return at, true
	}
	day, err := time.ParseInLocation(time.DateOnly, word, now.Location())
	return c.on(day), err == nil
}

// readDay reads a day without a time, and gives where it begins.
func readDay(t string, now time.Time, where direction) (time.Time, bool) {
	if day, ok := dayNamed(t, now, where); ok {
		return day, true
	}
	day, err := time.ParseInLocation(time.DateOnly, t, now.Location())
	return day, err == nil
}

// weekdays are how people write them.
var weekdays = map[string]time.Weekday{
	"mon": time.Monday, "monday": time.Monday, "tue": time.Tuesday, "tuesday": time.Tuesday, "wed": time.Wednesday, "wednesday": time.Wednesday,
	"thu": time.Thursday, "thursday": time.Thursday, "fri": time.Friday, "friday": time.Friday, "sat": time.Saturday, "saturday": time.Saturday,
	"sun": time.Sunday, "sunday": time.Sunday,
}

func weekday(word string) bool {
	_, ok := weekdays[word]
	return ok
}

// dayNamed reads today, yesterday or tomorrow, and the names of weekdays: the beginning of that day where
// now is. Today's name is the day in a week, or a week ago.
func dayNamed(word string, now time.Time, where direction) (time.Time, bool) {
	days, ok := map[string]int{"today": 0, "yesterday": int(back), "tomorrow": int(ahead)}[word]
	if day, named := weekdays[word]; named {
		apart := (int(day) - int(now.Weekday())) * int(where)
		days, ok = ((apart+6)%7+7)%7*int(where)+int(where), true
	} else if days == -int(where) { // what is to come is not yesterday
		return time.Time{}, false
	}
	if !ok {
		return time.Time{}, false
	}
	return time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, now.Location()), true
}

// clock is a time of day.
type clock struct{ hour, minute, second int }

var clockTime = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2}))?$`)

func clockOf(t string) (clock, bool) {
	m := clockTime.FindStringSubmatch(t)
	if m == nil {
		return clock{}, false
	}
	var c clock
	for k, into := range []*int{&c.hour, &c.minute, &c.second} {
		*into, _ = strconv.Atoi(m[k+1]) // two digits, or none
	}
	return c, c.hour < 24 && c.minute < 60 && c.second < 60
}

// on is the time of day on the day of a moment.
func (c clock) on(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), c.hour, c.minute, c.second, 0, day.Location())
}

// span is how far away a moment is: byDay in days, which are as long as they are where people live, or else
// exactly so long.
type span struct {
	byDay   bool
	days    int
	exactly time.Duration
}

var (
	spanText        = regexp.MustCompile(`^(\d{1,4}) ?(m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)$`)
	hoursAndMinutes = regexp.MustCompile(`^\d{1,4}h ?\d{1,2}m$`)
)

func spanOf(t string) (span, bool) {
	if hoursAndMinutes.MatchString(t) {
		d, err := time.ParseDuration(strings.ReplaceAll(t, " ", ""))
		return span{exactly: d}, err == nil
	}
	m := spanText.FindStringSubmatch(t)
	if m == nil {
		return span{}, false
	}
	n, _ := strconv.Atoi(m[1]) // four digits
	switch m[2][0] {
	case 'm':
		return span{exactly: time.Duration(n) * time.Minute}, true
	case 'h':
		return span{exactly: time.Duration(n) * time.Hour}, true
	case 'w':
		n *= 7
	}
	return span{byDay: true, days: n}, true
}

func (s span) from(now time.Time, where direction) time.Time {
	return now.AddDate(0, 0, s.days*int(where)).Add(s.exactly * time.Duration(where))
}
