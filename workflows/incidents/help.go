package incidents

import (
	"fmt"
	"slices"

	"muster/incident"
	"muster/workflows/mirror"
)

// help calls people in chat when the pager reached nobody: in the incident's channel, and where
// incidents are announced. It may change for which pages it did.
type help struct {
	*scene
	room      *room
	called    *[]int
	announced *[]int
}

// inChannel calls the people who are in the incident's channel already.
func (h *help) inChannel() mirror.Action {
	p := h.unreached(*h.called)
	if p == nil || h.channel() == "" {
		return nil
	}
	return h.room.watch(h.callPeople(p, h.channel(), "mention", h.called))
}

// outside calls those who are not in the channel: often nobody is there but who declared.
func (h *help) outside() mirror.Action {
	p := h.unreached(*h.announced)
	if p == nil || h.policy.Chat.Announce == "" || h.facts.Private {
		return nil
	}
	return h.callPeople(p, h.policy.Chat.Announce, "mention outside", h.announced)
}

// unreached is a page whose every step was tried in vain and for which nobody was called yet.
func (h *help) unreached(called []int) *incident.Page {
	if !h.facts.Status.Live() {
		return nil
	}
	for k := range h.facts.Pages {
		p := &h.facts.Pages[k]
		if p.Status == incident.PageUnanswered && !slices.Contains(called, p.Number) {
			return p
		}
	}
	return nil
}

// callPeople is the fallback of a page that could not be delivered or that nobody answered: the
// people of the service are mentioned in chat.
func (h *help) callPeople(p *incident.Page, channel, step string, called *[]int) mirror.Action {
	number, target := p.Number, p.Target
	m := incident.CallForHelp(h.facts, *p)
	m.Key, m.Mention = h.key(fmt.Sprintf("page/%d/%s", number, step)), h.mentioned(p.Target)
	return h.say(fmt.Sprintf("%s people for page %d", step, number), "mention people: page to "+h.publicName(target)+" reached nobody", channel, m, func() {
		if !slices.Contains(*h.called, number) && !slices.Contains(*h.announced, number) {
			h.note("called", "People were mentioned in chat, since the page to "+target+" reached nobody")
		}
		*called = append(*called, number)
	})
}

// mentioned are the people of the service, or else those whom the playbook wants in every channel
// and those who are here.
func (h *help) mentioned(target string) []string {
	for _, s := range h.policy.Services {
		if s.Target != nil && s.Target.Name == target && len(s.Responders) > 0 {
			return s.Responders
		}
	}
	out := slices.Clone(h.policy.Chat.Invite)
	for _, p := range h.facts.Responders {
		if !slices.Contains(out, p.Person) {
			out = append(out, p.Person)
		}
	}
	return out
}
