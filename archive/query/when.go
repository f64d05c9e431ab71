package query

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"muster/archive/when"
	"muster/incident"
)

// since reads from when on: 90d before now, or from the beginning of a day.
func (r *reader) since(t token) error {
	from, _, err := r.when(t)
	r.Since = from
	return err
}

// until reads up to when: a day counts whole.
func (r *reader) until(t token) error {
	_, to, err := r.when(t)
	r.Until = to
	return err
}

// when reads a moment, and where it is a day or a month, its end.
func (r *reader) when(t token) (from, to time.Time, err error) {
	if err := r.once(t, "keep one of them"); err != nil {
		return from, to, err
	}
	if err := never(t, "use since: for until:, and until: for since:"); err != nil {
		return from, to, err
	}
	wrong := refuse("write it like "+t.name+":90d, "+t.name+":12h, "+t.name+":2026-03-01, "+t.name+":2026-03 or "+t.name+":2026-Q1",
		"%q is no time", incident.Clip(t.raw, 40))
	if len(t.values) > 1 {
		return from, to, wrong
	}
	word := strings.ToLower(t.values[0].text)
	zone := r.now.Location()
	today := time.Date(r.now.Year(), r.now.Month(), r.now.Day(), 0, 0, 0, 0, zone)
	switch word {
	case "now":
		return r.now, r.now, nil
	case "today":
		return today, today.AddDate(0, 0, 1), nil
	case "yesterday":
		return today.AddDate(0, 0, -1), today, nil
	}
	if at, ok := r.ago(word); ok {
		return at, at, nil
	}
	if from, to, ok := when.Whole(word, zone); ok && sane(from) {
		return from, to, nil
	}
	return from, to, wrong
}

// sane keeps out years in which no incident was declared, and whose milliseconds would not fit.
func sane(t time.Time) bool { return t.Year() >= 1970 && t.Year() <= 9000 }

// span is a time that has passed: 12h, 90d, 3w, 6mo, 2y.
var span = regexp.MustCompile(`^([0-9]{1,5})(h|d|w|mo|y)$`)

// ago counts back from now, and no further than there is something to be found.
func (r *reader) ago(word string) (time.Time, bool) {
	m := span.FindStringSubmatch(word)
	if m == nil {
		return time.Time{}, false
	}
	n, _ := strconv.Atoi(m[1])
	at := when.Ago(r.now, n, m[2])
	if !sane(at) {
		at = time.Unix(0, 0).In(at.Location())
	}
	return at, true
}
