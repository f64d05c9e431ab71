package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/incident"
)

// FollowUp is one as reports count it.
type FollowUp struct {
	Incident, Number int
	Title, Owner     string
	Status           incident.FollowUpStatus
	Due              incident.Date
	Proposed, Ended  time.Time
	Services         []string
	URL              string
}

// overdue reports whether it was accepted and its day has passed.
func (f FollowUp) overdue(a Ask) bool {
	return f.Status == incident.FollowUpAccepted && f.Due != "" && string(f.Due) < a.Now.In(a.Zone).Format(time.DateOnly)
}

// ages are the bands by age, and above which an age belongs to the next.
var ages = []struct {
	name string
	days int
}{{"up to 1 week", 7}, {"up to 1 month", 30}, {"up to 3 months", 90}, {"up to 6 months", 180}, {"older", 0}}

// age is the band of the age that a follow-up has, or had when it ended.
func (f FollowUp) age(a Ask) string {
	until := a.Now
	if !f.Ended.IsZero() {
		until = f.Ended
	}
	for _, band := range ages {
		if band.days == 0 || until.Sub(f.Proposed) <= time.Duration(band.days)*24*time.Hour {
			return band.name
		}
	}
	return ""
}

func (f FollowUp) keys(a Ask) []string {
	switch a.By {
	case ByAge:
		return []string{f.age(a)}
	case ByOwner:
		if f.Owner == "" {
			return []string{nobody}
		}
		return []string{f.Owner}
	}
	if len(f.Services) == 0 {
		return []string{noService}
	}
	return f.Services
}

// FollowUpsOf answers what became of follow-ups: those that are open now, and those that ended in the span.
func FollowUpsOf(a Ask, all []FollowUp) *Report {
	type row struct{ undecided, open, overdue, done, dropped int }
	rows := map[string]*row{}
	if a.By == ByAge {
		for _, band := range ages {
			rows[band.name] = &row{}
		}
	}
	for _, f := range all {
		ended := !f.Ended.Before(a.Since) && f.Ended.Before(a.Until)
		if f.Status.Ended() && !ended {
			continue
		}
		for _, key := range f.keys(a) {
			if rows[key] == nil {
				rows[key] = &row{}
			}
			n := rows[key]
			switch f.Status {
			case incident.FollowUpProposed:
				n.undecided++
			case incident.FollowUpAccepted:
				n.open++
			case incident.FollowUpDone:
				n.done++
			case incident.FollowUpDropped:
				n.dropped++
			}
			if f.overdue(a) {
				n.overdue++
			}
		}
	}
	r := a.start(Column{a.By, Text}, Column{"undecided", Count}, Column{"accepted", Count}, Column{"overdue", Count}, Column{"done", Count}, Column{"dropped", Count})
	keys := order(a, rows, func(n *row) int { return n.overdue*1000 + n.open + n.undecided })
	if a.By == ByAge {
		keys = keys[:0]
		for _, band := range ages {
			keys = append(keys, band.name)
		}
	}
	for _, key := range keys {
		n := rows[key]
		r.row(key, n.undecided, n.open, n.overdue, n.done, n.dropped)
	}
	r.note("Undecided, accepted and overdue ones are those of now, whenever they were proposed; overdue ones are accepted too, and their day has passed in %s. Done and dropped ones have ended in the span.", a.Zone)
	r.note("Dropped on the record with a reason is as good an end as done. What was moved to another incident is counted there.")
	if a.By == ByService {
		r.note("Those of an incident with several services are counted for each of them.")
	}
	return r.hides(a.Viewer)
}

// OverdueOf lists the follow-ups that are overdue, the longest first within each row that they are by.
func OverdueOf(a Ask, all []FollowUp) *Report {
	all = slices.DeleteFunc(slices.Clone(all), func(f FollowUp) bool { return !f.overdue(a) })
	first := func(f FollowUp) string {
		switch a.By {
		case ByService:
			return joined(f.Services)
		case ByAge:
			return ""
		}
		return f.keys(a)[0]
	}
	slices.SortFunc(all, func(x, y FollowUp) int {
		return cmp.Or(strings.Compare(first(x), first(y)), cmp.Compare(x.Due, y.Due), cmp.Compare(x.Incident, y.Incident), cmp.Compare(x.Number, y.Number))
	})
	r := a.start(Column{"owner", Text}, Column{"follow_up", Text}, Column{"due", Text}, Column{"days_late", Count}, Column{"title", Text}, Column{"services", Text}, Column{"link", Link})
	today, _ := time.Parse(time.DateOnly, a.Now.In(a.Zone).Format(time.DateOnly)) // as it was just written
	for _, f := range all {
		var late any
		if due, err := time.Parse(time.DateOnly, string(f.Due)); err == nil {
			late = int(today.Sub(due) / (24 * time.Hour))
		}
		owner := f.Owner
		if owner == "" {
			owner = nobody
		}
		r.row(owner, fmt.Sprintf("%s/%d", incident.Key(f.Incident), f.Number), string(f.Due), late, f.Title, joined(f.Services), f.URL)
	}
	r.note("Accepted follow-ups whose day has passed in %s, of all time.", a.Zone)
	return r.hides(a.Viewer)
}

func joined(words []string) string { return strings.Join(words, ", ") }
