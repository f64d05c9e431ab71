package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// FollowUpKind says what a follow-up is good for.
type FollowUpKind string

// The kinds of follow-ups.
const (
	FollowUpPrevent  FollowUpKind = "prevent"  // it will not happen again
	FollowUpDetect   FollowUpKind = "detect"   // it will be noticed earlier
	FollowUpMitigate FollowUpKind = "mitigate" // it will hurt less, or for less long
	FollowUpLearn    FollowUpKind = "learn"    // more will be understood
)

// FollowUpKinds lists every kind, in the order in which people are offered them.
func FollowUpKinds() []FollowUpKind {
	return []FollowUpKind{FollowUpPrevent, FollowUpDetect, FollowUpMitigate, FollowUpLearn}
}

// ParseFollowUpKind reads a kind by name.
func ParseFollowUpKind(s string) (FollowUpKind, error) {
	k := FollowUpKind(strings.ToLower(strings.TrimSpace(s)))
	if !slices.Contains(FollowUpKinds(), k) {
		return "", invalid("kind", "write "+orList(FollowUpKinds()), "%q is no kind of follow-up", Clip(s, 40))
	}
	return k, nil
}

// FollowUpPriority says which of two follow-ups is done first. It says nothing about when:
// that is the due date.
type FollowUpPriority string

// The priorities.
const (
	PriorityHigh   FollowUpPriority = "high"
	PriorityMedium FollowUpPriority = "medium"
	PriorityLow    FollowUpPriority = "low"
)

// FollowUpPriorities lists every priority, the highest first.
func FollowUpPriorities() []FollowUpPriority {
	return []FollowUpPriority{PriorityHigh, PriorityMedium, PriorityLow}
}

// ParseFollowUpPriority reads a priority by name.
func ParseFollowUpPriority(s string) (FollowUpPriority, error) {
	p := FollowUpPriority(strings.ToLower(strings.TrimSpace(s)))
	if !slices.Contains(FollowUpPriorities(), p) {
		return "", invalid("priority", "write "+orList(FollowUpPriorities()), "%q is no priority", Clip(s, 40))
	}
	return p, nil
}

// higher is the more pressing of two priorities, of which either may be none.
func higher(a, b FollowUpPriority) FollowUpPriority {
	for _, p := range FollowUpPriorities() {
		if a == p || b == p {
			return p
		}
	}
	return ""
}

// The bounds of a follow-up's labels. A label has no spaces, since a tracker's has none.
const (
	maxLabels = 5
	maxLabel  = 30
)

// maxDueYears is how far away a follow-up may fall due.
const maxDueYears = 5

// farthestWest is the zone where a day ends last, twelve hours behind UTC.
const farthestWest = -12 * time.Hour

// CheckDue refuses a due date that is no day, has passed, or is so far away that it is a slip of
// the pen. Today is the day of that moment in its own zone.
func CheckDue(field string, due Date, today time.Time) error {
	day, err := time.Parse(time.DateOnly, string(due))
	if err != nil {
		_, err := ParseDate(field, string(due))
		return err
	}
	first := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	last := first.AddDate(maxDueYears, 0, 0)
	switch {
	case day.Before(first):
		return invalid(field, "choose today, "+first.Format(time.DateOnly)+", or a later day", "%s has passed", due)
	case day.After(last):
		return invalid(field, fmt.Sprintf("choose a day within %d years", maxDueYears), "%s is too far away", due)
	}
	return nil
}

// NewDue gives the due date that a command asks for and an incident does not have yet: of this alone
// it matters which day it is where the incident's people are.
func NewDue(i *Incident, c Command) (Date, bool) {
	switch c := c.(type) {
	case AddFollowUp:
		return c.Due, c.Due != ""
	case ChangeFollowUp:
		f := i.FollowUp(c.Number)
		return c.Due, c.Due != "" && f != nil && c.Due != f.Due
	}
	return "", false
}

// followUpDetails are what both proposing and changing a follow-up may say of it.
type followUpDetails struct {
	Owner    string
	Due      Date
	Kind     FollowUpKind
	Priority FollowUpPriority
	Labels   []string
}

// check refuses what is wrong whatever the follow-up. Which day it is depends on where people are,
// so only what has passed everywhere is refused here; whoever knows the calendar knows better.
func (d followUpDetails) check(now time.Time) error {
	if d.Due != "" {
		if err := CheckDue("due", d.Due, now.UTC().Add(farthestWest)); err != nil {
			return err
		}
	}
	return d.shape()
}

// shape refuses what is wrong on any day.
func (d followUpDetails) shape() error {
	if d.Owner != "" {
		if err := CheckPerson("owner", d.Owner); err != nil {
			return err
		}
	}
	if d.Due != "" {
		if _, err := ParseDate("due", string(d.Due)); err != nil {
			return err
		}
	}
	if d.Kind != "" {
		if _, err := ParseFollowUpKind(string(d.Kind)); err != nil {
			return err
		}
	}
	if d.Priority != "" {
		if _, err := ParseFollowUpPriority(string(d.Priority)); err != nil {
			return err
		}
	}
	return checkLabels(d.Labels)
}

func checkLabels(labels []string) error {
	if n := len(normalLabels(labels)); n > maxLabels {
		return invalid("labels", "keep the most telling ones", "%d labels, %d are allowed", n, maxLabels)
	}
	for _, l := range labels {
		switch l = strings.TrimSpace(l); {
		case l == "":
			return invalid("labels", "leave it out", "one of them is empty")
		case len([]rune(l)) > maxLabel:
			return invalid("labels", fmt.Sprintf("write at most %d characters", maxLabel), "%q is too long", Clip(l, 40))
		case strings.ContainsFunc(l, func(r rune) bool { return !visible(r) || r == ' ' || r == ',' }):
			return invalid("labels", "write one word, such as disk-space", "%q is no label", Clip(l, 40))
		}
	}
	return nil
}

// normalLabels leaves out what is said twice.
func normalLabels(labels []string) []string {
	var out []string
	for _, l := range labels {
		l = strings.TrimSpace(l)
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, l) }) {
			out = append(out, l)
		}
	}
	return out
}

// Snoozed reports whether nobody is to be reminded of the follow-up now.
func (f FollowUp) Snoozed(now time.Time) bool { return now.Before(f.SnoozedUntil) }

// Traits are what is worth knowing of a follow-up besides title, status, owner and due date, each in a
// word or two.
func (f FollowUp) Traits(now time.Time) []string {
	var out []string
	if f.Kind != "" {
		out = append(out, "to "+string(f.Kind))
	}
	if f.Priority != "" {
		out = append(out, string(f.Priority)+" priority")
	}
	if f.Urgent {
		out = append(out, "urgent")
	}
	if f.Snoozed(now) {
		out = append(out, withText("snoozed until "+moment(f.SnoozedUntil, now), f.SnoozeReason))
	}
	if f.Status == FollowUpDropped && f.Reason != "" {
		out = append(out, f.Reason)
	}
	return out
}

// wake ends a snooze: what is decided anew is looked at anew.
func (f *FollowUp) wake() { f.SnoozedUntil, f.SnoozeReason = time.Time{}, "" }

// decided notes who decided about a follow-up, and when. Deciding ends its snooze.
func (f *FollowUp) decided(by Actor, now time.Time) {
	f.DecidedBy, f.DecidedAt = by, now
	f.wake()
}

// end takes a follow-up to done or dropped.
func (f *FollowUp) end(s FollowUpStatus, reason string, now time.Time) {
	f.Status, f.EndedAt = s, now
	if s == FollowUpDropped {
		f.Reason = Clip(CleanLine(reason), maxReason)
	}
	f.wake()
}

// about is what an answer to a command says of the follow-up that it changed.
func (r Result) about(f *FollowUp) Result {
	r.Number, r.FollowUp = f.Number, f.Status
	return r
}

// openFollowUp finds a follow-up of which something is still expected.
func (i *Incident) openFollowUp(field string, number int) (*FollowUp, error) {
	f := i.FollowUp(number)
	switch {
	case f == nil:
		return nil, i.noFollowUp(field, number)
	case f.Status.Ended():
		return nil, illegal(field, "see `starter show "+i.Key()+"` for those that are open", "follow-up %d is %s", f.Number, f.Status)
	}
	return f, nil
}

func (i *Incident) noFollowUp(field string, number int) error {
	return &Problem{
		Code: CodeNotFound, Field: field, Reason: fmt.Sprintf("%s has no follow-up %d", i.Key(), number),
		Mend: "see `starter show " + i.Key() + "`",
	}
}

// orList writes a, b or c.
func orList[S ~string](all []S) string {
	words := make([]string, len(all))
	for k, s := range all {
		words[k] = string(s)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
