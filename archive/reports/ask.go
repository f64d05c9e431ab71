package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/archive/when"
	"muster/incident"
)

// Name names a report.
type Name string

// The reports.
const (
	Nights    Name = "nights"
	OffHours  Name = "offhours"
	Counts    Name = "counts"
	Muster    Name = "muster"
	FollowUps Name = "follow-ups"
	Overdue   Name = "overdue"
	Repeats   Name = "repeats"
	Learnings Name = "learnings"
)

// What a report may be by.
const (
	ByPerson   = "person"
	ByService  = "service"
	BySeverity = "severity"
	ByWeek     = "week"
	ByOwner    = "owner"
	ByAge      = "age"
	ByIncident = "incident"
)

// Spec is a report that there is.
type Spec struct {
	Name Name
	// Answers is the question, in words.
	Answers string
	// By are what its rows may be by, the usual one first.
	By []string
}

// Specs lists every report.
func Specs() []Spec {
	return []Spec{
		{Nights, "Who was woken at night, and how often", []string{ByPerson, ByService, ByWeek}},
		{OffHours, "Who was woken off-hours, and how long it kept them", []string{ByPerson, ByService, ByWeek}},
		{Counts, "How many incidents, near misses, drills and externals were declared", []string{ByWeek, BySeverity, ByService}},
		{Muster, "How long it took until everybody required was there", []string{BySeverity, ByService, ByWeek}},
		{FollowUps, "What became of follow-ups", []string{ByService, ByOwner, ByAge}},
		{Overdue, "Which follow-ups are overdue", []string{ByOwner, ByService, ByAge}},
		{Repeats, "What happened again within 90 days", []string{ByIncident, ByService}},
		{Learnings, "What was learnt", []string{ByIncident}},
	}
}

// Viewer is who asks. Nothing of an incident that they may not see is counted or named.
type Viewer struct {
	// Person is an e-mail address, empty when it is not known who asks.
	Person string
	// All says that they may see every private incident.
	All bool
	// Guest says that they see only what they are part of, whether private or not.
	Guest bool
}

// Ask is a question to which a report is the answer.
type Ask struct {
	Name Name
	// Since and Until bound when what is counted has happened; Until is not in it.
	Since, Until time.Time
	By           string
	Viewer       Viewer
	// Zone is where days and weeks begin. People's nights are in their own zones.
	Zone *time.Location
	// Now is when it is asked.
	Now time.Time
}

// usualSpan is how far a report looks back unless somebody says, longestSpan how far it ever does.
const (
	usualSpan    = "90d"
	longestYears = 20
)

// New makes a question of words. Since and until may be empty, and by too; zone nil is UTC.
func New(name, since, until, by string, v Viewer, now time.Time, zone *time.Location) (Ask, error) {
	if zone == nil {
		zone = time.UTC
	}
	a := Ask{Name: Name(strings.ToLower(strings.TrimSpace(name))), By: strings.ToLower(strings.TrimSpace(by)), Viewer: v, Zone: zone, Now: now}
	k := slices.IndexFunc(Specs(), func(s Spec) bool { return s.Name == a.Name })
	if k < 0 {
		return a, invalid("report", "write "+orList(names()), "%q is no report", incident.Clip(name, 40))
	}
	spec := Specs()[k]
	if a.By == "" {
		a.By = spec.By[0]
	}
	if !slices.Contains(spec.By, a.By) {
		return a, invalid("by", "write "+orList(spec.By), "%s cannot be by %q", spec.Name, incident.Clip(by, 40))
	}
	var err error
	if a.Until = now; strings.TrimSpace(until) != "" {
		if _, a.Until, err = moment("until", until, now.In(zone)); err != nil {
			return a, err
		}
	}
	if strings.TrimSpace(since) == "" {
		since = usualSpan
	}
	if a.Since, _, err = moment("since", since, now.In(zone)); err != nil {
		return a, err
	}
	switch {
	case !a.Since.Before(a.Until):
		return a, invalid("since", "choose an earlier one, or a later until", "%s is not before %s", a.Since.In(zone).Format(time.DateTime), a.Until.In(zone).Format(time.DateTime))
	case a.Since.AddDate(longestYears, 0, 0).Before(a.Until):
		return a, invalid("since", fmt.Sprintf("ask for %d years at most", longestYears), "is too long ago")
	}
	return a, nil
}

var ago = regexp.MustCompile(`^(\d{1,5})\s*(h|d|w|mo|y)$`)

// moment reads 90d, 2026-Q4, 2026-10, 2026-10-01 or a time in RFC 3339, and gives where it begins and where it ends.
func moment(field, text string, now time.Time) (from, to time.Time, err error) {
	t := strings.TrimSpace(text)
	if m := ago.FindStringSubmatch(strings.ToLower(t)); m != nil {
		n, _ := strconv.Atoi(m[1]) // five digits
		from = when.Ago(now, n, m[2])
		return from, from, nil
	}
	if from, to, ok := when.Whole(t, now.Location()); ok {
		return from, to, nil
	}
	return from, to, invalid(field, "write it like 90d, 12w, 6mo, 2026-Q4 (the whole quarter), 2026-10 (the whole month) or 2026-10-31 (the whole day)", "%q is no time", incident.Clip(text, 40))
}

func invalid(field, mend, format string, args ...any) error {
	return &incident.Problem{Code: incident.CodeInvalid, Field: field, Reason: fmt.Sprintf(format, args...), Mend: mend}
}

func names() []string {
	var out []string
	for _, s := range Specs() {
		out = append(out, string(s.Name))
	}
	return out
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// week is the ISO week of a moment, in the zone in which weeks begin.
func (a Ask) week(t time.Time) string {
	y, w := t.In(a.Zone).ISOWeek()
	return fmt.Sprintf("%d-W%02d", y, w)
}

// weeks are those that the question spans, the first of them and the last perhaps in part.
func (a Ask) weeks() []string {
	var out []string
	for t := a.Since.In(a.Zone); t.Before(a.Until); t = t.AddDate(0, 0, 7) {
		out = append(out, a.week(t))
	}
	if last := a.week(a.Until.Add(-time.Millisecond)); len(out) > 0 && out[len(out)-1] != last {
		out = append(out, last)
	}
	return out
}
