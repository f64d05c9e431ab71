package incident

import (
	"slices"
	"time"
)

// Correct puts right what the record says of an incident, whatever has become of it since: when the impact
// began, when somebody knew of it, when it no longer hurt and when it was over, what it is called, what it
// concerns and what it is. It does not move the incident on: what is not resolved is resolved first. Of one
// that is over it wakes and invites nobody.
type Correct struct {
	Meta
	// Each of these is left as it is where it is not given. The pointers tell a time that is not given from
	// the year 1, which is refused.
	StartedAt   *time.Time `json:"started_at,omitempty"`
	DetectedAt  *time.Time `json:"detected_at,omitempty"`
	MitigatedAt *time.Time `json:"mitigated_at,omitempty"`
	ResolvedAt  *time.Time `json:"resolved_at,omitempty"`
	Title       string     `json:"title,omitempty"`
	// Services and Tags take the place of those that it has; an empty list that is not null takes all away.
	Services []string `json:"services,omitzero"`
	Tags     []string `json:"tags,omitzero"`
	Kind     Kind     `json:"kind,omitempty"`
	// Clear names times of which nothing is known after all: started_at, detected_at, mitigated_at.
	Clear  []string `json:"clear,omitempty"`
	Reason string   `json:"reason"`

	// known is the change of services with what the playbook knows of it.
	known *ChangeServices
}

// Naming writes the services as the playbook does.
func (c Correct) Naming(name func(string) string) Correct {
	if c.Services == nil {
		return c
	}
	services := make([]string, 0, len(c.Services))
	for _, s := range c.Services {
		services = append(services, name(s))
	}
	c.Services = services
	return c
}

// ChangesServices is the correction of an incident's services as the command that adds and removes them,
// and whether there is one.
func (c Correct) ChangesServices(i *Incident) (ChangeServices, bool) {
	if c.Services == nil {
		return ChangeServices{}, false
	}
	var add, remove []string
	for _, s := range c.Services {
		if s = CleanLine(s); !among(i.Services, s) && !among(add, s) {
			add = append(add, s)
		}
	}
	for _, s := range i.Services {
		if !among(c.Services, s) {
			remove = append(remove, s)
		}
	}
	return ChangeServices{Add: add, Remove: remove}, len(add)+len(remove) > 0
}

// Knowing gives the command its change of services with what only the playbook knows of it.
func (c Correct) Knowing(change ChangeServices) Correct {
	c.known = &change
	return c
}

// times are those that are given, in the order in which they come in the life of an incident.
func (c Correct) times() []*time.Time {
	return []*time.Time{c.StartedAt, c.DetectedAt, c.MitigatedAt, c.ResolvedAt}
}

// timed is one of the times of an incident that can be corrected.
type timed struct {
	field string
	at    *time.Time
}

// timed lists them in the order of Correct.times.
func (i *Incident) timed() []timed {
	return []timed{{FieldStarted, &i.StartedAt}, {FieldDetected, &i.DetectedAt}, {FieldMitigated, &i.MitigatedAt}, {FieldResolved, &i.ResolvedAt}}
}

// Shape refuses what corrects nothing, gives no reason or contradicts itself.
func (c Correct) Shape() error {
	if err := c.checkWords(); err != nil {
		return err
	}
	given := c.given()
	for _, field := range c.Clear {
		switch {
		case field == FieldResolved:
			return invalid("clear", "reopen it instead", "%s is what its status rests on", field)
		case !slices.Contains([]string{FieldStarted, FieldDetected, FieldMitigated}, field):
			return invalid("clear", "write started_at, detected_at or mitigated_at", "%q is no time that can be unknown", Clip(field, 40))
		case slices.Contains(given, field):
			return invalid("clear", "leave one of the two out", "%s is given as well", field)
		}
	}
	for k, t := range (&Incident{}).timed() {
		if at := c.times()[k]; at != nil {
			if err := CheckEra(t.field, *at); err != nil {
				return err
			}
		}
	}
	return c.checkOrder(c.after(&Incident{}))
}

// checkWords refuses a correction without a reason, and what is no title, kind, service or tag.
func (c Correct) checkWords() error {
	switch {
	case len(c.Fields()) == 0:
		return invalid("started_at", "say what to correct: started_at, detected_at, mitigated_at, resolved_at, title, services, tags or kind", "nothing is corrected")
	case CleanLine(c.Reason) == "":
		return invalid("reason", "say how you know; it stays on the record", "is empty")
	}
	if c.Title != "" {
		if _, err := CleanTitle("title", c.Title); err != nil {
			return err
		}
	}
	if c.Kind != "" {
		if err := checkKind(c.Kind); err != nil {
			return err
		}
	}
	if n := len(c.Services); n > maxServices {
		return invalid("services", "name the most telling ones", "%d services are named, %d are allowed", n, maxServices)
	}
	if err := checkServices("services", c.Services); err != nil {
		return err
	}
	_, err := cleanTags("tags", c.Tags)
	return err
}

// Fields names what is corrected, by JSON names.
func (c Correct) Fields() []string {
	out := append(c.given(), c.Clear...)
	for _, f := range []struct {
		name  string
		given bool
	}{{"title", c.Title != ""}, {"services", c.Services != nil}, {"tags", c.Tags != nil}, {"kind", c.Kind != ""}} {
		if f.given {
			out = append(out, f.name)
		}
	}
	return out
}

// given names the times that are given.
func (c Correct) given() []string {
	var out []string
	for k, t := range (&Incident{}).timed() {
		if c.times()[k] != nil {
			out = append(out, t.field)
		}
	}
	return out
}

// Check implements Command.
func (c Correct) Check(i *Incident, now time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	if err := c.checkStatus(i); err != nil {
		return err
	}
	for k, t := range i.timed() {
		if at := c.times()[k]; at != nil {
			if err := CheckPast(t.field, *at, now); err != nil {
				return err
			}
		}
	}
	after := c.after(i)
	if err := c.checkOrder(after); err != nil {
		return err
	}
	return c.checkKnown(i, after)
}

// checkStatus refuses to say when something was that has not been: a correction does not move an incident on.
func (c Correct) checkStatus(i *Incident) error {
	switch {
	case c.MitigatedAt != nil && i.Status == StatusOpen:
		return illegal(FieldMitigated, "mitigate it first, and then say when that was", "%s is open", i.Key())
	case slices.Contains(c.Clear, FieldMitigated) && i.Status == StatusMitigated:
		return illegal("clear", "reopen it instead", "%s is mitigated", i.Key())
	case c.ResolvedAt == nil || !i.ResolvedAt.IsZero() || i.Status == StatusResolved || i.Status == StatusClosed:
		return nil
	case i.Status == StatusMerged:
		return illegal(FieldResolved, "correct it of "+Key(i.MergedInto)+", in which it went on", "%s was merged, and not resolved", i.Key())
	}
	return illegal(FieldResolved, map[bool]string{
		true: "resolve it first, and then say when that was", false: "reopen and resolve it, if it was an incident after all",
	}[i.Status.Live()], "%s is %s", i.Key(), i.Status)
}

// after are the incident's times as they are after the command, in the order of times. What was written to
// the minute is not before the second of what it follows from.
func (c Correct) after(i *Incident) []time.Time {
	var out []time.Time
	for k, t := range i.timed() {
		switch at := c.times()[k]; {
		case at != nil:
			out = append(out, at.UTC().Truncate(time.Second))
		case slices.Contains(c.Clear, t.field):
			out = append(out, time.Time{})
		default:
			out = append(out, *t.at)
		}
	}
	for _, p := range follows {
		if c.times()[p.later] != nil && !out[p.earlier].IsZero() {
			out[p.later] = notBefore(out[p.later], out[p.earlier])
		}
	}
	for _, k := range ends {
		if c.times()[k] != nil {
			out[k] = notBefore(out[k], i.firstKnown(out))
		}
	}
	return out
}

// ends are the places in times of those that cannot be before anything was.
var ends = []int{2, 3}

// firstKnown is when there was something at the latest, where nobody has said when it began: somebody knew of it. Of
// an incident that is not known it is the year 1.
func (i *Incident) firstKnown(after []time.Time) time.Time {
	started, detected := after[0], after[1]
	switch {
	case !started.IsZero(): // they follow from that
		return time.Time{}
	case !detected.IsZero() && detected.Before(i.DeclaredAt):
		return detected
	}
	return i.DeclaredAt
}

// checkKnown refuses that something was over before anybody knew of it, unless it is said when it began.
func (c Correct) checkKnown(i *Incident, after []time.Time) error {
	unknown := slices.Contains(c.Clear, FieldStarted) || slices.Contains(c.Clear, FieldDetected)
	first := i.firstKnown(after)
	for _, k := range ends {
		field, at := i.timed()[k].field, after[k]
		if c.times()[k] == nil && !unknown || checkNotBefore(field, at, FieldDetected, first) == nil {
			continue
		}
		if c.times()[k] == nil {
			field = "clear"
		}
		return invalid(field, "write a later time, or say with started_at when it began",
			"%s, %s, is before it was declared or detected, %s", meanings[i.timed()[k].field], shownTime(at), shownTime(first))
	}
	return nil
}

// follows says which of the times cannot be before which other, by their places in times. When somebody
// knew of it may be long after it was over.
var follows = []struct{ earlier, later int }{{0, 1}, {0, 2}, {0, 3}, {2, 3}}

// checkOrder refuses times in an order that cannot be. What was so before is not the command's fault.
func (c Correct) checkOrder(after []time.Time) error {
	fields, given := (&Incident{}).timed(), c.times()
	for _, p := range follows {
		earlier, later := fields[p.earlier].field, fields[p.later].field
		var err error
		switch {
		case given[p.later] != nil:
			err = checkNotBefore(later, after[p.later], earlier, after[p.earlier])
		case given[p.earlier] != nil:
			err = checkNotAfter(earlier, after[p.earlier], later, after[p.later])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
