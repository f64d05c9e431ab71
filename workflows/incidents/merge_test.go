package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

func TestAMergedIncidentHandsOverWhatItHas(t *testing.T) {
	w := newWorld(t, "INC-1")
	var sent []api.AbsorbInput
	w.Listens(func(id, name string, in any) error {
		if a, ok := in.(api.AbsorbInput); ok {
			require.Equal(t, "INC-7", id)
			sent = append(sent, a)
		}
		return w.Called("signal %s %s", id, name)
	})
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: worldtest.By("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	w.Commands(2*time.Minute, api.Merge, incident.Merge{Meta: worldtest.By("carol@example.com"), Into: 7})
	w.After(3*time.Minute, func() {
		require.Len(t, sent, 1)
		require.Equal(t, 1, sent[0].From)
		require.Equal(t, "C1", sent[0].Channel.ID)
		require.Equal(t, "carol@example.com", sent[0].Actor.Person)
		require.Len(t, sent[0].FollowUps, 1)
		require.Equal(t, "Alert on queue depth", sent[0].FollowUps[0].Title)
		require.Equal(t, 1, w.Count("withdraw "))
		require.True(t, w.Has("move test/INC-1/issue duplicate"), "what the tracker calls that is its client's to know: %v", w.Calls)
		require.Equal(t, 1, w.Count("reply #incidents INC-1: merged"))
	})
	w.Commands(time.Hour, api.Join, incident.Join{Meta: worldtest.By("dan@example.com")})
	in := archiving(1)
	in.Declaration.AlertKey = "disk/db1"
	f := w.runIncident(in)
	require.Equal(t, incident.StatusMerged, f.Status)
	require.Empty(t, f.Reviews)
	require.Len(t, sent, 1, "who joins late comes to the merged one only")
	require.Equal(t, 1, w.Count("archive C1"))
	require.Zero(t, w.Count("signal register AlertKeyFreed"), "the other one sees to the alert key")
}

func TestWhatCannotBeHandedOverIsASnagUntilItIsReopened(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Listens(func(id, name string, _ any) error {
		if name == api.Absorb {
			return serviceerror.NewNotFound("no such workflow")
		}
		return w.Called("signal %s %s", id, name)
	})
	w.Commands(time.Minute, api.Merge, incident.Merge{Meta: worldtest.By("carol@example.com"), Into: 7})
	w.After(2*time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "hand over to INC-7", f.Snags[0].Step)
		require.Equal(t, 1, w.Count("signal register AlertKeyFreed"))
	})
	w.Commands(3*time.Minute, api.Reopen, incident.Reopen{Meta: worldtest.By("carol@example.com")})
	w.After(4*time.Minute, func() { require.Empty(t, w.Facts().Snags) })
	w.Commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: worldtest.By("carol@example.com")})
	in := declared(4)
	in.Declaration.AlertKey = "disk/db1"
	w.runIncident(in)
}

func TestAnIncidentTakesInAnotherOneOnce(t *testing.T) {
	w := newWorld(t, "INC-1")
	var keys []api.AlertKeyFreedInput
	w.Listens(func(_, _ string, in any) error {
		if k, ok := in.(api.AlertKeyFreedInput); ok {
			keys = append(keys, k)
		}
		return nil
	})
	absorbed := api.AbsorbInput{
		From: 3, Title: "Payments fail", Channel: incident.ChannelRef{ID: "C3", Name: "inc-3", URL: "https://chat.example.com/C3"},
		Responders: []incident.Responder{{Person: "erin@example.com"}}, AlertKey: "disk/db1",
		FollowUps: []incident.FollowUp{{Number: 2, Title: "Alert on queue depth", Status: incident.FollowUpDropped, Reason: "moved to INC-1"}},
	}
	w.After(time.Minute, func() {
		for range 3 {
			w.Env.SignalWorkflow(api.Absorb, absorbed)
		}
	})
	w.After(2*time.Minute, func() {
		f := w.Facts()
		require.Len(t, f.FollowUps, 1)
		require.Equal(t, "INC-3/2", f.FollowUps[0].Origin)
		require.Len(t, f.Absorbed, 1)
		require.Equal(t, []api.AlertKeyFreedInput{{Hash: api.AlertKeyHash("disk/db1"), Number: 3, To: 1}}, keys)
		require.Equal(t, 1, w.Count("post C1 INC-1: another incident was merged into this"))
	})
	w.Commands(3*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("alice@example.com"), Number: 1, Status: incident.FollowUpDone})
	w.Commands(4*time.Minute, api.Resolve, incident.Resolve{Meta: worldtest.By("alice@example.com")})
	w.runIncident(declared(4))
	require.Equal(t, api.AlertKeyFreedInput{Hash: api.AlertKeyHash("disk/db1"), Number: 1}, keys[len(keys)-1])
	require.Len(t, keys, 2)
}

func TestWhatIsMergedIntoAMergedIncidentGoesOn(t *testing.T) {
	w := newWorld(t, "INC-1")
	var passed []api.AbsorbInput
	w.Listens(func(id, name string, in any) error {
		if a, ok := in.(api.AbsorbInput); ok && a.From == 3 {
			require.Equal(t, "INC-7", id)
			passed = append(passed, a)
		}
		return nil
	})
	w.Commands(time.Minute, api.Merge, incident.Merge{Meta: worldtest.By("carol@example.com"), Into: 7})
	w.After(2*time.Minute, func() { w.Env.SignalWorkflow(api.Absorb, api.AbsorbInput{From: 3, Title: "Payments fail"}) })
	f := w.runIncident(declared(4))
	require.Len(t, passed, 1)
	require.Equal(t, 1, passed[0].Hops)
	require.Empty(t, f.Absorbed)
}
