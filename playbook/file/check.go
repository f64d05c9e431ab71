package file

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/playbook"
	"muster/playbook/internal/words"
)

// Check reads the playbook at path and reports on it for a person: every error and warning with
// its line, and a closing line that sums up. errs is the number of errors, 0 for a good file.
func Check(path string, now time.Time) (report string, errs int) {
	var b strings.Builder
	p, err := Load(path, now)
	if err != nil {
		var all Errors
		if !errors.As(err, &all) {
			all = Errors{{File: path, Reason: err.Error()}}
		}
		fmt.Fprintf(&b, "%s\n%s: %s\n", all.Error(), path, words.Count(len(all), "error"))
		return b.String(), len(all)
	}
	for _, w := range p.Warnings() {
		fmt.Fprintf(&b, "%s (warning)\n", w)
	}
	n := len(p.Warnings())
	coming := Coming(p, now)
	for _, c := range coming {
		if len(c.Days) == 0 {
			n++
			fmt.Fprintf(&b, "%s: calendars.%s: has no holidays in the next twelve months, so those days count as working days; name a country or dates under holidays (warning)\n", path, c.Calendar)
		}
	}
	for _, c := range coming {
		b.WriteString(c.text())
	}
	verdict := "fine"
	if n > 0 {
		verdict = "usable, with " + words.Count(n, "warning")
	}
	fmt.Fprintf(&b, "%s: %s: %s, %s, %s\n", path, verdict, words.Count(len(p.Services()), "service"),
		people(len(p.People())), words.Count(len(p.Credentials()), "credential"))
	return b.String(), 0
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// ComingHolidays says what a calendar knows of the next twelve months, so that people see it before they
// rely on it.
type ComingHolidays struct {
	Calendar string `json:"calendar"`
	Zone     string `json:"zone"`
	Hours    string `json:"hours"`
	// Rules say in words which days each country's calendar holds.
	Rules []string     `json:"rules,omitempty"`
	Days  []ComingDate `json:"days"`
}

// ComingDate is a day off.
type ComingDate struct {
	Date string `json:"date"`
	Name string `json:"name"`
}

// Coming says what every calendar of a playbook knows.
func Coming(p *playbook.Playbook, now time.Time) []ComingHolidays {
	var out []ComingHolidays
	for _, s := range p.Calendars() {
		c := ComingHolidays{Calendar: s.Calendar.Name, Zone: s.Calendar.Zone, Hours: s.Hours(), Days: []ComingDate{}}
		for _, country := range s.Countries {
			c.Rules = append(c.Rules, country+": "+playbook.HolidayRules(country))
		}
		for _, h := range s.Coming(now) {
			c.Days = append(c.Days, ComingDate(h))
		}
		out = append(out, c)
	}
	return out
}

func (c ComingHolidays) text() string {
	var b strings.Builder
	known := words.Count(len(c.Days), "holiday") + " in the next twelve months"
	if len(c.Days) == 0 {
		known = "no holidays in the next twelve months"
	}
	fmt.Fprintf(&b, "calendar %s: %s, %s, %s\n", c.Calendar, c.Zone, c.Hours, known)
	for _, r := range c.Rules {
		fmt.Fprintf(&b, "  %s\n", r)
	}
	for _, d := range c.Days {
		day, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			continue // dates were checked
		}
		fmt.Fprintf(&b, "  %s %s\n", day.Format("Mon 2006-01-02"), d.Name)
	}
	return b.String()
}
