package workflows

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
)

func TestSubscribersAreToldOnceAndAgainOfNothing(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(3)
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}, {Channel: "C0EXECS00"}, {Person: "alice@example.com"}}
	w.members = map[string][]string{"S1": {"dan@example.com", "erin@example.com", "bob@example.com"}}
	w.subscriptions = []incident.Subscription{
		{Subscriber: incident.Subscriber{Person: "dan@example.com"}, Severity: 1},
		{Subscriber: incident.Subscriber{Group: "S1"}, Severity: 1},
		{Subscriber: incident.Subscriber{Person: "frank@example.com"}, Severity: 1, Services: []string{"search"}},
	}
	w.after(time.Minute, func() {
		require.Equal(t, 1, w.count("tell dan@example.com"))
		require.Equal(t, 1, w.count("tell C0EXECS00"))
		require.Zero(t, w.count("tell alice@example.com"), "she is a responder, and invited")
		require.Zero(t, w.count("subscribers "), "Register said so at the start")
	})
	w.commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("alice@example.com"), Severity: 1})
	w.commands(3*time.Minute, api.Update, incident.Update{Meta: by("alice@example.com"), Text: "Looking"})
	w.commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(in)
	require.Equal(t, 1, w.count("subscribers severity 1"))
	require.Equal(t, 1, w.count("members S1"))
	require.Equal(t, 1, w.count("tell erin@example.com"))
	require.Equal(t, 3, w.count("tell "), "%v", w.calls)
}

func TestASubscriberWhomChatRefusesHoldsUpNoOther(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Subscribers = []incident.Subscriber{{Person: "gone@example.com"}, {Group: "S9"}, {Person: "dan@example.com"}}
	w.breaks("tell gone", &fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: fault.Permanent, Meaning: fault.PersonUnknown, Reason: "users_not_found"})
	w.breaks("members S9", gone(fault.ObjectGone))
	w.commands(time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	f := w.runIncident(in)
	require.Equal(t, 1, w.count("tell gone"))
	require.Equal(t, 1, w.count("tell dan@example.com"))
	require.Empty(t, f.Snags)
	var notes []string
	for _, e := range f.Timeline {
		if e.Event == "subscribers" {
			notes = append(notes, e.Text)
		}
	}
	require.Equal(t, []string{"Could not tell subscriber gone@example.com: users_not_found", "Could not tell subscriber S9: chat does not find them"}, notes)
}

func TestAScopeThatTheAppLacksIsNoSubscribersFault(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}, {Group: "S1"}}
	w.members = map[string][]string{"S1": {"erin@example.com"}}
	lacking := &fault.Error{Vendor: "slack", Operation: "any", Class: fault.Permanent, Meaning: fault.ScopeMissing, Reason: "it says so", Mend: "give it"}
	w.breaks("tell dan@example.com", lacking)
	w.after(time.Minute, func() {
		require.Len(t, w.facts().Snags, 1)
		require.Equal(t, "give it", w.facts().Snags[0].Mend)
		w.breaks("tell dan@example.com", nil)
		w.breaks("members S1", lacking)
	})
	w.commands(2*time.Minute, api.Retry, incident.Retry{Meta: by("alice@example.com")})
	w.after(3*time.Minute, func() {
		require.Len(t, w.facts().Snags, 1, "the same of a group")
		w.breaks("members S1", nil)
	})
	w.commands(4*time.Minute, api.Retry, incident.Retry{Meta: by("alice@example.com")})
	w.commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	f := w.runIncident(in)
	require.Empty(t, f.Snags)
	require.NotContains(t, timeline(f), "Could not tell")
	require.Equal(t, 1, w.count("tell erin@example.com"), "nobody was passed over")
	require.Equal(t, 2, w.count("tell dan@example.com"))
}

func TestAnOutageTellsEverySubscriberLaterAndOnce(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}, {Person: "erin@example.com"}}
	w.breaks("tell ", outage("slack"))
	before := 0
	w.after(10*time.Minute, func() { w.breaks("tell ", nil); before = w.count("tell ") })
	w.commands(time.Hour, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(in)
	require.Equal(t, 2, w.count("tell ")-before)
	require.True(t, w.has("tell dan@example.com look=true"), "the one that may have been told is looked for")
}

func TestNobodyIsToldOfAPrivateIncident(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Declaration.Private = true
	in.Subscribers, in.AskSubscribers = []incident.Subscriber{{Person: "dan@example.com"}}, true
	w.commands(time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: by("alice@example.com"), Severity: 5})
	w.commands(2*time.Minute, api.Cancel, incident.Cancel{Meta: by("alice@example.com")})
	w.runIncident(in)
	require.Zero(t, w.count("tell "))
	require.Zero(t, w.count("subscribers "))
}

// subscribes gives a subscription at a moment and hands the answer on.
func (w *world) subscribes(d time.Duration, name string, s incident.Subscription, then func(api.SubscribeResult, error)) {
	w.after(d, func() {
		w.env.UpdateWorkflow(name, fmt.Sprint(name, d), &testsuite.TestUpdateCallback{
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
	w.after(2*time.Minute, func() { // the same one as a signal, written in another way
		w.env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: person("Dan@example.com", "service:checkout severity<=2")})
		w.env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: incident.Subscription{}})
		w.env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: person("dan@example.com", "tag:payments")})
		w.env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: person("erin@example.com", "")})
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
	w.env.ExecuteWorkflow(Register, api.RegisterInput{})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, w.env.GetWorkflowError(), &next)
	var in api.RegisterInput
	w.decode(next.Input, &in)
	require.Equal(t, []incident.Subscription{person("erin@example.com", "")}, in.State.Subscriptions)
}

func TestSubscriptionsAreBounded(t *testing.T) {
	t.Parallel()
	r := &registerRun{s: &api.RegisterState{}}
	for k := range maxSubscriptions + 10 {
		s := person(fmt.Sprintf("p%d@example.com", k), "service:"+strings.Repeat("x", k%100+1))
		if r.checkSubscribe(s) == nil {
			r.subscribe(s)
		}
	}
	require.Len(t, r.s.Subscriptions, maxSubscriptions)
	require.NoError(t, r.checkSubscribe(r.s.Subscriptions[5]), "what is there already is no news")
	long := person("p@example.com", "")
	long.Services = []string{strings.Repeat("x", maxConditions)}
	require.ErrorContains(t, r.checkSubscribe(long), "too long")
}

func TestADeclarationAsASignalOpensOneIncident(t *testing.T) {
	w := newWorld(t, api.RegisterID)
	var started []IncidentInput
	w.env.OnWorkflow(Incident, mockAnything, mockAnything).Return(func(ctx workflow.Context, in IncidentInput) error {
		started = append(started, in)
		return workflow.Sleep(ctx, 100*day)
	})
	w.breaks("highest", outage("visibility"))
	w.after(time.Second, func() { w.env.SignalWorkflow(api.DeclareUpdate, declareInput("early", "Before the counter is known")) })
	w.after(time.Minute, func() { w.breaks("highest", nil) })
	w.after(time.Hour, func() {
		w.env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: person("dan@example.com", "")})
		for range 2 {
			w.env.SignalWorkflow(api.DeclareUpdate, declareInput("key-1", "Checkout is down"))
		}
		w.env.SignalWorkflow(api.DeclareUpdate, declareInput("key-1", "Another body"))
		w.env.SignalWorkflow(api.DeclareUpdate, declareInput("", "No key"))
	})
	w.declares(2*time.Hour, declareInput("key-1", "Checkout is down"), func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		require.Equal(t, api.DeclareResult{Number: 2, Key: "INC-2", Existing: true}, r)
	})
	w.after(2*day, func() {
		w.env.SetContinueAsNewSuggested(true)
		w.env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{})
	})
	w.env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Len(t, started, 2)
	require.Equal(t, "Before the counter is known", started[0].Declaration.Title)
	require.Empty(t, started[0].Subscribers)
	require.Equal(t, []incident.Subscriber{{Person: "dan@example.com"}}, started[1].Subscribers)
}
