// Package when reads how people write a span of the past, for whatever asks the archive: 90d, 2026-Q4, 2026-10,
// 2026-10-31. It is pure.
package when

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// quarter is a year, or a quarter of it.
var quarter = regexp.MustCompile(`^([0-9]{4})(?:-?[qQ]([1-4]))?$`)

// Ago counts back from now by n of a unit: h, d, w, mo or y. Days are those of the calendar where now is. An
// unknown unit is a year.
func Ago(now time.Time, n int, unit string) time.Time {
	switch unit {
	case "h":
		return now.Add(-time.Duration(n) * time.Hour)
	case "d":
		return now.AddDate(0, 0, -n)
	case "w":
		return now.AddDate(0, 0, -7*n)
	case "mo":
		return now.AddDate(0, -n, 0)
	}
	return now.AddDate(-n, 0, 0)
}

// Whole reads a year, a quarter, a month, a day or a moment in RFC 3339, and gives where it begins and where it ends: both
// are the moment itself, and the beginning of the next year, quarter, month or day. All of them are those of a zone.
func Whole(text string, zone *time.Location) (from, to time.Time, ok bool) {
	if m := quarter.FindStringSubmatch(text); m != nil {
		year, _ := strconv.Atoi(m[1])
		from = time.Date(year, time.January, 1, 0, 0, 0, 0, zone)
		if m[2] == "" {
			return from, from.AddDate(1, 0, 0), true
		}
		n, _ := strconv.Atoi(m[2])
		from = from.AddDate(0, 3*(n-1), 0)
		return from, from.AddDate(0, 3, 0), true
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day, day.AddDate(0, 0, 1), true
	}
	if month, err := time.ParseInLocation("2006-01", text, zone); err == nil {
		return month, month.AddDate(0, 1, 0), true
	}
	at, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	return at, at, err == nil
}
