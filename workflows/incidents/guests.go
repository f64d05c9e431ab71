package incidents

import (
	"fmt"
	"slices"

	"muster/incident"
	"muster/workflows/mirror"
)

// guests invites people and groups to the channel. It may change whom it has invited.
type guests struct {
	*scene
	room    *room
	invited *[]string
}

// nextPeople invites responders to the channel, each once.
func (g *guests) nextPeople() mirror.Action {
	if g.channel() == "" {
		return nil
	}
	var f incident.Furnishing
	for _, p := range g.facts.Responders {
		if !g.known(p.Person) {
			f.Invite = append(f.Invite, p.Person)
		}
	}
	if len(f.Invite) == 0 {
		return nil
	}
	return g.room.furnish("invite people", "people", f, func(done incident.Furnished) {
		for _, p := range f.Invite {
			*g.invited = append(*g.invited, mirror.Short(p))
		}
		g.noteUninvited(done)
	})
}

// nextGroups invites the people of the playbook's user groups, each group once.
func (g *guests) nextGroups() mirror.Action {
	if g.channel() == "" {
		return nil
	}
	var f incident.Furnishing
	for _, name := range g.groups() {
		if !g.known("@" + name) {
			f.Groups = append(f.Groups, name)
		}
	}
	if len(f.Groups) == 0 {
		return nil
	}
	return g.room.furnish("invite groups", "groups", f, func(done incident.Furnished) {
		for _, name := range f.Groups {
			*g.invited = append(*g.invited, mirror.Short("@"+name))
		}
		g.noteUninvited(done)
	})
}

// known reports whether somebody was invited before.
func (g *guests) known(who string) bool { return slices.Contains(*g.invited, mirror.Short(who)) }

// groups are the playbook's. Whole groups are let into no private incident: people are, by name.
func (g *guests) groups() []string {
	if g.facts.Private {
		return nil
	}
	out := slices.Clone(g.policy.Chat.Groups)
	for _, s := range g.policy.Services {
		for _, name := range s.Groups {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func (g *guests) noteUninvited(done incident.Furnished) {
	for _, u := range done.Uninvited {
		text := fmt.Sprintf("Could not invite %s: %s", u.Person, u.Reason)
		known := slices.ContainsFunc(g.facts.Timeline, func(e incident.Entry) bool { return e.Event == "uninvited" && e.Text == text })
		if !known {
			g.note("uninvited", text)
		}
	}
}
