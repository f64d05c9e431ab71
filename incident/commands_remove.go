package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Remove takes a person out of the incident: they are no responder and hold no role any more, and see
// nothing of a private one. They come back when a person who is part of it invites them, gives them a role
// or a follow-up, or, where it is not private, when they join.
type Remove struct {
	Meta
	Person string `json:"person"`
	Reason string `json:"reason,omitempty"`
}

// maxRemoved bounds the people who are remembered as taken out. None is forgotten, since they could come
// back then.
const maxRemoved = 50

// Shape refuses what no incident would take.
func (c Remove) Shape() error { return CheckPerson("person", c.Person) }

// Check implements Command.
func (c Remove) Check(i *Incident, _ time.Time) error {
	if err := c.Shape(); err != nil {
		return err
	}
	if i.Private && i.PartOf(c.Person) && i.last(NormalPerson(c.Person)) {
		return illegal("person", "invite somebody else first, or make it public", "%s is the only one who is part of %s, which is private", NormalPerson(c.Person), i.Key())
	}
	if len(i.Removed) >= maxRemoved && !i.removed(NormalPerson(c.Person)) {
		return illegal("person", "take them out of the channel by hand", "%d people were taken out of %s already", maxRemoved, i.Key())
	}
	return nil
}

// last reports whether nobody else is part of the incident.
func (i *Incident) last(person string) bool {
	return !slices.ContainsFunc(i.insiders(), func(other string) bool { return other != person })
}

// Apply implements Command.
func (c Remove) Apply(i *Incident, now time.Time) Result {
	person := NormalPerson(c.Person)
	if i.removed(person) {
		return i.unchanged("%s was taken out already", person)
	}
	if !i.Private && !i.PartOf(person) { // of a private one chat may have let them into the channel
		return i.unchanged("%s is not part of it", person)
	}
	i.Responders = slices.DeleteFunc(i.Responders, func(r Responder) bool { return r.Person == person })
	said := []string{person + " was taken out"}
	for _, h := range i.Roles {
		if h.Person == person {
			said = append(said, fmt.Sprintf("nobody is %s now", h.Role))
		}
	}
	i.Roles = slices.DeleteFunc(i.Roles, func(h RoleHolder) bool { return h.Person == person })
	text := strings.Join(said, "; ") + i.disown(person, c.Actor) + i.pagesOf(person)
	i.Removed = append(i.Removed, Removal{Person: person, At: now})
	return i.changed(now, c.Actor, "removed", "%s", withText(text, c.Reason))
}

// disown takes the open follow-ups of a private incident from a person, who may not be told of them any
// more. Those of others stay theirs: it is work, whoever works on the incident.
func (i *Incident) disown(person string, by Actor) string {
	if !i.Private {
		return ""
	}
	var numbers []string
	for k := range i.FollowUps {
		f := &i.FollowUps[k]
		if f.Owner != person || f.Status.Ended() {
			continue
		}
		before := f.clone()
		f.Owner = ""
		f.Touched(by, before)
		numbers = append(numbers, strconv.Itoa(f.Number))
	}
	if len(numbers) == 0 {
		return ""
	}
	return "; nobody owns follow-up " + And(numbers) + " now"
}

// pagesOf says what becomes of a person's pages. None is taken back: to be woken for nothing is better than
// that nobody is. Whoever took one may have left it.
func (i *Incident) pagesOf(person string) string {
	var ringing, taken []*Page
	for k := range i.Pages {
		switch p := &i.Pages[k]; {
		case p.asks() && (NormalPerson(p.Target) == person || slices.Contains(p.Asked, person)):
			ringing = append(ringing, p)
		case p.Status == PageAcknowledged && p.By == person && i.Status.Live():
			taken = append(taken, p)
		}
	}
	text := ""
	if len(taken) > 0 {
		text = fmt.Sprintf("; had taken the page to %s, which wakes nobody else: page again whom it needs", targetsOf(taken))
	}
	return text + notTakenBack(ringing)
}

// NotPartOf refuses whoever was taken out, in the words for an incident that does not exist.
func NotPartOf(i *Incident) *Problem {
	return &Problem{Code: CodeNotFound, Field: "incident", Reason: i.Key() + " does not exist for whoever is not part of it", Mend: "ask somebody who is part of it to invite you"}
}
