package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/activities"
	"muster/incident"
	"muster/workflows/api"
)

// subscribersState says who is still to be told of the incident, and who was.
type subscribersState struct {
	// Asked stands for severity, services, tags and kind for which Register was asked.
	Asked string                `json:"asked,omitempty"`
	Due   []incident.Subscriber `json:"due,omitempty"`
	// Told holds short hashes: the state must stay small however many there are.
	Told []string `json:"told,omitempty"`
}

// maxSubscribers bounds who is told of one incident. Whoever wants more makes a channel of it.
const maxSubscribers = 1000

// expectSubscribers takes in who Register said is to be told, at the start.
func (r *incidentRun) expectSubscribers() {
	if !r.in.AskSubscribers {
		r.s.Subscribers.Asked = r.subscribable()
	}
	r.dueSubscribers(r.in.Subscribers)
}

// subscribable stands for all that subscriptions look at.
func (r *incidentRun) subscribable() string {
	return short(fingerprint([]any{r.facts.Kind, r.facts.Severity, r.facts.Services, r.facts.Tags}))
}

// subscribersStep tells everybody who has subscribed to incidents like this one, each once. It
// asks Register anew when the incident has become another one. Of a private incident nobody
// is told, and nobody is told of one that is over.
func (r *incidentRun) subscribersStep() *step {
	s := &r.s.Subscribers
	switch {
	case r.facts.Private || !r.facts.Status.Live():
		return nil
	case s.Asked != r.subscribable():
		return r.findSubscribers()
	case len(s.Due) == 0:
		return nil
	case r.channel() == "" && r.opening():
		return nil // in a moment there is a channel to lead them to
	case s.Due[0].Group != "":
		return r.expandGroup(s.Due[0])
	}
	return r.tellSubscriber(s.Due[0])
}

func (r *incidentRun) findSubscribers() *step {
	asked := r.subscribable()
	in := activities.SubscribersInput{Kind: r.facts.Kind, Severity: r.facts.Severity, Services: r.facts.Services, Tags: r.facts.Tags}
	return &step{
		name: "find subscribers",
		call: call{queue: api.QueueMuster, class: classLookUp, summary: "who has subscribed to this"},
		run: func(ctx workflow.Context, _ bool) error {
			var found []incident.Subscriber
			err := workflow.ExecuteActivity(ctx, directory.Subscribers, in).Get(ctx, &found)
			if err == nil {
				r.s.Subscribers.Asked = asked
				r.dueSubscribers(found)
			}
			return err
		},
	}
}

// dueSubscribers adds those who were not told and are not about to be.
func (r *incidentRun) dueSubscribers(found []incident.Subscriber) {
	s := &r.s.Subscribers
	for _, who := range found {
		who.Person = incident.NormalPerson(who.Person)
		if who == (incident.Subscriber{}) || slices.Contains(s.Due, who) || slices.Contains(s.Told, subscriberHash(who)) {
			continue
		}
		if len(s.Due)+len(s.Told) >= maxSubscribers {
			r.noteSelf("subscribers", fmt.Sprintf("More than %d subscribers: the others are not told", maxSubscribers))
			return
		}
		s.Due = append(s.Due, who)
	}
}

// subscriberHash stands for who was told.
func subscriberHash(s incident.Subscriber) string {
	return short(s.Person + "|" + s.Channel + "|" + s.Group)
}

// subscriberTold takes one from the front of the line.
func (r *incidentRun) subscriberTold(who incident.Subscriber) {
	s := &r.s.Subscribers
	s.Due = slices.DeleteFunc(s.Due, func(d incident.Subscriber) bool { return d == who })
	s.Told = append(s.Told, subscriberHash(who))
}

func (r *incidentRun) expandGroup(group incident.Subscriber) *step {
	s := &step{
		name: "look up the members of a group",
		call: call{queue: api.QueueSlackWrite, class: classMembers, summary: "members of a subscribed group"},
		run: func(ctx workflow.Context, _ bool) error {
			var people []string
			err := workflow.ExecuteActivity(ctx, chat.GroupMembers, group.Group).Get(ctx, &people)
			if err == nil {
				r.subscriberTold(group)
				var members []incident.Subscriber
				for _, p := range people {
					members = append(members, incident.Subscriber{Person: p})
				}
				r.dueSubscribers(members)
			}
			return err
		},
	}
	return r.orPassOver(s, group)
}

// tellSubscriber tells one person or channel. Responders are in the incident's own channel and
// know.
func (r *incidentRun) tellSubscriber(who incident.Subscriber) *step {
	if r.responds(who.Person) {
		return &step{name: "pass over a responder", run: func(workflow.Context, bool) error {
			r.subscriberTold(who)
			return nil
		}}
	}
	m := incident.Told(r.facts, r.severityName())
	m.Key = r.key("subscriber/" + subscriberHash(who))
	s := &step{
		name: "tell subscriber " + who.Person + who.Channel,
		call: call{queue: api.QueueSlackWrite, class: classCreate, summary: "tell a subscriber"},
		run: func(ctx workflow.Context, tried bool) error {
			in := activities.TellSubscriberInput{Subscriber: who, Message: m, Tried: tried}
			err := workflow.ExecuteActivity(ctx, chat.TellSubscriber, in).Get(ctx, nil)
			if err == nil {
				r.subscriberTold(who)
			}
			return err
		},
	}
	return r.orPassOver(s, who)
}

func (r *incidentRun) responds(person string) bool {
	return person != "" && slices.ContainsFunc(r.facts.Responders, func(p incident.Responder) bool { return p.Person == person })
}

// orPassOver lets a subscriber whom chat refuses hold up none of the others. A scope that the
// app lacks is no subscriber's fault and is shown as a snag.
func (r *incidentRun) orPassOver(s *step, who incident.Subscriber) *step {
	name := who.Person + who.Channel + who.Group
	pass := func(why string) bool {
		r.noteSelf("subscribers", fmt.Sprintf("Could not tell subscriber %s: %s", name, why))
		r.subscriberTold(who)
		return true
	}
	s.gone = func(activities.Failure) bool { return pass("chat does not find them") }
	s.refused = func(f activities.Failure) bool {
		return f.Meaning != activities.ScopeMissing && pass(f.Reason)
	}
	return s
}
