package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muster/incident"
	"muster/playbook"
)

// Book is what the playbook offers to people in forms.
type Book struct {
	// Severities are all, worst first.
	Severities []Severity
	// Default is the severity of who chooses none.
	Default  incident.Severity
	Services []Choice
	Roles    []incident.Role
	// Targets are those that can be paged by name.
	Targets []Choice
	// Morning is when pages that are held go out, as people read it.
	Morning string
}

// Severity is one severity as people choose it.
type Severity struct {
	Level incident.Severity
	Name  string
	Hint  string
	// Page says when it pages.
	Page playbook.PageMode
}

// Choice is one line of a menu: Value is what Muster calls it, Label what people read.
type Choice struct{ Value, Label string }

// BookOf reads a playbook, as it is at a moment.
func BookOf(p *playbook.Playbook, now time.Time) Book {
	calendar := p.Calendar()
	b := Book{Default: p.DefaultSeverity(), Roles: p.Roles(), Morning: calendar.NextWorking(now).Format(incident.DayAndTime)}
	for _, s := range p.Severities() {
		if s.Page == playbook.PageNextMorning && calendar.Working(now) {
			s.Page = playbook.PageNow
		}
		b.Severities = append(b.Severities, Severity{Level: s.Level, Name: s.Name, Hint: s.Hint, Page: s.Page})
	}
	for _, name := range p.Services() {
		c := Choice{Value: name, Label: name}
		if s, ok := p.Service(name); ok && s.Title != "" {
			c.Label = s.Title
		}
		b.Services = append(b.Services, c)
	}
	for _, t := range p.Targets() {
		b.Targets = append(b.Targets, Choice{Value: t.Name, Label: t.Name})
	}
	return b
}

// SeverityName shows a severity as people know it: 1 (Critical).
func (b Book) SeverityName(level incident.Severity) string {
	for _, s := range b.Severities {
		if s.Level == level && s.Name != "" {
			return fmt.Sprintf("%d (%s)", level, s.Name)
		}
	}
	return strconv.Itoa(int(level))
}

// pages says when a severity of that mode pages, by what the clock shows now: in working hours the
// next business morning is now.
func (b Book) pages(m playbook.PageMode) string {
	switch m {
	case playbook.PageNow:
		return "pages now"
	case playbook.PageNextMorning:
		return "pages on " + b.Morning
	}
	return "pages nobody"
}

// whatPages sums up which severities page, in one line: what frightens people most about a
// severity is whom it wakes.
func (b Book) whatPages() string {
	var parts []string
	for _, mode := range []playbook.PageMode{playbook.PageNow, playbook.PageNextMorning, playbook.PageNever} {
		var levels []string
		for _, s := range b.Severities {
			if s.Page == mode || (mode == playbook.PageNever && s.Page == "") {
				levels = append(levels, strconv.Itoa(int(s.Level)))
			}
		}
		if len(levels) > 0 {
			parts = append(parts, several(len(levels), "Severity "+incident.And(levels)+" "+b.pages(mode)+"."))
		}
	}
	return strings.Join(parts, " ")
}

// several turns "Severity 1 pages" into "Severities 1 and 2 page" when there are several.
func several(n int, s string) string {
	if n > 1 {
		return strings.NewReplacer("Severity", "Severities", "pages", "page").Replace(s)
	}
	return s
}

// wakes says whom the severities of an incident of that kind wake.
func (b Book) wakes(k incident.Kind) string {
	switch k {
	case incident.KindIncident, "":
		return b.whatPages()
	case incident.KindDrill:
		return "A drill pages only if that was asked for when it was declared."
	}
	return one(k) + " pages nobody."
}

func kindName(k incident.Kind) string {
	if k == "" {
		k = incident.KindIncident
	}
	return strings.ReplaceAll(string(k), "_", " ")
}

// one names an occurrence of a kind, at the start of a sentence.
func one(k incident.Kind) string {
	switch k {
	case incident.KindNearMiss:
		return "A near miss"
	case incident.KindDrill:
		return "A drill"
	case incident.KindExternal:
		return "Another company's incident"
	}
	return "An incident"
}

func capital(s string) string {
	_, n := utf8.DecodeRuneInString(s) // it may begin with a quotation mark
	return strings.ToUpper(s[:n]) + s[n:]
}
