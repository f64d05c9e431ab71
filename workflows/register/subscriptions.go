package register

import (
	"cmp"
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/internal/bounds"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// Subscriptions travel in Register's state, so their number and size are bounded: all of them
// together stay far below the server's limit for one payload.
const (
	maxSubscriptions    = 1000
	maxAllSubscriptions = 110_000 // bytes of JSON of all of them
	// maxOwn is how many one subscriber has, and maxAskedBy how many one person has asked for, for
	// channels and groups besides themselves.
	maxOwn     = 20
	maxAskedBy = 100
	maxBy      = 128 // bytes of JSON
	// maxAlong is how many subscribers an incident is told of at its start; it asks for more.
	maxAlong         = 50
	subscriptionMend = `end some that nobody needs, with "unsubscribe" after Muster's command`
)

func (r *registerRun) handleSubscriptions(ctx workflow.Context) error {
	err := workflow.SetUpdateHandlerWithOptions(ctx, api.SubscribeUpdate,
		func(ctx workflow.Context, in api.SubscribeInput) (api.SubscribeResult, error) {
			if err := r.awaitReady(ctx); err != nil {
				return api.SubscribeResult{}, err
			}
			if err := r.checkSubscribe(in); err != nil {
				return api.SubscribeResult{}, mirror.Refusal(err)
			}
			return r.subscribe(in), nil
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, in api.SubscribeInput) error {
				if !r.upToDate() { // what was recorded before it may make room
					return nil
				}
				return mirror.Refusal(r.checkSubscribe(in))
			},
			Description: "Be told of incidents.",
		})
	if err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, api.UnsubscribeUpdate,
		func(ctx workflow.Context, in api.SubscribeInput) (api.SubscribeResult, error) {
			if err := r.awaitReady(ctx); err != nil {
				return api.SubscribeResult{}, err
			}
			return r.unsubscribe(in.Subscription), nil
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, in api.SubscribeInput) error {
				return mirror.Refusal(in.Subscription.Subscriber.Check())
			},
			Description: "Be told of incidents no more.",
		})
}

func (r *registerRun) subscribeLater(in api.SubscribeInput) error {
	err := r.checkSubscribe(in)
	if err == nil {
		r.subscribe(in)
	}
	return err
}

func (r *registerRun) unsubscribeLater(in api.SubscribeInput) error {
	err := in.Subscription.Subscriber.Check()
	if err == nil {
		r.unsubscribe(in.Subscription)
	}
	return err
}

// checkSubscribe refuses a subscription that is none, and one for which there is no room. One that is
// there already needs none.
func (r *registerRun) checkSubscribe(in api.SubscribeInput) error {
	s := in.Subscription
	if err := s.Check(); err != nil {
		return err
	}
	if r.subscribed(s) {
		return nil
	}
	s = given(in)
	own, asked, size := 0, 0, bounds.Size(s)+1
	for _, o := range r.s.Subscriptions {
		size += bounds.Size(o) + 1
		if o.Subscriber == s.Subscriber {
			own++
		}
		if o.AskedBy() == s.AskedBy() {
			asked++
		}
	}
	switch {
	case own >= maxOwn:
		return noRoom(own, "of this subscriber")
	case asked >= maxAskedBy:
		return noRoom(asked, "that "+s.AskedBy()+" has asked for")
	case len(r.s.Subscriptions) >= maxSubscriptions || size > maxAllSubscriptions:
		return noRoom(len(r.s.Subscriptions), "in all")
	}
	return nil
}

func noRoom(n int, which string) error {
	return &incident.Problem{
		Code: incident.CodeIllegal, Field: "subscriber", Reason: fmt.Sprintf("there are %d subscriptions %s already, and no room for more", n, which),
		Mend: subscriptionMend,
	}
}

// given is a subscription as it is kept: with who has asked for it, where that is somebody else.
func given(in api.SubscribeInput) incident.Subscription {
	s := in.Subscription
	s.Person, s.By = incident.NormalPerson(s.Person), ""
	if by := incident.NormalPerson(cmp.Or(in.Actor.Person, in.Actor.Token)); by != s.Person {
		s.By = bounds.Cut(by, maxBy)
	}
	return s
}

func (r *registerRun) subscribed(s incident.Subscription) bool {
	s.Person = incident.NormalPerson(s.Person)
	return slices.ContainsFunc(r.s.Subscriptions, s.Same)
}

// subscribe needs no memory of command IDs: what is there already is not there twice.
func (r *registerRun) subscribe(in api.SubscribeInput) api.SubscribeResult {
	r.changes++
	s := given(in)
	if r.subscribed(s) {
		return r.answer(s.Subscriber, false, "already subscribed to "+conditions(s))
	}
	r.s.Subscriptions = append(r.s.Subscriptions, s)
	return r.answer(s.Subscriber, true, "subscribed to "+conditions(s))
}

// unsubscribe ends the subscription with exactly these conditions, without any all that the
// subscriber has.
func (r *registerRun) unsubscribe(s incident.Subscription) api.SubscribeResult {
	r.changes++
	s.Person = incident.NormalPerson(s.Person)
	before := len(r.s.Subscriptions)
	r.s.Subscriptions = slices.DeleteFunc(r.s.Subscriptions, func(o incident.Subscription) bool {
		return o.Subscriber == s.Subscriber && (s.Conditions() == "" || o.Same(s))
	})
	if ended := before - len(r.s.Subscriptions); ended > 0 {
		return r.answer(s.Subscriber, true, fmt.Sprintf("subscriptions ended: %d", ended))
	}
	return r.answer(s.Subscriber, false, "there is no such subscription")
}

func (r *registerRun) answer(who incident.Subscriber, changed bool, text string) api.SubscribeResult {
	res := api.SubscribeResult{Changed: changed, Text: text}
	for _, s := range r.s.Subscriptions {
		if s.Subscriber == who {
			res.Subscriptions = append(res.Subscriptions, s)
		}
	}
	return res
}

func conditions(s incident.Subscription) string {
	if c := s.Conditions(); c != "" {
		return c
	}
	return "every incident"
}

// subscribersOf lists who is to be told of an incident, each once.
func subscribersOf(all []incident.Subscription, i *incident.Incident) []incident.Subscriber {
	var out []incident.Subscriber
	for _, s := range all {
		if s.Matches(i) && !slices.Contains(out, s.Subscriber) {
			out = append(out, s.Subscriber)
		}
	}
	return out
}
