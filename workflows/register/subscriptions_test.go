package register

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/incidents"
)

// subscribes gives a subscription at a moment and hands the answer on.
func (w *world) subscribes(d time.Duration, name string, s incident.Subscription, then func(api.SubscribeResult, error)) {
	w.After(d, func() {
		w.Env.UpdateWorkflow(name, fmt.Sprint(name, d), &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { then(api.SubscribeResult{}, err) },
			OnComplete: func(v any, err error) {
				res, _ := v.(api.SubscribeResult)
				then(res, err)
			},
		}, api.SubscribeInput{Subscription: s})
	})
}

func person(email string, conditions string) incident.Subscription {
	s, err := incident.ParseSubscription(conditions)
	if err != nil {
		panic(err)
	}
	s.Person = email
	return s
}

func TestSubscriptionsAreKeptOnceAndEnded(t *testing.T) {
	w := registerWorld(t)
	w.subscribes(1*time.Minute, api.SubscribeUpdate, person("dan@example.com", "severity<=2 service:checkout"), func(r api.SubscribeResult, err error) {
		require.NoError(t, err)
		require.True(t, r.Changed)
		require.Len(t, r.Subscriptions, 1)
	})
	w.After(2*time.Minute, func() { // the same one as a signal, written in another way
		w.Env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: person("Dan@example.com", "service:checkout severity<=2")})
		w.Env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: incident.Subscription{}})
		w.Env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: person("dan@example.com", "tag:payments")})
		w.Env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: person("erin@example.com", "")})
	})
	w.subscribes(3*time.Minute, api.UnsubscribeUpdate, person("dan@example.com", "severity<=2 service:checkout"), func(r api.SubscribeResult, err error) {
		require.NoError(t, err)
		require.True(t, r.Changed)
		require.Len(t, r.Subscriptions, 1)
		require.Equal(t, "tag:payments", r.Subscriptions[0].Conditions())
	})
	w.subscribes(4*time.Minute, api.UnsubscribeUpdate, person("dan@example.com", ""), func(r api.SubscribeResult, err error) {
		require.NoError(t, err)
		require.Empty(t, r.Subscriptions)
	})
	w.subscribes(5*time.Minute, api.SubscribeUpdate, incident.Subscription{Subscriber: incident.Subscriber{Person: "a@example.com", Channel: "C1"}}, func(_ api.SubscribeResult, err error) {
		require.ErrorContains(t, err, "exactly one")
	})
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, w.Env.GetWorkflowError(), &next)
	var in api.RegisterInput
	w.Decode(next.Input, &in)
	require.Equal(t, []incident.Subscription{person("erin@example.com", "")}, in.State.Subscriptions)
}

// by is a subscription that somebody asks for.
func by(actor string, s incident.Subscription) api.SubscribeInput {
	return api.SubscribeInput{Subscription: s, Actor: incident.Actor{Person: actor}}
}

func TestSubscriptionsAreBoundedForEachSubscriberForWhoAsksAndInAll(t *testing.T) {
	t.Parallel()
	r := &registerRun{s: &api.RegisterState{}}
	add := func(in api.SubscribeInput) error {
		err := r.checkSubscribe(in)
		if err == nil {
			r.subscribe(in)
		}
		return err
	}
	for k := range 1000 { // as one member did who shut all others out
		_ = add(by("mallory@example.com", person("mallory@example.com", fmt.Sprintf("tag:t%d", k))))
	}
	require.Len(t, r.s.Subscriptions, maxOwn)
	require.ErrorContains(t, add(by("mallory@example.com", person("mallory@example.com", "tag:x"))), "of this subscriber already")
	for k := range 1000 {
		s := incident.Subscription{Subscriber: incident.Subscriber{Channel: fmt.Sprint("C", k)}}
		_ = add(by("mallory@example.com", s))
	}
	require.Len(t, r.s.Subscriptions, maxAskedBy)
	require.NoError(t, add(by("dan@example.com", person("dan@example.com", ""))), "everybody else has room")
	require.NoError(t, r.checkSubscribe(by("dan@example.com", r.s.Subscriptions[5])), "what is there already is no news")
	for k := range maxSubscriptions {
		who := fmt.Sprintf("p%d@example.com", k)
		_ = add(by(who, person(who, "")))
	}
	require.Len(t, r.s.Subscriptions, maxSubscriptions)
	require.ErrorContains(t, add(by("erin@example.com", person("erin@example.com", ""))), "1000 subscriptions in all")
	long := person("p@example.com", "")
	long.Services = []string{strings.Repeat("x", 180), strings.Repeat("y", 180), strings.Repeat("z", 180)}
	require.ErrorContains(t, r.checkSubscribe(by("p@example.com", long)), "too long")
}

func TestADeclarationAsASignalOpensOneIncident(t *testing.T) {
	w := newWorld(t, api.RegisterID)
	var started []incidents.IncidentInput
	w.Env.OnWorkflow(incidents.Incident, mock.Anything, mock.Anything).Return(func(ctx workflow.Context, in incidents.IncidentInput) error {
		started = append(started, in)
		return workflow.Sleep(ctx, 100*day)
	})
	w.Breaks("highest", &fault.Error{Vendor: "visibility", Operation: "any", Class: fault.Retryable, Reason: "no answer"})
	w.After(time.Second, func() { w.Env.SignalWorkflow(api.DeclareUpdate, declareInput("early", "Before the counter is known")) })
	w.After(time.Minute, func() { w.Breaks("highest", nil) })
	w.After(time.Hour, func() {
		w.Env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: person("dan@example.com", "")})
		for range 2 {
			w.Env.SignalWorkflow(api.DeclareUpdate, declareInput("key-1", "Checkout is down"))
		}
		w.Env.SignalWorkflow(api.DeclareUpdate, declareInput("key-1", "Another body"))
		w.Env.SignalWorkflow(api.DeclareUpdate, declareInput("", "No key"))
	})
	w.declares(2*time.Hour, declareInput("key-1", "Checkout is down"), func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		require.Equal(t, api.DeclareResult{Number: 2, Key: "INC-2", Existing: true}, r)
	})
	w.After(2*day, func() {
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{})
	})
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Len(t, started, 2)
	require.Equal(t, "Before the counter is known", started[0].Declaration.Title)
	require.Empty(t, started[0].Subscribers)
	require.Equal(t, []incident.Subscriber{{Person: "dan@example.com"}}, started[1].Subscribers)
}
