package incident

import (
	"fmt"
	"slices"
	"time"
)

// MakePrivate says that only those who are part of the incident may see it from now on. Whoever says so is
// part of it by that, as if they had joined, so that it is never private for nobody. What was told already
// cannot be taken back, and the answer lists it.
type MakePrivate struct{ Meta }

// maxPrivacyChanges bounds how often an incident becomes private or public in all. Each time it takes a new
// channel, of which chat makes few in a minute for all incidents together.
const maxPrivacyChanges = 10

// Check implements Command. A service that speaks for nobody may hide an incident from others, and not from
// everybody: nobody could invite anybody then.
func (c MakePrivate) Check(i *Incident, _ time.Time) error {
	who := c.insider()
	switch {
	case i.Private:
		return nil
	case who == "" && len(i.insiders()) == 0:
		return illegal("incident", "invite somebody first, or have a person do it, who is part of it then",
			"nobody is part of %s, so that nobody would see it, and %s is no person", i.Key(), c.Actor)
	case who != "" && !slices.Contains(i.insiders(), who) && !i.roomFor(who):
		return illegal("incident", "have somebody do it who is part of it",
			"%s has %d responders already, so that %s would not see it any more", i.Key(), len(i.Responders), who)
	}
	return nil
}

// insider is the person who says so, empty for a service that speaks for nobody.
func (c MakePrivate) insider() string {
	who := NormalPerson(c.Actor.Person)
	if CheckPerson("person", who) != nil {
		return ""
	}
	return who
}

// Apply implements Command.
func (c MakePrivate) Apply(i *Incident, now time.Time) Result {
	if i.Private {
		return i.unchanged("it is private already")
	}
	told, came := i.toldSoFar(), ""
	if who := c.insider(); who != "" && !slices.Contains(i.insiders(), who) && i.join(now, who) {
		came = ". " + who + " is part of it by this"
	}
	people := i.insiders()
	i.Private = true
	i.PrivacyChanges++
	for _, h := range i.Roles { // whoever holds a role was given it by name
		i.Invite(now, h.Person)
	}
	text := "Private from now on, for those who are part of it: " + And(people) + came
	if len(told) > 0 {
		text += ". Told already, and not taken back: " + And(told)
	}
	return i.changed(now, c.Actor, "privacy", "%s", text)
}

// MakePublic says that everybody may see the incident from now on, all that was said in Muster so far
// included.
type MakePublic struct {
	Meta
	// Confirm says that whoever asks has been told what everybody will read.
	Confirm bool `json:"confirm,omitempty"`
}

// Check implements Command. An incident can always be hidden once more: what is refused when the changes are
// used up is to show it.
func (c MakePublic) Check(i *Incident, _ time.Time) error {
	switch {
	case !i.Private:
		return nil
	case i.PrivacyChanges >= maxPrivacyChanges-1:
		return illegal("incident", "invite those who should see it, or declare a public one for what everybody may know",
			"%s became private or public %d times already, each time with a new channel", i.Key(), i.PrivacyChanges)
	case c.Confirm:
		return nil
	}
	return invalid("confirm", "say yes to that: `public yes` in chat, --yes at the terminal, \"confirm\": true over HTTP",
		"everybody would read the title of %s, its timeline (%d entries), its follow-ups (%d) and who is part of it (%d people)",
		i.Key(), i.Entries, len(i.FollowUps), len(i.insiders()))
}

// Apply implements Command.
func (c MakePublic) Apply(i *Incident, now time.Time) Result {
	if !i.Private {
		return i.unchanged("it is public already")
	}
	i.Private = false
	i.PrivacyChanges++
	return i.changed(now, c.Actor, "privacy", "Public from now on: everybody can read its title, timeline and follow-ups. The private channel stays private, and is archived")
}

// toldSoFar names what outsiders have heard of a public incident.
func (i *Incident) toldSoFar() []string {
	var told []string
	for _, c := range append(slices.Clone(i.Links.Former), i.Links.Channel) {
		if c.ID != "" && !c.Private {
			told = add(told, "#"+c.Name+", which everybody could read")
		}
	}
	for _, a := range i.Links.Announcements {
		told = add(told, "the announcement in "+a.Channel)
	}
	if k := i.Links.Tracker.Key; k != "" {
		told = add(told, k+" and its history")
	}
	for _, f := range i.FollowUps {
		if f.Issue.Key != "" {
			told = add(told, f.Issue.Key)
		}
	}
	for _, p := range i.Pages {
		if len(p.Tries) > 0 || p.Attempts > 0 {
			told = add(told, "the page to "+p.Target)
		}
	}
	for _, f := range i.FollowUps {
		if f.Owner != "" && !f.Status.Ended() && i.responder(f.Owner) == nil {
			told = add(told, fmt.Sprintf("%s, who owns follow-up %d", f.Owner, f.Number))
		}
	}
	if i.MergedInto > 0 {
		told = add(told, Key(i.MergedInto))
	}
	return append(told, "whoever subscribes to such incidents", "Temporal's history")
}

// Hears reports whether the incident takes a command from chat. Events of its channel say who acts and not
// whether they may: a private incident takes them from those who are part of it, and lets in whoever speaks
// in its own private channel, where somebody inside has brought them. Whoever was taken out is not heard: an
// event may come late, and chat may refuse to take them out there.
func (i *Incident) Hears(c Command) bool {
	by := c.Head().Actor
	if !i.Private || by.Way != WaySlack || i.PartOf(by.Person) {
		return true
	}
	if i.removed(NormalPerson(by.Person)) {
		return false
	}
	j, ok := c.(Join)
	return ok && j.Channel != "" && j.Channel == i.Links.Channel.ID && i.Links.Channel.Private
}
