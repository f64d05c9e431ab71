package reports

import (
	"slices"
	"time"
)

// Deed is something on the timeline of an incident that ends what a waking has begun, or shows that a person
// was at it.
type Deed struct {
	Incident int
	At       time.Time
	Person   string
	// Calms is that the incident was mitigated, resolved, cancelled or merged with it; Answers that a page was
	// acknowledged.
	Calms, Answers bool
}

// longestStretch bounds what is counted of one waking: who is relieved, or goes to work, does not say so.
const longestStretch = 12 * time.Hour

// stretch is a time that was not a person's own.
type stretch struct{ from, to time.Time }

// stretches are how long a waking has kept its person: for each of its incidents until it was calm, or until
// somebody else had answered while they did nothing.
func (a Ask) stretches(w waking, deeds map[int][]Deed) []stretch {
	var out []stretch
	for _, i := range w.Incidents {
		end := w.At.Add(longestStretch)
		if a.Now.Before(end) {
			end = a.Now
		}
		atIt := slices.ContainsFunc(deeds[i], func(d Deed) bool { return d.Person == w.Person && !d.At.Before(w.At) && d.At.Before(end) })
		for _, d := range deeds[i] {
			ends := d.Calms || d.Answers && d.Person != w.Person && !atIt
			if ends && !d.At.Before(w.At) && d.At.Before(end) {
				end = d.At
			}
		}
		if end.After(w.At) {
			out = append(out, stretch{w.At, end})
		}
	}
	return out
}

// union is how long stretches are together, each moment once.
func union(all []stretch) time.Duration {
	slices.SortFunc(all, func(x, y stretch) int { return x.from.Compare(y.from) })
	var sum time.Duration
	var until time.Time
	for _, s := range all {
		if s.from.Before(until) {
			s.from = until
		}
		if s.to.After(s.from) {
			sum += s.to.Sub(s.from)
			until = s.to
		}
	}
	return sum
}

// OffHoursOf answers who was woken off-hours, and how long it kept them.
func OffHoursOf(a Ask, all []Notification, deeds map[int][]Deed) *Report {
	felt := wakings(all, func(n Notification) bool { return n.OffHours })
	rows := a.slept(felt)
	kept := map[string]map[string][]stretch{} // by row and person
	for _, w := range felt {
		if w.Drill {
			continue
		}
		for _, key := range a.keys(w) {
			if kept[key] == nil {
				kept[key] = map[string][]stretch{}
			}
			kept[key][w.Person] = append(kept[key][w.Person], a.stretches(w, deeds)...)
		}
	}
	r := a.start(a.whose(Column{a.By, Text}, Column{"wakings", Count}, Column{"at_night", Count}, Column{"minutes", Count}, Column{"incidents", Count})...)
	for _, key := range order(a, rows, func(s *slept) int { return s.wakings }) {
		s := rows[key]
		if s == nil {
			s = &slept{}
		}
		var sum time.Duration
		for _, own := range kept[key] {
			sum += union(own)
		}
		minutes := int(sum.Round(time.Minute) / time.Minute)
		r.row(s.whose(a, key, s.wakings, s.nights, minutes, len(s.incidents))...)
	}
	r.weekly(a, "wakings off-hours", rows, func(s *slept) int { return s.wakings })
	r.note("A waking is every phone call, SMS and push message of the pager to a person within 10 minutes, for whichever pages; e-mails wake nobody. Off-hours are those of the person's own calendar at that time.")
	r.note("Minutes run from a waking until its incident was mitigated, resolved, cancelled or merged; for whoever did nothing in it, until somebody else had acknowledged. One waking counts 12 hours at most, and no minute twice. That somebody was relieved, or began to work meanwhile, is not known.")
	r.note("What only drills have woken is counted apart, without minutes.")
	return r.hides(a.Viewer)
}
