package incidents

import (
	"cmp"
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// help calls people in chat when the pager reached nobody. It may change for which pages it did.
type help struct {
	*scene
	room   *room
	called *[]int
}

// next calls people in chat for a page that reached nobody: in the incident's channel, or
// where incidents are announced while there is none.
func (h *help) next() mirror.Action {
	p := h.unreached()
	switch {
	case p == nil:
		return nil
	case h.channel() != "":
		return h.room.watch(h.callPeople(p, h.channel()))
	case h.policy.Chat.Announce != "" && !h.facts.Private:
		return h.callPeople(p, h.policy.Chat.Announce)
	}
	return nil
}

// unreached is a page whose every step was tried in vain and for which nobody was called yet.
func (h *help) unreached() *incident.Page {
	if !h.facts.Status.Live() {
		return nil
	}
	for k := range h.facts.Pages {
		p := &h.facts.Pages[k]
		if p.Status == incident.PageUnanswered && !slices.Contains(*h.called, p.Number) {
			return p
		}
	}
	return nil
}

// callPeople is the fallback of a page that could not be delivered or that nobody answered:
// the people of the service are mentioned in chat.
func (h *help) callPeople(p *incident.Page, channel string) mirror.Action {
	number, why := p.Number, cmp.Or(p.Problem, "nobody has answered")
	m := incident.Message{
		Key:      h.key(fmt.Sprintf("page/%d/mention", number)),
		Headline: fmt.Sprintf("The page to %s did not reach anybody", p.Target),
		Body:     []string{"Reason: " + why, fmt.Sprintf("Whoever reads this: please take %s (%s).", h.facts.Key(), h.facts.Shown())},
		Mention:  h.mentioned(p.Target),
		Links:    h.facts.Seen(),
	}
	return &mirror.Call{
		Name: fmt.Sprintf("mention people for page %d", number), Queue: api.QueueSlackWrite, Class: mirror.ClassCreate,
		Summary: "mention people: page to " + p.Target + " was not delivered",
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.PostMessageInput{Channel: channel, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.PostMessage, in).Get(ctx, nil)
			if err == nil {
				*h.called = append(*h.called, number)
				h.note("called", "People were mentioned in chat, since the page to "+p.Target+" was not delivered or answered")
			}
			return err
		},
	}
}

func (h *help) mentioned(target string) []string {
	for _, s := range h.policy.Services {
		if s.Target != nil && s.Target.Name == target && len(s.Responders) > 0 {
			return s.Responders
		}
	}
	var out []string
	for _, p := range h.facts.Responders {
		out = append(out, p.Person)
	}
	return out
}
