package slackdoor

import (
	"context"

	"muster/gateway/rates"
	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
	"muster/workflows/api"
)

// subscription adds, ends or lists what somebody is told of.
func (d *Door) subscription(ctx context.Context, r request, verb grammar.Verb, a grammar.Args) *views.Say {
	if r.by.Guest {
		return new(views.Plain(forGuests))
	}
	who := incident.Subscriber{Person: r.person()}
	switch {
	case a.Channel != "":
		who = incident.Subscriber{Channel: a.Channel}
	case a.Group != "":
		who = incident.Subscriber{Group: a.Group}
	}
	var do func(context.Context, api.SubscribeInput) (api.SubscribeResult, bool, error)
	switch verb {
	case grammar.VerbSubscriptions:
		list, err := d.Incidents.Subscriptions(ctx, who)
		if err != nil {
			return d.unseen(ctx, err)
		}
		return new(views.Subscriptions(list))
	case grammar.VerbSubscribe:
		do = d.Incidents.Subscribe
	case grammar.VerbUnsubscribe:
		do = d.Incidents.Unsubscribe
	default:
		return d.failed(ctx, d.unwired(ctx, "the subcommand "+string(verb)))
	}
	if verb == grammar.VerbSubscribe {
		if err := d.Rates.Take(r.rated(), rates.Subscribe); err != nil {
			return d.failed(ctx, err)
		}
	}
	in := api.SubscribeInput{CommandID: r.id, Subscription: a.Subscription, Actor: r.actor()}
	in.Subscription.Subscriber = who
	res, recorded, err := do(ctx, in)
	switch {
	case err != nil:
		return d.failed(ctx, err)
	case recorded:
		return new(views.RecordedSubscription(d.SlashCommand))
	}
	answer := views.Subscriptions(res.Subscriptions)
	said := views.Plain(slack.Escape(res.Text) + ".")
	answer.Text, answer.Blocks = said.Text, append(said.Blocks, answer.Blocks...)
	return &answer
}
