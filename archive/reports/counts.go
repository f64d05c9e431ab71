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
	r.note("More is good: what is declared can be learnt from. A month with fewer was not a better one.")
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
	r.note("Incidents for which nobody is required, near misses, drills and externals are left out, and so are cancelled and merged ones. The median is the time of the incident in the middle; there is no mean, since one bad night would hide in it or fill it.")
	return r.hides(a.Viewer)
}

// median is the middle one, of an even number that of the later of the two in the middle: a time that there was.
func median(all []time.Duration) time.Duration {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[len(all)/2]
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
