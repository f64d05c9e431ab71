package incident

import "slices"

// insiders are the people who are part of it, in the order in which they came.
func (i *Incident) insiders() []string {
	all := []string{i.DeclaredBy.Person}
	for _, r := range i.Responders {
		all = append(all, r.Person)
	}
	for _, h := range i.Roles {
		all = append(all, h.Person)
	}
	var out []string
	for _, p := range all {
		if p = NormalPerson(p); p != "" && !i.removed(p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// Members are the e-mail addresses of all for whom PartOf holds, sorted and each once. A private incident
// exists for them alone.
func (i *Incident) Members() []string {
	out := i.insiders()
	for _, f := range i.FollowUps {
		if i.PartOf(f.Owner) {
			out = append(out, NormalPerson(f.Owner))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
