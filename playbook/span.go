package playbook

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"muster/playbook/internal/words"
)

// Span is a length of time that is either exact (90s, 4h) or counted in business days (3bd),
// and then may end at a time of day (3bd 10:00). Its zero value is no time at all. "0bd" is
// not zero: it means the next moment at which people work.
type Span struct {
	Exact        time.Duration
	BusinessDays int
	// At is minutes after midnight in the calendar's zone, or -1 for none. Midnight itself
	// cannot be asked for, so that a Span made without At has none.
	At int
}

const (
	day = 24 * time.Hour
	// maxExact and maxBusinessDays are five years. Whatever is longer is a slip of the finger,
	// and a bound keeps every walk over a calendar short.
	maxExact        = 5 * 366 * day
	maxBusinessDays = 5 * 262
	noTime          = -1
)

// SpanExamples is the mend where a span is needed.
const SpanExamples = "write it like 90s, 15m, 4h, 2d, 3bd or 3bd 10:00"

var (
	businessSpan = regexp.MustCompile(`^(\d+)bd(?: +(\S+))?$`)
	exactDays    = regexp.MustCompile(`^(\d+)d(.*)$`)
	bareNumber   = regexp.MustCompile(`^\d+$`)
	timeOfDay    = regexp.MustCompile(`^(\d{1,2}):(\d{2})$`)
)

// Exactly makes a span of exact length.
func Exactly(d time.Duration) Span { return Span{Exact: d} }

// BusinessDays makes a span of n business days without a time of day.
func BusinessDays(n int) Span { return Span{BusinessDays: n, At: noTime} }

// ParseSpan reads a span as people write it: 90s, 4h, 1h30m, 2d (exactly 48 hours), 3bd
// (business days), 3bd 10:00. What it refuses it refuses with the mend.
func ParseSpan(s string) (Span, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	switch {
	case t == "":
		return Span{}, fmt.Errorf("is empty; %s", SpanExamples)
	case strings.HasPrefix(t, "-"):
		return Span{}, fmt.Errorf("%s is negative; leave out the minus", words.Quote(s))
	case bareNumber.MatchString(t) && strings.Trim(t, "0") == "":
		return Span{}, nil
	case bareNumber.MatchString(t):
		return Span{}, fmt.Errorf("%s has no unit; write %sm for minutes, %sh for hours or %sbd for business days", words.Quote(s), words.Clip(t), words.Clip(t), words.Clip(t))
	case timeOfDay.MatchString(t):
		return Span{}, fmt.Errorf("%s says a time but no day; write 0bd %s for the next business day at that time", words.Quote(s), t)
	}
	if m := businessSpan.FindStringSubmatch(t); m != nil {
		return parseBusiness(s, m[1], m[2])
	}
	return parseExact(s, t)
}

func parseBusiness(s, days, at string) (Span, error) {
	n, err := strconv.Atoi(days)
	if err != nil || n > maxBusinessDays {
		return Span{}, fmt.Errorf("%s is longer than five years; write a shorter span", words.Quote(s))
	}
	sp := BusinessDays(n)
	if at == "" {
		return sp, nil
	}
	if sp.At, err = ParseTimeOfDay(at); err != nil {
		return Span{}, err
	}
	if sp.At == 0 {
		return Span{}, fmt.Errorf("%s ends at midnight, when nobody works; write a time such as 10:00", words.Quote(s))
	}
	return sp, nil
}

func parseExact(s, t string) (Span, error) {
	var d time.Duration
	rest := t
	if m := exactDays.FindStringSubmatch(t); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n > int(maxExact/day) {
			return Span{}, fmt.Errorf("%s is longer than five years; write a shorter span", words.Quote(s))
		}
		d, rest = time.Duration(n)*day, m[2]
	}
	if rest != "" {
		more, err := time.ParseDuration(rest)
		if err != nil || more < 0 {
			return Span{}, fmt.Errorf("%s is no span of time; %s", words.Quote(s), SpanExamples)
		}
		if more > maxExact {
			return Span{}, fmt.Errorf("%s is longer than five years; write a shorter span", words.Quote(s))
		}
		d += more
	}
	if d > maxExact {
		return Span{}, fmt.Errorf("%s is longer than five years; write a shorter span", words.Quote(s))
	}
	return Span{Exact: d}, nil
}

// ParseTimeOfDay reads a time such as 10:00 and answers it in minutes after midnight.
func ParseTimeOfDay(s string) (int, error) {
	m := timeOfDay.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%s is no time of day; write it like 10:00", words.Quote(s))
	}
	h, _ := strconv.Atoi(m[1])
	mins, _ := strconv.Atoi(m[2])
	if h > 23 || mins > 59 {
		return 0, fmt.Errorf("%s is no time of day; write it between 00:00 and 23:59", words.Quote(s))
	}
	return h*60 + mins, nil
}

// IsZero reports whether the span is no time at all. A span of "0bd" is not.
func (s Span) IsZero() bool { return s == Span{} }

// IsBusiness reports whether the span is counted in business days and so needs a calendar.
func (s Span) IsBusiness() bool {
	return s.BusinessDays != 0 || s.hasTime() || s.At < 0 && s.Exact == 0
}

func (s Span) hasTime() bool { return s.At > 0 }

// Text is the form in which a playbook writes the span; ParseSpan reads it back.
func (s Span) Text() string {
	switch {
	case s.IsBusiness() && s.hasTime():
		return fmt.Sprintf("%dbd %s", s.BusinessDays, clockText(s.At))
	case s.IsBusiness():
		return fmt.Sprintf("%dbd", s.BusinessDays)
	case s.Exact == 0:
		return "0s"
	}
	var b strings.Builder
	d := s.Exact
	for _, u := range []struct {
		size time.Duration
		mark string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if n := d / u.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.mark)
			d -= n * u.size
		}
	}
	if d != 0 {
		b.WriteString(d.String())
	}
	return b.String()
}

// String says the span in words: 3 business days at 10:00, 1 hour 30 minutes.
func (s Span) String() string {
	switch {
	case s.IsBusiness() && s.BusinessDays == 0 && s.hasTime():
		return "the next business day at " + clockText(s.At)
	case s.IsBusiness() && s.BusinessDays == 0:
		return "the next working hour"
	case s.IsBusiness() && s.hasTime():
		return words.Count(s.BusinessDays, "business day") + " at " + clockText(s.At)
	case s.IsBusiness():
		return words.Count(s.BusinessDays, "business day")
	case s.Exact == 0:
		return "no time"
	case s.Exact < time.Second:
		return s.Exact.String()
	}
	var parts []string
	d := s.Exact
	for _, u := range []struct {
		size time.Duration
		name string
	}{{day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := d / u.size; n > 0 {
			parts = append(parts, words.Count(int(n), u.name))
			d -= n * u.size
		}
	}
	switch {
	case d == time.Second:
		parts = append(parts, "1 second")
	case d > 0:
		parts = append(parts, strconv.FormatFloat(d.Seconds(), 'g', -1, 64)+" seconds")
	}
	return strings.Join(parts, " ")
}

// MarshalText writes the span as a playbook does; JSON and YAML use it too.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.Text()), nil }

// UnmarshalText reads the span as a playbook writes it.
func (s *Span) UnmarshalText(b []byte) error {
	sp, err := ParseSpan(string(b))
	if err != nil {
		return err
	}
	*s = sp
	return nil
}

// Rough orders spans by length without a calendar: a business day is at least a day.
func (s Span) Rough() time.Duration {
	if s.IsBusiness() {
		return time.Duration(s.BusinessDays) * day
	}
	return s.Exact
}

func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
