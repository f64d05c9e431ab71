package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// MergeFollowUp says that a follow-up is the same work as another one of the incident, which goes
// on with its labels, its priority and its kind.
type MergeFollowUp struct {
	Meta
	Number int `json:"number"`
	// Into is the number of the follow-up that goes on.
	Into int `json:"into"`
}

// Shape refuses what names no two follow-ups.
func (c MergeFollowUp) Shape() error {
	if c.Into < 1 || c.Into == c.Number {
		return invalid("into", "name another follow-up of the same incident, by its number", "follow-up %d cannot be merged into itself", c.Number)
	}
	return nil
}

// Check implements Command.
func (c MergeFollowUp) Check(i *Incident, _ time.Time) error {
	if c.Into < 1 || c.Into == c.Number {
		return invalid("into", "name another follow-up of "+i.Key()+", by its number", "follow-up %d cannot be merged into itself", c.Number)
	}
	if c.done(i) {
		return nil
	}
	if _, err := i.openFollowUp("number", c.Number); err != nil {
		return err
	}
	_, err := i.openFollowUp("into", c.Into)
	return err
}

// done reports whether it is so already.
func (c MergeFollowUp) done(i *Incident) bool {
	f := i.FollowUp(c.Number)
	return f != nil && f.Status == FollowUpDropped && f.MergedInto == c.Into
}

// Apply implements Command.
func (c MergeFollowUp) Apply(i *Incident, now time.Time) Result {
	f := i.FollowUp(c.Number)
	if c.done(i) {
		return i.unchanged("follow-up %d is merged into follow-up %d already", c.Number, c.Into).about(f)
	}
	into := i.FollowUp(c.Into)
	before := into.clone()
	into.Labels = normalLabels(slices.Concat(into.Labels, f.Labels))
	into.Labels = into.Labels[:min(len(into.Labels), maxLabels)]
	into.Priority = higher(into.Priority, f.Priority)
	if into.Kind == "" {
		into.Kind = f.Kind
	}
	if into.differs(before) {
		into.Touched(c.Actor, before)
	}
	merged := f.clone()
	f.MergedInto = c.Into
	f.decided(c.Actor, now)
	f.end(FollowUpDropped, fmt.Sprintf("merged into follow-up %d", c.Into), now)
	f.Touched(c.Actor, merged)
	return i.changed(now, c.Actor, "follow_up", "Follow-up %d (%s): merged into follow-up %d (%s)", f.Number, f.Title, into.Number, into.Title).about(f)
}

// The bounds of a snooze. What nobody wants to hear of for longer is given another date, or dropped.
const (
	maxSnooze  = 90 * 24 * time.Hour
	maxSnoozes = 3
)

// SnoozeFollowUp lets a follow-up rest until a moment: nobody is asked to decide about it or
// reminded of it before. Its due date stays what it is.
type SnoozeFollowUp struct {
	Meta
	Number int       `json:"number"`
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"`
	// Off ends a snooze before its time; Until and Reason are left out then.
	Off bool `json:"off,omitempty"`
}

// Shape refuses what says no moment, or both that and off.
func (c SnoozeFollowUp) Shape() error {
	switch {
	case c.Off && !c.Until.IsZero():
		return invalid("off", "leave one of the two out", "cannot be asked for together with until")
	case !c.Off && c.Until.IsZero():
		return invalid("until", "say when it is looked at again, or off", "is empty")
	}
	return nil
}

// Check implements Command.
func (c SnoozeFollowUp) Check(i *Incident, now time.Time) error {
	f, err := i.openFollowUp("number", c.Number)
	if err == nil {
		err = c.Shape()
	}
	switch {
	case err != nil:
		return err
	case c.Off || c.so(f):
		return nil
	case !c.Until.After(now):
		return invalid("until", "choose a moment that lies ahead, or say off", "%s is past", moment(c.Until, now))
	case c.Until.Sub(now) > maxSnooze:
		return invalid("until", "choose one within 90 days; what can wait longer gets another due date, or is dropped with a reason",
			"%s is more than 90 days away", moment(c.Until, now))
	case CleanLine(c.Reason) == "":
		return invalid("reason", "say why it can wait; it stays on the record", "is empty")
	case f.Snoozes >= maxSnoozes:
		return illegal("until", "give it another due date or owner, or drop it with a reason", "follow-up %d was snoozed %d times already", f.Number, f.Snoozes)
	}
	return nil
}

// so reports whether the follow-up rests until that moment already.
func (c SnoozeFollowUp) so(f *FollowUp) bool {
	return !c.Until.IsZero() && f.SnoozedUntil.Equal(c.until())
}

func (c SnoozeFollowUp) until() time.Time { return c.Until.UTC().Truncate(time.Second) }

// Apply implements Command.
func (c SnoozeFollowUp) Apply(i *Incident, now time.Time) Result {
	f := i.FollowUp(c.Number)
	switch {
	case c.Off && !f.Snoozed(now):
		return i.unchanged("follow-up %d is not snoozed", f.Number).about(f)
	case c.Off:
		f.wake()
		f.Touched(c.Actor, *f)
		return i.changed(now, c.Actor, "follow_up", "Follow-up %d (%s): no longer snoozed", f.Number, f.Title).about(f)
	case c.so(f):
		return i.unchanged("follow-up %d is snoozed until %s already", f.Number, moment(f.SnoozedUntil, now)).about(f)
	}
	f.SnoozedUntil, f.SnoozeReason = c.until(), Clip(CleanLine(c.Reason), maxReason)
	f.Snoozes++
	f.Touched(c.Actor, *f)
	text := fmt.Sprintf("Follow-up %d (%s): snoozed until %s", f.Number, f.Title, moment(f.SnoozedUntil, now))
	r := i.changed(now, c.Actor, "follow_up", "%s", withText(text, CleanLine(c.Reason))).about(f)
	rests := ". " + f.rests()
	r.Text = Clip(strings.TrimRight(r.Text, "."), maxEntryText-len(rests)) + rests // results are stored
	return r
}

// rests is what whoever snoozes a follow-up should know, and the timeline need not keep.
func (f *FollowUp) rests() string {
	s := "It can be put off " + map[int]string{0: "no more", 1: "once more", 2: "twice more"}[maxSnoozes-f.Snoozes]
	if f.Due != "" && f.SnoozedUntil.Format(time.DateOnly) > string(f.Due) {
		s += fmt.Sprintf("; that is past its due date %s, which stays until it is given another", f.Due)
	}
	return s
}

// Answer is what whoever gave a command about a follow-up, or a correction, is told: what was understood of it,
// and times in the zone of the reader. Other answers stay as they are.
func Answer(cmd Command, r Result, zone *time.Location) Result {
	switch c := cmd.(type) {
	case AddFollowUp:
		if r.Changed {
			r.Text = strings.TrimRight(r.Text, ".") + " (" + c.understood() + ")"
		}
	case ChangeFollowUp:
		if r.Changed || r.FollowUp == "" || r.Stale {
			break
		}
		r.Text = fmt.Sprintf("nothing changed: follow-up %d is that already", r.Number)
		if c.Status == r.FollowUp {
			r.Text = fmt.Sprintf("nothing changed: follow-up %d is %s already", r.Number, r.FollowUp)
		}
	case Correct:
		r.Text = inZone(r.Text, zone)
	case SnoozeFollowUp:
		if c.Until.IsZero() || zone == nil {
			break
		}
		at := c.until().In(zone).Format("2006-01-02 15:04 MST")
		for _, said := range []string{c.until().Format("2006-01-02 15:04 UTC"), c.until().Format("15:04 UTC")} {
			if before, after, found := strings.Cut(r.Text, "until "+said); found {
				r.Text = before + "until " + at + after
				break
			}
		}
	}
	return r
}

// understood is what was understood of a proposal besides its title.
func (c AddFollowUp) understood() string {
	due := "due by the playbook"
	if c.Due != "" {
		due = "due " + string(c.Due)
	}
	s := "owner " + orNobody(NormalPerson(c.Owner)) + ", " + due
	if !c.Urgent {
		s += "; proposed, decided after the soak"
	}
	return s
}

// Touched notes that somebody changed a follow-up, which its workflow is then told, and what of it.
func (f *FollowUp) Touched(by Actor, before FollowUp) {
	f.Revision++
	f.ChangedBy = NormalPerson(by.Person)
	if f.Status != before.Status {
		f.Set.Status = f.Revision
	}
	if f.Owner != before.Owner {
		f.Set.Owner = f.Revision
	}
	if f.Due != before.Due {
		f.Set.Due = f.Revision
	}
}

// Onto takes over into the follow-up as its workflow knows it what people have set here since. What they did
// not set stays as the workflow has heard of it from the tracker, of which the incident may not know yet.
func (f FollowUp) Onto(known FollowUp) FollowUp {
	f.Title, f.Issue = known.Title, known.Issue
	if f.Set.Status <= known.Set.Status {
		f.Status, f.Reason, f.EndedAt, f.MergedInto = known.Status, known.Reason, known.EndedAt, known.MergedInto
	}
	if f.Set.Owner <= known.Set.Owner {
		f.Owner = known.Owner
	}
	if f.Set.Due <= known.Set.Due || f.Due == "" {
		f.Due = known.Due
	}
	return f
}

// says is what changed of a follow-up, for the timeline.
func (f *FollowUp) says(before FollowUp) string {
	var parts []string
	decided := f.Status != before.Status
	switch {
	case before.Status.Ended() && !f.Status.Ended():
		parts = append(parts, "reopened, it was "+string(before.Status))
		decided = false
	case decided:
		parts = append(parts, string(f.Status))
	}
	if f.Linked != before.Linked {
		parts = append(parts, "its issue will be "+f.Linked+", once the tracker shows that")
	}
	if f.Owner != before.Owner || f.Due != before.Due || (decided && f.Status == FollowUpAccepted) {
		parts = append(parts, "owner "+orNobody(f.Owner), "due "+orNone(f.Due))
	}
	if f.Kind != before.Kind {
		parts = append(parts, "kind "+string(f.Kind))
	}
	if f.Priority != before.Priority {
		parts = append(parts, "priority "+string(f.Priority))
	}
	if !slices.Equal(f.Labels, before.Labels) {
		parts = append(parts, "labels "+orNoneOf(f.Labels))
	}
	if f.Urgent && !before.Urgent {
		parts = append(parts, "urgent")
	}
	return fmt.Sprintf("Follow-up %d (%s): %s", f.Number, f.Title, strings.Join(parts, ", "))
}

func orNoneOf(labels []string) string {
	if len(labels) == 0 {
		return "none"
	}
	return strings.Join(labels, " ")
}

func (f *FollowUp) clone() FollowUp {
	c := *f
	c.Labels = slices.Clone(f.Labels)
	return c
}

// differs reports whether anything that people change is not what it was.
func (f *FollowUp) differs(b FollowUp) bool {
	return f.Status != b.Status || f.Owner != b.Owner || f.Due != b.Due || f.Reason != b.Reason || f.Kind != b.Kind ||
		f.Priority != b.Priority || f.Linked != b.Linked || f.Urgent != b.Urgent || !slices.Equal(f.Labels, b.Labels)
}
