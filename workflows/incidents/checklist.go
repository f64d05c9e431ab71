package incidents

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
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
	return c.room.watch(&mirror.Call{
		Name: "give " + person + " the first steps", Queue: api.QueueSlackWrite, Class: mirror.ClassCreate,
		Summary: "first steps for the commander",
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: c.facts.Links.Channel.ID, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil)
			if err == nil {
				*c.given = append(*c.given, mirror.Short(person))
			}
			return err
		},
	})
}
