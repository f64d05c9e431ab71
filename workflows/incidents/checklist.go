package incidents

import (
	"slices"

	"muster/incident"
	"muster/workflows/mirror"
)

// checklist gives commanders their first steps. It may change who was given them.
type checklist struct {
	*scene
	room  *room
	given *[]string
}

// next gives every new commander the first steps, each person once.
func (c *checklist) next() mirror.Action {
	person := c.facts.Holder(incident.RoleCommander)
	if person == "" || c.channel() == "" || !c.facts.Status.Live() || len(c.policy.Chat.FirstSteps) == 0 || slices.Contains(*c.given, mirror.Short(person)) {
		return nil
	}
	m := incident.Checklist(c.facts, c.policy.Chat.FirstSteps, person)
	m.Key = c.key("checklist/" + mirror.Short(person))
	return c.room.watch(c.say("give "+person+" the first steps", "first steps for the commander", c.channel(), m, func() {
		*c.given = append(*c.given, mirror.Short(person))
	}))
}
