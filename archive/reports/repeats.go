package reports

import (
	"cmp"
	"slices"
	"time"

	"muster/incident"
)

// repeatWithin is how far apart two incidents may be that are the same again.
const repeatWithin = 90 * 24 * time.Hour

// RepeatWithin is how long before the span incidents matter for what was a repeat in it.
func RepeatWithin() time.Duration { return repeatWithin }

// RepeatsOf answers what happened again. All holds incidents from RepeatWithin before the span on, and for each
// says what it has in common with others.
func RepeatsOf(a Ask, all []Declared, sameTitle func(title string) string) *Report {
	all = slices.Clone(all)
	slices.SortFunc(all, func(x, y Declared) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Number, y.Number)) })
	last := map[string]Declared{}
	found := map[int]repeat{}
	var numbers []int
	for _, d := range all {
		if d.Kind != incident.KindIncident && d.Kind != incident.KindNearMiss {
			continue
		}
		for _, c := range d.commons(sameTitle) {
			before, seen := last[c.key]
			last[c.key] = d
			if !seen || d.At.Before(a.Since) || !d.At.Before(a.Until) || d.At.Sub(before.At) > repeatWithin {
				continue
			}
			n, has := found[d.Number]
			if !has {
				n = repeat{now: d, before: before}
				numbers = append(numbers, d.Number)
			}
			if before.At.After(n.before.At) {
				n.before = before
			}
			if !slices.Contains(n.because, c.because) {
				n.because = append(n.because, c.because)
			}
			if c.service != "" && !slices.Contains(n.services, c.service) {
				n.services = append(n.services, c.service)
			}
			found[d.Number] = n
		}
	}
	slices.Reverse(numbers)
	if a.By == ByService {
		return a.repeatsByService(found)
	}
	r := a.start(Column{"incident", Text}, Column{"repeats", Text}, Column{"days_later", Count}, Column{"because", Text}, Column{"title", Text}, Column{"link", Link})
	for _, number := range numbers {
		n := found[number]
		r.row(incident.Key(number), incident.Key(n.before.Number), int(n.now.At.Sub(n.before.At)/(24*time.Hour)), incident.And(n.because), n.now.Title, n.now.URL)
	}
	return r.noteRepeats(a)
}

func (r *Report) noteRepeats(a Ask) *Report {
	r.note("A repeat is an incident or near miss that comes within 90 days of another one of the same alert, or of the same service with the same tag or title; the newest of those is named. Cancelled and merged ones and drills are left out.")
	return r.hides(a.Viewer)
}

// repeat is an incident, and the newest before it with which it has something in common.
type repeat struct {
	now, before Declared
	because     []string
	services    []string
}

type common struct{ key, because, service string }

// commons are what an incident can have in common with another one.
func (d Declared) commons(sameTitle func(string) string) []common {
	var out []common
	if d.AlertKey != "" {
		out = append(out, common{"alert\x00" + d.AlertKey, "the same alert", ""})
	}
	title := sameTitle(d.Title)
	for _, s := range d.Services {
		for _, t := range d.Tags {
			out = append(out, common{"tag\x00" + s + "\x00" + t, s + " and the tag " + t, s})
		}
		if title != "" {
			out = append(out, common{"title\x00" + s + "\x00" + title, s + " and the same title", s})
		}
	}
	return out
}

func (a Ask) repeatsByService(found map[int]repeat) *Report {
	rows := map[string]int{}
	for _, n := range found {
		services := n.services
		if len(services) == 0 {
			services = n.now.services()
		}
		for _, s := range services {
			rows[s]++
		}
	}
	r := a.start(Column{"service", Text}, Column{"repeats", Count})
	for _, key := range order(a, rows, func(n int) int { return n }) {
		r.row(key, rows[key])
	}
	return r.noteRepeats(a)
}
