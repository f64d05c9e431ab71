package incidents

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestSubscribersAreToldOnceAndAgainOfNothing(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(3)
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}, {Channel: "C0EXECS00"}, {Person: "alice@example.com"}}
	w.Members = map[string][]string{"S1": {"dan@example.com", "erin@example.com", "bob@example.com"}}
	w.Subscriptions = []incident.Subscription{
		{Subscriber: incident.Subscriber{Person: "dan@example.com"}, Severity: 1},
		{Subscriber: incident.Subscriber{Group: "S1"}, Severity: 1},
		{Subscriber: incident.Subscriber{Person: "frank@example.com"}, Severity: 1, Services: []string{"search"}},
	}
	w.After(time.Minute, func() {
		require.Equal(t, 1, w.Count("tell dan@example.com"))
		require.Equal(t, 1, w.Count("tell C0EXECS00"))
		require.Zero(t, w.Count("tell alice@example.com"), "she is a responder, and invited")
		require.Zero(t, w.Count("subscribers "), "Register said so at the start")
	})
	w.Commands(2*time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 1})
	w.Commands(3*time.Minute, api.Update, incident.Update{Meta: worldtest.By("alice@example.com"), Text: "Looking"})
	w.Commands(4*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
	require.Equal(t, 1, w.Count("subscribers severity 1"))
	require.Equal(t, 1, w.Count("members S1"))
	require.Equal(t, 1, w.Count("tell erin@example.com"))
	require.Equal(t, 3, w.Count("tell "), "%v", w.Calls)
}

func TestASubscriberWhomChatRefusesHoldsUpNoOther(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Subscribers = []incident.Subscriber{{Person: "gone@example.com"}, {Group: "S9"}, {Person: "dan@example.com"}}
	w.Breaks("tell gone", &fault.Error{Vendor: "slack", Operation: "chat.postMessage", Class: fault.Permanent, Meaning: fault.PersonUnknown, Reason: "users_not_found"})
	w.Breaks("members S9", gone(fault.ObjectGone))
	w.Commands(time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(in)
	require.Equal(t, 1, w.Count("tell gone"))
	require.Equal(t, 1, w.Count("tell dan@example.com"))
	require.Empty(t, f.Snags)
	var notes []string
	for _, e := range f.Timeline {
		if e.Event == "subscribers" {
			notes = append(notes, e.Text)
		}
	}
	require.Equal(t, []string{"Could not tell subscriber gone@example.com: users_not_found; their subscriptions end", "Could not tell subscriber S9: chat does not find them"}, notes)
}

// Whoever subscribed while chat could not say that they are a stranger is told of nothing, and their
// subscriptions end also when Register is away for a while.
func TestTheSubscriptionsOfSomebodyWhomChatDoesNotKnowEnd(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Subscribers = []incident.Subscriber{{Person: "u0mallory9@slack"}, {Channel: "C0GONE000"}, {Person: "dan@example.com"}}
	w.Breaks("tell u0mallory9", gone(fault.PersonUnknown))
	w.Breaks("tell C0GONE000", gone(fault.ChannelMissing))
	var ended []incident.Subscription
	tries := 0
	w.Listens(func(id, name string, arg any) error {
		if s, ok := arg.(api.SubscribeInput); ok && id == api.RegisterID && name == api.UnsubscribeUpdate {
			if tries++; tries < 3 {
				return errors.New("there is no register")
			}
			ended = append(ended, s.Subscription)
		}
		return nil
	})
	w.Commands(12*time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(in)
	require.Equal(t, []incident.Subscription{{Subscriber: incident.Subscriber{Person: "u0mallory9@slack"}}}, ended)
	require.Contains(t, timeline(f), "Could not tell subscriber u0mallory9@slack: chat does not find them; their subscriptions end")
	require.Equal(t, 1, w.Count("tell dan@example.com"))
}

func TestAScopeThatTheAppLacksIsNoSubscribersFault(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}, {Group: "S1"}}
	w.Members = map[string][]string{"S1": {"erin@example.com"}}
	lacking := &fault.Error{Vendor: "slack", Operation: "any", Class: fault.Permanent, Meaning: fault.ScopeMissing, Reason: "it says so", Mend: "give it"}
	w.Breaks("tell dan@example.com", lacking)
	w.After(time.Minute, func() {
		require.Len(t, w.Facts().Snags, 1)
		require.Equal(t, "give it", w.Facts().Snags[0].Mend)
		w.Breaks("tell dan@example.com", nil)
		w.Breaks("members S1", lacking)
	})
	w.Commands(2*time.Minute, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com")})
	w.After(3*time.Minute, func() {
		require.Len(t, w.Facts().Snags, 1, "the same of a group")
		w.Breaks("members S1", nil)
	})
	w.Commands(4*time.Minute, api.Retry, incident.Retry{Meta: worldtest.By("alice@example.com")})
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	f := w.runIncident(in)
	require.Empty(t, f.Snags)
	require.NotContains(t, timeline(f), "Could not tell")
	require.Equal(t, 1, w.Count("tell erin@example.com"), "nobody was passed over")
	require.Equal(t, 2, w.Count("tell dan@example.com"))
}

func TestAnOutageTellsEverySubscriberLaterAndOnce(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Subscribers = []incident.Subscriber{{Person: "dan@example.com"}, {Person: "erin@example.com"}}
	w.Breaks("tell ", outage("slack"))
	before := 0
	w.After(10*time.Minute, func() { w.Breaks("tell ", nil); before = w.Count("tell ") })
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
	require.Equal(t, 2, w.Count("tell ")-before)
	require.True(t, w.Has("tell dan@example.com look=true"), "the one that may have been told is looked for")
}

func TestNobodyIsToldOfAPrivateIncident(t *testing.T) {
	w := newWorld(t, "INC-1")
	in := declared(4)
	in.Declaration.Private = true
	in.Subscribers, in.AskSubscribers = []incident.Subscriber{{Person: "dan@example.com"}}, true
	w.Commands(time.Minute, api.ChangeSeverity, incident.ChangeSeverity{Meta: worldtest.By("alice@example.com"), Severity: 5})
	w.Commands(2*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	w.runIncident(in)
	require.Zero(t, w.Count("tell "))
	require.Zero(t, w.Count("subscribers "))
}

func person(email string, conditions string) incident.Subscription {
	s, err := incident.ParseSubscription(conditions)
	if err != nil {
		panic(err)
	}
	s.Person = email
	return s
}
