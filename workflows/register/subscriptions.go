package register

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/mirror"
)

// Subscriptions travel in Register's state, so their number and size are bounded: all of them
// together stay far below the server's limit for one payload.
const (
	maxSubscriptions = 1000
	maxConditions    = 500     // bytes of one subscription's conditions
	maxAllConditions = 100_000 // bytes of all of them
	// maxAlong is how many subscribers an incident is told of at its start; it asks for more.
	maxAlong              = 50
	subscriptionMend      = `end some that nobody needs, with "unsubscribe" after Muster's command`
	subscriptionShortMend = "make several subscriptions with fewer conditions"
)

func (r *registerRun) handleSubscriptions(ctx workflow.Context) error {
	err := workflow.SetUpdateHandlerWithOptions(ctx, api.SubscribeUpdate,
		func(ctx workflow.Context, in api.SubscribeInput) (api.SubscribeResult, error) {
			if err := r.awaitReady(ctx); err != nil {
				return api.SubscribeResult{}, err
			}
			return r.subscribe(in.Subscription), nil
		},
		workflow.UpdateHandlerOptions{
			Validator: func(_ workflow.Context, in api.SubscribeInput) error {
				return mirror.Refusal(r.checkSubscribe(in.Subscription))
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
				return mirror.Refusal(checkSubscriber(in.Subscription))
			},
			Description: "Be told of incidents no more.",
		})
}

func (r *registerRun) subscribeLater(in api.SubscribeInput) error {
	err := r.checkSubscribe(in.Subscription)
	if err == nil {
		r.subscribe(in.Subscription)
	}
	return err
}

func (r *registerRun) unsubscribeLater(in api.SubscribeInput) error {
	err := checkSubscriber(in.Subscription)
	if err == nil {
		r.unsubscribe(in.Subscription)
	}
	return err
}

// checkSubscriber refuses what does not say who is to be told.
func checkSubscriber(s incident.Subscription) error {
	named := 0
	for _, v := range []string{s.Person, s.Channel, s.Group} {
		if v != "" {
			named++
		}
	}
	if named != 1 || len(s.Channel) > 80 || len(s.Group) > 80 {
		return &incident.Problem{
			Code: incident.CodeInvalid, Field: "subscriber", Reason: "is not exactly one person, channel or group",
			Mend: "name an e-mail address, or the ID of a channel or user group",
		}
	}
	if s.Person != "" {
		return incident.CheckPerson("person", s.Person)
	}
	return nil
}

func (r *registerRun) checkSubscribe(s incident.Subscription) error {
	if err := checkSubscriber(s); err != nil {
		return err
	}
	if s.Severity != 0 && !s.Severity.Valid() {
		return &incident.Problem{
			Code: incident.CodeInvalid, Field: "severity", Reason: fmt.Sprintf("%d is no severity", s.Severity), Mend: "write a number from 1 (worst) to 5",
		}
	}
	if k := slices.IndexFunc(s.Kinds, func(k incident.Kind) bool { return !k.Valid() }); k >= 0 {
		return &incident.Problem{
			Code: incident.CodeInvalid, Field: "kind", Reason: fmt.Sprintf("%q is no kind", mirror.Clipped(string(s.Kinds[k]), 40)),
			Mend: fmt.Sprintf("write one of %v", incident.Kinds()),
		}
	}
	if len(s.Conditions()) > maxConditions {
		return &incident.Problem{Code: incident.CodeInvalid, Field: "condition", Reason: "they are too many or too long", Mend: subscriptionShortMend}
	}
	if r.subscribed(s) {
		return nil
	}
	size := len(s.Conditions())
	for _, o := range r.s.Subscriptions {
		size += len(o.Conditions())
	}
	if len(r.s.Subscriptions) >= maxSubscriptions || size > maxAllConditions {
		return &incident.Problem{
			Code: incident.CodeIllegal, Field: "subscriber", Reason: fmt.Sprintf("there are %d subscriptions already, and no room for more", len(r.s.Subscriptions)),
			Mend: subscriptionMend,
		}
	}
	return nil
}

func (r *registerRun) subscribed(s incident.Subscription) bool {
	s.Person = incident.NormalPerson(s.Person)
	return slices.ContainsFunc(r.s.Subscriptions, s.Same)
}

// subscribe needs no memory of command IDs: what is there already is not there twice.
func (r *registerRun) subscribe(s incident.Subscription) api.SubscribeResult {
	s.Person = incident.NormalPerson(s.Person)
	if r.subscribed(s) {
		return r.answer(s.Subscriber, false, "already subscribed to "+conditions(s))
	}
	r.s.Subscriptions = append(r.s.Subscriptions, s)
	return r.answer(s.Subscriber, true, "subscribed to "+conditions(s))
}

// unsubscribe ends the subscription with exactly these conditions, without any all that the
// subscriber has.
func (r *registerRun) unsubscribe(s incident.Subscription) api.SubscribeResult {
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
