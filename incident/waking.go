package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Waking says who is being woken for an incident. Every door says it in the first line of its
// answers, so it is made in one place, of the incident's facts.
type Waking struct {
	// Line is one or two sentences for people.
	Line string `json:"line"`
	// Now are the targets that are being paged, Later those whose pages are held until At.
	Now   []string  `json:"now,omitempty"`
	Later []string  `json:"later,omitempty"`
	At    time.Time `json:"at,omitzero"`
	// Over says that the incident does not hurt any more, so that there is nobody to page.
	Over bool `json:"over,omitempty"`
}

// Nobody is true when nobody is being woken now.
func (w Waking) Nobody() bool { return len(w.Now) == 0 }

// Waking says who is being woken now, or that nobody is, and when that changes. The zone is that
// of the people who read the line.
func (i *Incident) Waking(zone *time.Location) Waking {
	if !i.Status.Live() {
		return Waking{Line: fmt.Sprintf("Nobody is being paged: %s is %s.", i.Key(), i.Status), Over: true}
	}
	s := i.standing()
	w := Waking{Now: append(slices.Clone(s.ringing), s.undelivered...), Later: s.held, At: s.at}
	var lines []string
	if len(s.ringing) > 0 {
		lines = append(lines, fmt.Sprintf("Paging %s now.", And(s.ringing)))
	}
	if len(s.undelivered) > 0 {
		lines = append(lines, fmt.Sprintf("The page to %s is not delivered yet: %s. Trying again.", And(s.undelivered), s.problem))
	}
	if len(s.unanswered) > 0 {
		lines = append(lines, fmt.Sprintf("Nobody has answered the page to %s; it is repeated until somebody does.", And(s.unanswered)))
		w.Now = append(w.Now, s.unanswered...)
	}
	if len(s.held) > 0 {
		lines = append(lines, fmt.Sprintf("%s on %s.", will(s.held), s.at.In(zone).Format(DayAndTime)))
	}
	if len(s.taken) > 0 {
		lines = append(lines, strings.Join(s.taken, ", ")+".")
	}
	w.Line = strings.Join(lines, " ")
	if w.Nobody() {
		w.Line = i.nobody(w.Line)
	}
	return w
}

// nobody is the line of an incident for which nobody is being woken; rest says when that changes.
func (i *Incident) nobody(rest string) string {
	switch {
	case rest != "":
		return "Nobody is being paged now: " + rest
	case i.PagesNobody != "":
		return "Nobody is being paged: " + i.PagesNobody + "."
	}
	return "Nobody is being paged."
}

// standing sorts an incident's pages by what they do to people, each target once.
type standing struct {
	ringing, undelivered, unanswered, held, taken []string

	problem string
	at      time.Time
}

func (i *Incident) standing() standing {
	var s standing
	for _, p := range i.Pages {
		switch {
		case (p.Status == PagePaging || p.Status == PageUnanswered) && p.Problem != "":
			s.undelivered, s.problem = add(s.undelivered, p.Target), p.Problem
		case p.Status == PagePaging:
			s.ringing = add(s.ringing, p.Target)
		case p.Status == PageUnanswered:
			s.unanswered = add(s.unanswered, p.Target)
		case p.Status == PageWaiting:
			s.held = add(s.held, p.Target)
			if s.at.IsZero() || p.NotBefore.Before(s.at) {
				s.at = p.NotBefore
			}
		case p.Status == PageAcknowledged:
			s.taken = add(s.taken, fmt.Sprintf("%s was acknowledged by %s", p.Target, p.Taken()))
		}
	}
	return s
}

func add(all []string, one string) []string {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}

// DayAndTime is how a moment is written for people, in their zone.
const DayAndTime = "Monday 2 January at 15:04 MST"

// will says that targets are paged later.
func will(targets []string) string {
	if len(targets) == 1 {
		return targets[0] + " is paged"
	}
	return And(targets) + " are paged"
}

// And joins names as people do: checkout, search and platform.
func And(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
