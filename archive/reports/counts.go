package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"muster/incident"
)

// Declared is an incident as reports count it.
type Declared struct {
	Number   int
	Kind     incident.Kind
	Severity incident.Severity
	Title    string
	Private  bool
	At       time.Time
	// Mustered is when everybody required was there, zero while they are not; Required is that somebody is.
	Mustered time.Time
	Required bool
	AlertKey string
	URL      string
	Services []string
	Tags     []string
}

// services are the rows to which an incident belongs by its services.
func (d Declared) services() []string {
	if len(d.Services) == 0 {
		return []string{noService}
	}
	return d.Services
}

// CountsOf answers how much was declared.
func CountsOf(a Ask, all []Declared) *Report {
	type row [4]int
	rows := map[string]*row{}
	if a.By == BySeverity {
		for s := incident.WorstSeverity; s <= incident.MildSeverity; s++ {
			rows[severity(s)] = &row{}
		}
	}
	weekly := map[string]*row{}
	add := func(to map[string]*row, key string, k int) {
		if to[key] == nil {
			to[key] = &row{}
		}
		to[key][k]++
	}
	for _, d := range all {
		k := slices.Index(incident.Kinds(), d.Kind)
		if k < 0 {
			continue
		}
		add(weekly, a.week(d.At), k)
		switch a.By {
		case BySeverity:
			add(rows, severity(d.Severity), k)
		case ByService:
			for _, s := range d.services() {
				add(rows, s, k)
			}
		}
	}
	r := a.start(Column{a.By, Text}, Column{"incidents", Count}, Column{"near_misses", Count}, Column{"drills", Count}, Column{"externals", Count})
	keys := order(a, rows, func(n *row) int { return n[0] + n[1] })
	if a.By == BySeverity {
		slices.Sort(keys)
	}
	if a.By == ByWeek {
		rows = weekly
	}
	for _, key := range keys {
		n := rows[key]
		if n == nil {
			n = &row{}
		}
		r.row(key, n[0], n[1], n[2], n[3])
	}
	var incidents, misses []int
	for _, w := range a.weeks() {
		n := weekly[w]
		if n == nil {
			n = &row{}
		}
		incidents, misses = append(incidents, n[0]), append(misses, n[1])
	}
	r.Series = []Series{{"incidents a week", incidents}, {"near misses a week", misses}}
	r.note("More is good: what is declared can be learnt from. A month with fewer has not been a better one.")
	r.note("Counted by when it was declared, in weeks of %s. Cancelled and merged ones, and the canary's drills, are left out.", a.Zone)
	if a.By == ByService {
		r.note("What names several services is counted for each of them.")
	}
	return r.hides(a.Viewer)
}

func severity(s incident.Severity) string { return fmt.Sprintf("sev%d", int(s)) }

// MusterOf answers how long it took until everybody required was there.
func MusterOf(a Ask, all []Declared) *Report {
	type row struct {
		took    []time.Duration
		missing int
		worst   Declared
	}
	rows := map[string]*row{}
	for _, d := range all {
		if d.Kind != incident.KindIncident || !d.Required && d.Mustered.IsZero() {
			continue
		}
		keys := []string{severity(d.Severity)}
		switch a.By {
		case ByService:
			keys = d.services()
		case ByWeek:
			keys = []string{a.week(d.At)}
		}
		for _, key := range keys {
			if rows[key] == nil {
				rows[key] = &row{}
			}
			n := rows[key]
			if d.Mustered.IsZero() {
				n.missing++
				continue
			}
			if n.worst.Number == 0 || d.Mustered.Sub(d.At) > n.worst.Mustered.Sub(n.worst.At) {
				n.worst = d
			}
			n.took = append(n.took, max(d.Mustered.Sub(d.At), 0))
		}
	}
	r := a.start(Column{a.By, Text}, Column{"mustered", Count}, Column{"not_mustered", Count}, Column{"median", Span}, Column{"worst", Span}, Column{"worst_incident", Text})
	keys := order(a, rows, func(n *row) int { return len(n.took) + n.missing })
	if a.By == BySeverity {
		slices.Sort(keys)
	}
	for _, key := range keys {
		n := rows[key]
		switch {
		case n == nil:
			r.row(key, 0, 0, nil, nil, nil)
		case len(n.took) == 0:
			r.row(key, 0, n.missing, nil, nil, nil)
		default:
			r.row(key, len(n.took), n.missing, median(n.took), n.worst.Mustered.Sub(n.worst.At), incident.Key(n.worst.Number))
		}
	}
	r.note("From declaring an incident until everybody whom the playbook requires had acknowledged or joined. Where its severity waits for the next business morning, so does this.")
	r.note("Incidents for which nobody is required, near misses, drills and externals are left out, and so are cancelled and merged ones. The median is that of the middle one; there is no mean, since one bad night would hide in it or fill it.")
	return r.hides(a.Viewer)
}

// median is the middle one, of an even number that of the later of the two in the middle: a time that there was.
func median(all []time.Duration) time.Duration {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[len(all)/2]
}

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

// Learnt is a sentence that was written down.
type Learnt struct {
	Incident int
	At       time.Time
	Title    string
	Services []string
	Text     string
	URL      string
}

// LearningsOf answers what was learnt, the newest first.
func LearningsOf(a Ask, all []Learnt) *Report {
	all = slices.Clone(all)
	slices.SortFunc(all, func(x, y Learnt) int { return cmp.Or(y.At.Compare(x.At), cmp.Compare(y.Incident, x.Incident)) })
	r := a.start(Column{"at", Moment}, Column{"incident", Text}, Column{"services", Text}, Column{"learnt", Text}, Column{"title", Text}, Column{"link", Link})
	for _, l := range all {
		r.row(l.At, incident.Key(l.Incident), joined(l.Services), l.Text, l.Title, l.URL)
	}
	r.note("Of each incident the newest wording, by when it was written.")
	return r.hides(a.Viewer)
}
