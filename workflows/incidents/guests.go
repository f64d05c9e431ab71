package incidents

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/mirror"
)

// guests invites people and groups to the channel. It may change whom it has invited.
type guests struct {
	*scene
	room    *room
	invited *[]string
	// evicted stands for the removals of which chat knows.
	evicted *[]string
}

// nextPeople invites responders to the channel, each once.
func (g *guests) nextPeople() mirror.Action {
	if g.channel() == "" || g.policy.Canary { // whoever acknowledges for a canary is no person
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
	a := g.room.furnish("invite people", "people", f, func(done incident.Furnished) {
		for _, p := range f.Invite {
			*g.invited = append(*g.invited, mirror.Short(p))
		}
		g.noteUninvited(done)
	})
	return g.followed(a, f.Invite)
}

// followed has whoever was removed while they were being invited taken out once more: which of the two came
// last is not known, whatever the answer was.
func (g *guests) followed(a mirror.Action, invited []string) mirror.Action {
	c, ok := a.(*mirror.Call)
	if !ok {
		return a
	}
	run := c.Run
	c.Run = func(ctx workflow.Context, tried bool) error {
		err := run(ctx, tried)
		for _, r := range g.facts.Removed {
			if slices.Contains(invited, r.Person) {
				*g.evicted = slices.DeleteFunc(*g.evicted, func(mark string) bool { return mark == markOf(r) })
			}
		}
		return err
	}
	return c
}

// evict takes whoever was removed out of the channel of a private incident. They are invited again only
// when they are a responder again. It is a mirror of its own, since a workspace can forbid it.
func (g *guests) evict() mirror.Action {
	if g.channel() == "" || !g.facts.Private {
		return nil // whoever wants to reads in a public one
	}
	var f incident.Furnishing
	var marks []string
	for _, r := range g.facts.Removed {
		mark := markOf(r)
		marks = append(marks, mark)
		if !slices.Contains(*g.evicted, mark) {
			f.Remove = append(f.Remove, r.Person)
		}
	}
	if len(f.Remove) == 0 {
		return nil
	}
	return g.room.furnish("take people out", "who is not part of it any more, out", f, func(incident.Furnished) {
		*g.evicted = marks
		for _, p := range f.Remove {
			*g.invited = slices.DeleteFunc(*g.invited, func(known string) bool { return known == mirror.Short(p) })
		}
	})
}

// markOf stands for a removal: a person may be removed more than once.
func markOf(r incident.Removal) string {
	return mirror.Short(r.Person + r.At.UTC().Format(time.RFC3339Nano))
}

// nextGroups invites the people of the playbook's user groups, each group once, for as long as they can help: a
// service that is corrected weeks later calls nobody.
func (g *guests) nextGroups() mirror.Action {
	if g.channel() == "" || !g.facts.Status.Live() {
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
