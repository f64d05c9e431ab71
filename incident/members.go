package incident

import "slices"

// Members are the e-mail addresses of those who are part of an incident, sorted and each once. A
// private incident exists for them alone.
func (i *Incident) Members() []string {
	out := []string{i.DeclaredBy.Person}
	for _, r := range i.Responders {
		out = append(out, r.Person)
	}
	for _, h := range i.Roles {
		out = append(out, h.Person)
	}
	for _, f := range i.FollowUps {
		out = append(out, f.Owner)
	}
	for k, p := range out {
		out[k] = NormalPerson(p)
	}
	out = slices.DeleteFunc(out, func(p string) bool { return !i.PartOf(p) })
	slices.Sort(out)
	return slices.Compact(out)
}
