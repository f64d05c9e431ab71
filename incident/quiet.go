package incident

import (
	"fmt"
	"slices"
	"time"
)

// Taken reports whether somebody has answered a page and none asks for anybody any more.
func (i *Incident) Taken() bool {
	s := i.standing()
	return len(s.taken) > 0 && len(s.ringing) == 0 && len(s.undelivered) == 0 && len(s.unanswered) == 0
}

// LastSign is when a person last did anything for the incident, or has promised to.
func (i *Incident) LastSign() time.Time {
	last := i.DeclaredAt
	for _, v := range slices.Backward(i.Timeline) {
		if e := v; e.Actor.Way != WayMuster {
			last = e.At
			break
		}
	}
	if i.NextUpdate.After(last) {
		return i.NextUpdate
	}
	return last
}

// LeftAlone gives back every acknowledged page of an incident of which nobody has heard since a
// moment, so that the people are paged anew.
func (i *Incident) LeftAlone(now, since time.Time) {
	var targets []string
	for k := range i.Pages {
		p := &i.Pages[k]
		if p.Status != PageAcknowledged {
			continue
		}
		p.Status, p.By, p.Via, p.At, p.Tries = PagePaging, "", "", now, nil
		p.Revision++
		targets = add(targets, p.Target)
	}
	if len(targets) > 0 {
		i.Revision++
		i.Note(now, Actor{Way: WayMuster}, "page", fmt.Sprintf("Nobody has been heard of for %s: paging %s again", ago(now.Sub(since)), And(targets)))
	}
}

// QuietNotice asks the commander, or whoever has taken it, how it stands.
func QuietNotice(i *Incident, since time.Time, zone *time.Location) Message {
	m := Message{
		Headline: fmt.Sprintf("%s has been quiet since %s", i.Key(), since.In(zone).Format("15:04 MST")),
		Body:     []string{"How does it stand? Nothing new is news as well. If nobody says anything, the people on call are paged again."},
		Buttons:  []Button{i.button("Update", ActionUpdate).primary()},
	}
	if c := i.Holder(RoleCommander); c != "" {
		m.Mention = []string{c}
		return m
	}
	for _, p := range i.Pages {
		if p.Status == PageAcknowledged && CheckPerson("", p.By) == nil {
			m.Mention = add(m.Mention, p.By)
		}
	}
	return m
}

// ago writes a length of time in the words of people.
func ago(d time.Duration) string {
	if d < 90*time.Minute {
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	}
	return fmt.Sprintf("%d hours", int(d.Hours()))
}
