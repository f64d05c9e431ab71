package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"muster/playbook/zone"
)

// Notification is one time that the pager has asked a person, by one means.
type Notification struct {
	Person, Zone, Means string
	At                  time.Time
	Night, OffHours     bool
	// Drill is that it was for a drill.
	Drill    bool
	Incident int
	Services []string
}

// oneWaking is within which time notifications of a person are one waking: whoever is called, texted and called
// again was woken once.
const oneWaking = 10 * time.Minute

// waking is what a person has felt.
type waking struct {
	Person, Zone    string
	At              time.Time
	Night, OffHours bool
	Drill           bool // and nothing but drills
	Incidents       []int
	Services        []string
}

// wakings puts together what was one. An e-mail wakes nobody. Notifications of other moments than those that
// are wanted belong to no waking.
func wakings(all []Notification, wanted func(Notification) bool) []waking {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Notification) int { return cmp.Or(strings.Compare(a.Person, b.Person), a.At.Compare(b.At)) })
	var out []waking
	for _, n := range all {
		if n.Means == "email" || !wanted(n) {
			continue
		}
		k := len(out) - 1
		if k < 0 || out[k].Person != n.Person || n.At.Sub(out[k].At) > oneWaking {
			out = append(out, waking{Person: n.Person, Zone: n.Zone, At: n.At, Drill: true})
			k++
		}
		w := &out[k]
		w.Night, w.OffHours, w.Drill = w.Night || n.Night, w.OffHours || n.OffHours, w.Drill && n.Drill
		if !slices.Contains(w.Incidents, n.Incident) {
			w.Incidents = append(w.Incidents, n.Incident)
		}
		for _, s := range n.Services {
			if !slices.Contains(w.Services, s) {
				w.Services = append(w.Services, s)
			}
		}
	}
	return out
}

// local is the moment where the person was.
func (w waking) local() time.Time {
	at, err := zone.Load(w.Zone)
	if err != nil {
		at = time.UTC
	}
	return w.At.In(at)
}

// night is the evening on which the waking's night began. Nights are over at 06:00, so noon parts them.
func (w waking) night() string { return w.local().Add(-12 * time.Hour).Format(time.DateOnly) }

// keys are the rows to which a waking belongs.
func (a Ask) keys(w waking) []string {
	switch a.By {
	case ByService:
		if len(w.Services) == 0 {
			return []string{noService}
		}
		return w.Services
	case ByWeek:
		return []string{a.week(w.At)}
	}
	return []string{w.Person}
}

// noService and nobody stand where an incident names no service, and a follow-up no owner.
const (
	noService = "(none)"
	nobody    = "(nobody)"
)

// slept is what becomes one row.
type slept struct {
	zone, last              string
	wakings, drills, nights int
	incidents               map[int]bool
	people, evenings        map[string]bool
}

func (a Ask) slept(all []waking) map[string]*slept {
	rows := map[string]*slept{}
	for _, w := range all {
		for _, key := range a.keys(w) {
			s := rows[key]
			if s == nil {
				s = &slept{incidents: map[int]bool{}, people: map[string]bool{}, evenings: map[string]bool{}}
				rows[key] = s
			}
			s.zone, s.last = w.Zone, w.local().Format("2006-01-02 15:04")
			if w.Drill {
				s.drills++
				continue
			}
			s.wakings++
			s.people[w.Person] = true
			for _, i := range w.Incidents {
				s.incidents[i] = true
			}
			if w.Night {
				s.nights++
				s.evenings[w.Person+" "+w.night()] = true
			}
		}
	}
	return rows
}

// order gives the keys, those with the most first; weeks in their order, those without any too.
func order[T any](a Ask, rows map[string]T, much func(T) int) []string {
	if a.By == ByWeek {
		return a.weeks()
	}
	keys := make([]string, 0, len(rows))
	for k := range rows {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y string) int { return cmp.Or(cmp.Compare(much(rows[y]), much(rows[x])), strings.Compare(x, y)) })
	return keys
}

// whose adds the columns of what else there is to say of a person, or of a week or a service.
func (a Ask) whose(columns ...Column) []Column {
	if a.By == ByPerson {
		return append(columns, Column{"drills", Count}, Column{"zone", Text}, Column{"last", Text})
	}
	return append(columns, Column{"people", Count}, Column{"drills", Count})
}

// whose adds the values of Ask's columns.
func (s *slept) whose(a Ask, values ...any) []any {
	if a.By == ByPerson {
		return append(values, s.drills, s.zone, s.last)
	}
	return append(values, len(s.people), s.drills)
}

// NightsOf answers who was woken at night.
func NightsOf(a Ask, all []Notification) *Report {
	felt := wakings(all, func(n Notification) bool { return n.Night })
	rows := a.slept(felt)
	r := a.start(a.whose(Column{a.By, Text}, Column{"wakings", Count}, Column{"nights", Count}, Column{"incidents", Count})...)
	for _, key := range order(a, rows, func(s *slept) int { return s.wakings }) {
		s := rows[key]
		if s == nil {
			s = &slept{}
		}
		r.row(s.whose(a, key, s.wakings, len(s.evenings), len(s.incidents))...)
	}
	r.weekly(a, "wakings at night", rows, func(s *slept) int { return s.wakings })
	r.note("A waking is every phone call, SMS and push message of the pager to a person within 10 minutes, for whichever pages; e-mails wake nobody.")
	r.note("Night is from 22:00 to 06:00 where the person was at that time, whoever works then. What only drills have woken is counted apart.")
	r.note("Counted is what the pager's log says, as far as Muster has read it.")
	return r.hides(a.Viewer)
}

// weekly adds the row of numbers of a report by weeks.
func (r *Report) weekly(a Ask, name string, rows map[string]*slept, much func(*slept) int) {
	if a.By != ByWeek {
		return
	}
	var points []int
	for _, w := range a.weeks() {
		n := 0
		if s := rows[w]; s != nil {
			n = much(s)
		}
		points = append(points, n)
	}
	r.Series = append(r.Series, Series{Name: name, Points: points})
}
