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

// subscribersState says who is still to be told of the incident, and who was.
type subscribersState struct {
	// Asked stands for severity, services, tags and kind for which Register was asked.
	Asked string                `json:"asked,omitempty"`
	Due   []incident.Subscriber `json:"due,omitempty"`
	// Done holds short hashes of who was told: the state must stay small however many there are.
	Done []string `json:"done,omitempty"`
	// Strangers are those whom chat does not know as members any more, until Register has heard that
	// their subscriptions end.
	Strangers []string `json:"strangers,omitempty"`
}

// subscribers tells whoever has subscribed to incidents like this one. It may change who was told.
type subscribers struct {
	*scene
	state *subscribersState
}

// maxSubscribers bounds who is told of one incident. Whoever wants more makes a channel of it.
const maxSubscribers = 1000

// expect takes in who Register said is to be told, at the start.
func (s *subscribers) expect(known []incident.Subscriber, ask bool) {
	if !ask {
		s.state.Asked = s.matched()
	}
	s.add(known)
}

// matched stands for all that subscriptions look at.
func (s *subscribers) matched() string {
	return mirror.Short(mirror.Fingerprint([]any{s.facts.Kind, s.facts.Severity, s.facts.Services, s.facts.Tags}))
}

// next tells everybody who has subscribed to incidents like this one, each once. It
// asks Register anew when the incident has become another one. Of a private incident nobody
// is told, nor of a canary's, and nobody is told of one that is over.
func (s *subscribers) next() mirror.Action {
	switch {
	case len(s.state.Strangers) > 0:
		return s.endSubscriptions(s.state.Strangers[0])
	case s.facts.Private || s.policy.Canary || !s.facts.Status.Live():
		return nil
	case s.state.Asked != s.matched():
		return s.find()
	case len(s.state.Due) == 0:
		return nil
	case s.channel() == "" && s.opening():
		return nil // in a moment there is a channel to lead them to
	case s.state.Due[0].Group != "":
		return s.expandGroup(s.state.Due[0])
	}
	return s.tellSubscriber(s.state.Due[0])
}

// endSubscriptions tells Register that somebody is to be told of nothing any more. Whoever was let
// subscribe and turned out to be a stranger, or has left, would else be told of every incident.
func (s *subscribers) endSubscriptions(person string) mirror.Action {
	in := api.SubscribeInput{
		CommandID:    s.key("subscriber/" + mirror.Short(person) + "/end"),
		Subscription: incident.Subscription{Subscriber: incident.Subscriber{Person: person}},
		Actor:        incident.Actor{Way: incident.WayMuster},
	}
	return &mirror.Call{Name: "end somebody's subscriptions", Run: func(ctx workflow.Context, _ bool) error {
		err := workflow.SignalExternalWorkflow(ctx, api.RegisterID, "", api.UnsubscribeUpdate, in).Get(ctx, nil)
		if err != nil {
			return mirror.Away("Register", err)
		}
		s.state.Strangers = slices.DeleteFunc(s.state.Strangers, func(p string) bool { return p == person })
		return nil
	}}
}

func (s *subscribers) find() mirror.Action {
	asked := s.matched()
	in := activities.SubscribersInput{Kind: s.facts.Kind, Severity: s.facts.Severity, Services: s.facts.Services, Tags: s.facts.Tags}
	return &mirror.Call{
		Name: "find subscribers", Queue: api.QueueMuster, Class: mirror.ClassLookUp,
		Summary: "who has subscribed to this",
		Run: func(ctx workflow.Context, _ bool) error {
			var found []incident.Subscriber
			err := workflow.ExecuteActivity(ctx, mirror.Directory.Subscribers, in).Get(ctx, &found)
			if err == nil {
				s.state.Asked = asked
				s.add(found)
			}
			return err
		},
	}
}

// add adds those who were not told and are not about to be.
func (s *subscribers) add(found []incident.Subscriber) {
	for _, who := range found {
		who.Person = incident.NormalPerson(who.Person)
		if who == (incident.Subscriber{}) || slices.Contains(s.state.Due, who) || slices.Contains(s.state.Done, subscriberHash(who)) {
			continue
		}
		if len(s.state.Due)+len(s.state.Done) >= maxSubscribers {
			s.note("subscribers", fmt.Sprintf("More than %d subscribers: the others are not told", maxSubscribers))
			return
		}
		s.state.Due = append(s.state.Due, who)
	}
}

// maxDueBytes is how many bytes of JSON those who are still to be told have in the state.
const maxDueBytes = 8000

// askAgain forgets who is still to be told when they are too many to be carried over: Register knows
// them, and the next run asks it anew.
func (s *subscribers) askAgain() {
	if bounds.Size(s.state.Due) > maxDueBytes {
		s.state.Due, s.state.Asked = nil, ""
	}
}

// subscriberHash stands for who was told.
func subscriberHash(who incident.Subscriber) string {
	return mirror.Short(who.Person + "|" + who.Channel + "|" + who.Group)
}

// done takes one from the front of the line.
func (s *subscribers) done(who incident.Subscriber) {
	s.state.Due = slices.DeleteFunc(s.state.Due, func(d incident.Subscriber) bool { return d == who })
	s.state.Done = append(s.state.Done, subscriberHash(who))
}

func (s *subscribers) expandGroup(group incident.Subscriber) mirror.Action {
	c := &mirror.Call{
		Name: "look up the members of a group", Queue: api.QueueSlackWrite, Class: mirror.ClassMembers,
		Summary: "members of a subscribed group",
		Run: func(ctx workflow.Context, _ bool) error {
			var people []string
			err := workflow.ExecuteActivity(ctx, mirror.Chat.GroupMembers, group.Group).Get(ctx, &people)
			if err == nil {
				s.done(group)
				var members []incident.Subscriber
				for _, p := range people {
					members = append(members, incident.Subscriber{Person: p})
				}
				s.add(members)
			}
			return err
		},
	}
	return s.orPassOver(c, group)
}

// tellSubscriber tells one person or channel. Responders are in the incident's own channel and
// know.
func (s *subscribers) tellSubscriber(who incident.Subscriber) mirror.Action {
	if s.responds(who.Person) {
		return &mirror.Decision{Name: "pass over a responder", Decide: func(time.Time) { s.done(who) }}
	}
	m := incident.SubscriberNotice(s.facts, s.severityName())
	m.Key = s.key("subscriber/" + subscriberHash(who))
	c := &mirror.Call{
		Name: "tell subscriber " + who.Person + who.Channel, Queue: api.QueueSlackWrite, Class: mirror.ClassCreate,
		Summary: "tell a subscriber",
		Run: func(ctx workflow.Context, tried bool) error {
			in := activities.TellSubscriberInput{Subscriber: who, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, mirror.Chat.TellSubscriber, in).Get(ctx, nil)
			if err == nil {
				s.done(who)
			}
			return err
		},
	}
	return s.orPassOver(c, who)
}

func (s *subscribers) responds(person string) bool {
	return person != "" && slices.ContainsFunc(s.facts.Responders, func(p incident.Responder) bool { return p.Person == person })
}

// orPassOver lets a subscriber whom chat refuses hold up none of the others. A scope that the
// app lacks is no subscriber's fault and is shown as a snag.
func (s *subscribers) orPassOver(c *mirror.Call, who incident.Subscriber) mirror.Action {
	name := who.Person + who.Channel + who.Group
	pass := func(why string, f activities.Failure) bool {
		text := fmt.Sprintf("Could not tell subscriber %s: %s", name, why)
		if who.Person != "" && f.Meaning == activities.PersonUnknown {
			text += "; their subscriptions end"
			s.state.Strangers = append(s.state.Strangers, who.Person)
		}
		s.note("subscribers", text)
		s.done(who)
		return true
	}
	c.Gone = func(f activities.Failure) bool { return pass("chat does not find them", f) }
	c.Refused = func(f activities.Failure) bool {
		return f.Meaning != activities.ScopeMissing && pass(f.Reason, f)
	}
	return c
}
