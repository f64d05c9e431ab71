// Package when reads how people write a span of the past, for whatever asks the archive: 90d, 2026-10,
// 2026-10-31. It is pure.
package when

import (
	"strings"
	"time"
)

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

// Whole reads a month, a day or a moment in RFC 3339, and gives where it begins and where it ends: both are the
// moment itself, and the beginning of the next month or day. Months and days are those of a zone.
func Whole(text string, zone *time.Location) (from, to time.Time, ok bool) {
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day, day.AddDate(0, 0, 1), true
	}
	if month, err := time.ParseInLocation("2006-01", text, zone); err == nil {
		return month, month.AddDate(0, 1, 0), true
	}
	at, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	return at, at, err == nil
}
