package incidents

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// maxRefusals bounds the refusals of which people are still to be told. Whatever is beyond it is on the
// timeline only.
const maxRefusals = 20

// maxRefusalText is how many bytes of JSON the reason of a refusal has there.
const maxRefusalText = 300

// refusalsState is of which refusals people are still to be told.
type refusalsState struct {
	// Count is how many there were in all, and names them in keys.
	Count int       `json:"count,omitempty"`
	Due   []refusal `json:"due,omitempty"`
}

// refusal is a command that was recorded, as its person was answered, and refused when its turn came.
type refusal struct {
	Number  int    `json:"number"`
	Command string `json:"command"`
	Person  string `json:"person"`
	Reason  string `json:"reason"`
}

// refusals tell people that a command of theirs was not applied after all: they were answered that it
// is recorded and will be. It may change who is still to be told.
type refusals struct {
	*scene
	state *refusalsState
}

// add notes a refused command whose person is known by their address. Whoever has no part in a private
// incident hears nothing, as of one that does not exist.
func (r *refusals) add(c incident.Command, name string, reason error) {
	person := incident.NormalPerson(c.Head().Actor.Person)
	if incident.CheckPerson("", person) != nil || len(r.state.Due) >= maxRefusals || !r.facts.Hears(c) {
		return
	}
	r.state.Count++
	r.state.Due = append(r.state.Due, refusal{
		Number: r.state.Count, Command: name, Person: person, Reason: bounds.Cut(reason.Error(), maxRefusalText),
	})
}

// next tells people in the channel, or in a message of their own where there is no channel.
func (r *refusals) next() mirror.Action {
	if len(r.state.Due) == 0 {
		return nil
	}
	first, channel := r.state.Due[0], r.channel()
	m := incident.NotApplied(r.facts, first.Command, first.Person, first.Reason)
	m.Key = r.key(fmt.Sprintf("refused/%d", first.Number))
	if channel != "" {
		return r.orLeave(first, r.say(fmt.Sprintf("say that command %d was refused", first.Number), "a recorded command was refused", channel, m,
			func() { r.told(first) }))
	}
	if r.facts.Private && !r.facts.PartOf(first.Person) { // by now; a message of their own would tell of it
		return &mirror.Decision{Name: "tell nobody outside", Decide: func(time.Time) { r.told(first) }}
	}
	return r.orLeave(first, &mirror.Call{
		Name: fmt.Sprintf("write that command %d was refused", first.Number), Queue: api.QueueSlackWrite, Class: mirror.ClassCreate,
		Summary: "a recorded command was refused",
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.SendDirectInput{Person: first.Person, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.SendDirect, in).Get(ctx, nil)
			if err == nil {
				r.told(first)
			}
			return err
		},
	})
}

func (r *refusals) told(one refusal) {
	r.state.Due = slices.DeleteFunc(r.state.Due, func(d refusal) bool { return d.Number == one.Number })
}

// orLeave lets a person whom chat does not know, or a channel that is gone, hold up nobody: the refusal
// stands on the timeline. A scope that the app lacks is shown as a snag.
func (r *refusals) orLeave(one refusal, c *mirror.Call) mirror.Action {
	leave := func(f activities.Failure) bool {
		if f.Meaning == activities.ScopeMissing {
			return false
		}
		r.told(one)
		return true
	}
	c.Gone, c.Refused = leave, leave
	return c
}
