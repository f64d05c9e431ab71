package incident

import "slices"

// Members are the e-mail addresses of those who are part of an incident, sorted and each once: who
// declared it, its responders, whoever holds a role, and the owners of follow-ups that are open. A
// private incident exists for them alone.
func (i *Incident) Members() []string {
	var out []string
	add := func(person string) {
		if p := NormalPerson(person); p != "" {
			out = append(out, p)
		}
	}
	add(i.DeclaredBy.Person)
	for _, r := range i.Responders {
		add(r.Person)
	}
	for _, h := range i.Roles {
		add(h.Person)
	}
	for _, f := range i.FollowUps {
		if !f.Status.Ended() {
			add(f.Owner)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
