package incident

import (
	"slices"
	"time"
)

// Removal is a person who was taken out of the incident.
type Removal struct {
	Person string    `json:"person"`
	At     time.Time `json:"at"`
}

// PartOf reports whether a person belongs to the incident, and so sees it when it is private: who
// declared it, who was invited or joined, who holds a role. The owner of a follow-up of a private one is
// let in when a person gives it to them, and not by whoever edits its issue.
func (i *Incident) PartOf(person string) bool {
	who := NormalPerson(person)
	if who == "" || i.removed(who) {
		return false
	}
	return i.responder(who) != nil || NormalPerson(i.DeclaredBy.Person) == who ||
		slices.ContainsFunc(i.Roles, func(h RoleHolder) bool { return h.Person == who }) ||
		!i.Private && slices.ContainsFunc(i.FollowUps, func(f FollowUp) bool { return f.Owner == who && !f.Status.Ended() })
}

// SeenIn reports whether somebody sees the incident because they are in a chat channel: in its own one they do,
// though nobody told Muster that they were let in. A public channel is no longer that of a private incident,
// and whoever was taken out sees nothing, for chat may have refused to take them out there.
func (i *Incident) SeenIn(channel, person string) bool {
	own := i.Links.Channel
	if channel == "" || own.ID != channel {
		return false
	}
	return !i.Private || own.Private && !i.removed(NormalPerson(person))
}

// Beckon invites people of whom nobody inside has spoken by name: those of the playbook, and those of an
// incident that was merged into this one. Nobody enters a private incident that way, and nobody who was
// taken out comes back. It gives those who stay outside, each once.
func (i *Incident) Beckon(now time.Time, people ...string) (outside []string) {
	for _, p := range people {
		switch who := NormalPerson(p); {
		case who == "" || i.responder(who) != nil:
		case i.Private || i.removed(who):
			outside = add(outside, who)
		default:
			i.Invite(now, who)
		}
	}
	return outside
}

// notLetIn says who stays outside, for people to decide about.
func notLetIn(outside []string) string {
	if len(outside) == 0 {
		return ""
	}
	return "; not let in: " + And(outside) + ". Invite those who should be part of it"
}

// PeopleAtMerge are the responders that the incident had when it was merged. Whoever comes to it later
// comes to this one only.
func (i *Incident) PeopleAtMerge() []Responder {
	return slices.DeleteFunc(slices.Clone(i.Responders), func(r Responder) bool {
		came := r.InvitedAt
		if came.IsZero() {
			came = r.JoinedAt
		}
		return came.After(i.MergedAt)
	})
}

// answerPage lets in whoever took a page at the pager, and says so where it does not. Into a private
// incident the page lets only those whom it asks: anybody with an account can take it there.
func (i *Incident) answerPage(now time.Time, before Page, r PageReport) string {
	who := NormalPerson(r.By)
	switch {
	case CheckPerson("", who) != nil:
	case !i.Private && !i.removed(who), i.responder(who) != nil, i.asked(before, r, who):
		i.join(now, who)
	default:
		return notLetIn([]string{who})
	}
	return ""
}

// asked reports whether somebody was asked by a page before they took it: taking it makes the pager
// name them.
func (i *Incident) asked(before Page, r PageReport, who string) bool {
	if i.removed(who) {
		return false
	}
	asked := before.Asked
	if len(asked) == 0 {
		asked = r.Asked
	}
	return NormalPerson(before.Target) == who || slices.Contains(asked, who)
}

func (i *Incident) removed(person string) bool {
	return slices.ContainsFunc(i.Removed, func(r Removal) bool { return r.Person == person })
}

// forgive forgets that somebody was taken out.
func (i *Incident) forgive(person string) {
	i.Removed = slices.DeleteFunc(i.Removed, func(r Removal) bool { return r.Person == person })
}
