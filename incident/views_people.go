package incident

import (
	"fmt"
	"slices"
	"strings"
)

// SubscriberNotice is what a subscriber reads of an incident, once.
func SubscriberNotice(i *Incident, severityName string) Message {
	m := outline(i, severityName)
	m.Links = i.Seen()
	m.Buttons = i.joining()
	m.Footnotes = []string{`You are told because of a subscription; "unsubscribe" after Muster's command ends it.`}
	return m
}

// Checklist is what a new commander is told to do first.
func Checklist(i *Incident, steps []string, person string) Message {
	lines := make([]string, len(steps))
	for k, s := range steps {
		lines[k] = fmt.Sprintf("%d. %s", k+1, s)
	}
	return Message{
		Headline: "First steps for the commander of " + i.marked(),
		Body:     []string{strings.Join(lines, "\n")},
		Mention:  []string{NormalPerson(person)},
	}
}

// NotApplied tells a person that a command of theirs, which was recorded while nobody could take it, was
// refused when its turn came.
func NotApplied(i *Incident, command, person, reason string) Message {
	return Message{
		Headline: i.Key() + ": " + command + " was not applied",
		Body:     []string{"It was recorded while it could not be applied, and is not legal any more: " + reason},
		Mention:  []string{person},
	}
}

// UpdateDue reminds of a status update that was promised: the commander, or else whoever wrote
// the last one.
func UpdateDue(i *Incident) Message {
	m := Message{
		Headline: i.marked() + ": a status update is due",
		Body:     []string{"Nothing new is news as well."},
		Buttons:  []Button{i.button("Update", ActionUpdate).primary()},
	}
	if !i.NextUpdate.IsZero() {
		m.Fields = []Field{{Label: "Promised for", Time: i.NextUpdate}}
	}
	if p := orWord(i.Holder(RoleCommander), i.updater()); CheckPerson("", p) == nil {
		m.Mention = []string{NormalPerson(p)}
	}
	return m
}

// updater is who wrote the last status update, as far as the timeline here still tells.
func (i *Incident) updater() string {
	for _, e := range slices.Backward(i.Timeline) {
		if e.Event == "update" {
			return e.Actor.Person
		}
	}
	return ""
}

// marked is the incident's key as every text shows it: drills are marked.
func (i *Incident) marked() string {
	if i.Kind == KindDrill {
		return "DRILL - " + i.Key()
	}
	return i.Key()
}
