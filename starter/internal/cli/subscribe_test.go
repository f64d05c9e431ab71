package cli_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/starter/internal/cli"
	"muster/workflows/api"
)

func alices(conditions ...incident.Subscription) []incident.Subscription {
	for k := range conditions {
		conditions[k].Subscriber = incident.Subscriber{Person: "alice@example.com"}
	}
	return conditions
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.subscribed = api.SubscribeResult{
		Changed: true, Text: "subscribed to severity<=2 service:checkout",
		Subscriptions: alices(incident.Subscription{}, incident.Subscription{Severity: 2, Services: []string{"checkout"}}),
	}
	tm.run("subscribe severity<=2|service:checkout").prints(`alice@example.com: subscribed to severity<=2 service:checkout
alice@example.com is told of
  every incident
  severity<=2 service:checkout
`)
	require.Equal(t, "subscribe", tm.name)
	require.Equal(t, api.SubscribeInput{
		Subscription: alices(incident.Subscription{Severity: 2, Services: []string{"checkout"}})[0],
		Actor:        incident.Actor{Person: "alice@example.com", Way: incident.WayCLI},
	}, tm.asked)
	tm.run("subscribe severity<=2 service:checkout -o json").printsJSON(`{"subscriber":"alice@example.com","changed":true,
		"text":"subscribed to severity<=2 service:checkout","subscriptions":["","severity<=2 service:checkout"]}`)
}

func TestSubscribeSomebodyElse(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]incident.Subscriber{
		"--person Bob@example.com": {Person: "bob@example.com"},
		"--channel C024BE7LR":      {Channel: "C024BE7LR"},
		"--group S0614TZR7":        {Group: "S0614TZR7"},
	} {
		tm := newTerminal(t)
		delete(tm.env, "MUSTER_PERSON")
		require.Equal(t, cli.ExitOK, tm.run("subscribe kind:near_miss "+flag).code)
		require.Equal(t, incident.Subscription{Subscriber: want, Kinds: []incident.Kind{"near_miss"}}, tm.asked.Subscription)
		require.Equal(t, cli.ExitOK, tm.run("subscriptions "+flag).code)
		require.Equal(t, want, tm.asked.Subscription.Subscriber)
	}
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.subscribed = api.SubscribeResult{Changed: true, Text: "subscriptions ended: 2"}
	tm.run("unsubscribe").prints("alice@example.com: subscriptions ended: 2\nalice@example.com is told of no incidents\n")
	require.Equal(t, "unsubscribe", tm.name)
	require.Equal(t, alices(incident.Subscription{})[0], tm.asked.Subscription)
	tm.recorded, tm.subscribed = true, api.SubscribeResult{}
	tm.run("unsubscribe tag:eu").prints("alice@example.com: recorded, will be applied\n")
	tm.run("unsubscribe tag:eu -o json").printsJSON(`{"subscriber":"alice@example.com","recorded":true,"subscriptions":[]}`)
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.run("subscriptions").prints("alice@example.com is told of no incidents\n")
	tm.subscribed.Subscriptions = alices(incident.Subscription{Tags: []string{"eu"}})
	tm.run("subscriptions").prints("alice@example.com is told of\n  tag:eu\n")
	tm.run("subscriptions -o json").printsJSON(`{"subscriber":"alice@example.com","subscriptions":["tag:eu"]}`)
	delete(tm.env, "MUSTER_PERSON")
	tm.run("subscriptions").fails(cli.ExitUsage, "add --as alice@example.com, or set MUSTER_PERSON")
}

func TestASubscriptionThatIsNotRecordedSaysSo(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.err = &incidents.NotRecordedError{Err: errors.New("connection refused")}
	for _, line := range []string{"subscribe", "unsubscribe", "subscriptions"} {
		tm.run(line).fails(cli.ExitAway, "not recorded: connection refused")
		tm.run(line+" -o json").failsJSON(cli.ExitAway, "not_recorded")
	}
}
