package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"muster/incident"
	"muster/workflows/api"
)

func TestAMergedIncidentHandsOverWhatItHas(t *testing.T) {
	w := newWorld(t, "INC-1")
	var sent []api.AbsorbInput
	w.listens(func(id, name string, in any) error {
		if a, ok := in.(api.AbsorbInput); ok {
			require.Equal(t, "INC-7", id)
			sent = append(sent, a)
		}
		return w.called("signal %s %s", id, name)
	})
	w.commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on queue depth", Owner: "alice@example.com"})
	w.commands(2*time.Minute, api.Merge, incident.Merge{Meta: by("carol@example.com"), Into: 7})
	w.after(3*time.Minute, func() {
		require.Len(t, sent, 1)
		require.Equal(t, 1, sent[0].From)
		require.Equal(t, "C1", sent[0].Channel.ID)
		require.Equal(t, "carol@example.com", sent[0].Actor.Person)
		require.Len(t, sent[0].FollowUps, 1)
		require.Equal(t, "Alert on queue depth", sent[0].FollowUps[0].Title)
		require.Equal(t, 1, w.count("withdraw "))
		require.True(t, w.has("move OPS-test/INC-1/issue duplicate"), "what the tracker calls that is its client's to know: %v", w.calls)
		require.Equal(t, 1, w.count("reply #incidents INC-1: merged"))
	})
	w.commands(time.Hour, api.Join, incident.Join{Meta: by("dan@example.com")})
	in := archiving(1)
	in.Declaration.AlertKey = "disk/db1"
	f := w.runIncident(in)
	require.Equal(t, incident.StatusMerged, f.Status)
	require.Empty(t, f.Reviews)
	require.Len(t, sent, 2, "who joins late is handed over too")
	require.Equal(t, 1, w.count("archive C1"))
	require.Zero(t, w.count("signal register AlertKeyFreed"), "the other one sees to the alert key")
}

func TestWhatCannotBeHandedOverIsASnagUntilItIsReopened(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.listens(func(id, name string, _ any) error {
		if name == api.Absorb {
			return serviceerror.NewNotFound("no such workflow")
		}
		return w.called("signal %s %s", id, name)
	})
	w.commands(time.Minute, api.Merge, incident.Merge{Meta: by("carol@example.com"), Into: 7})
	w.after(2*time.Minute, func() {
		f := w.facts()
		require.Len(t, f.Snags, 1)
		require.Equal(t, "hand over to INC-7", f.Snags[0].Step)
		require.Equal(t, 1, w.count("signal register AlertKeyFreed"))
	})
	w.commands(3*time.Minute, api.Reopen, incident.Reopen{Meta: by("carol@example.com")})
	w.after(4*time.Minute, func() { require.Empty(t, w.facts().Snags) })
	w.commands(5*time.Minute, api.Cancel, incident.Cancel{Meta: by("carol@example.com")})
	in := declared(4)
	in.Declaration.AlertKey = "disk/db1"
	w.runIncident(in)
}

func TestAnIncidentTakesInAnotherOneOnce(t *testing.T) {
	w := newWorld(t, "INC-1")
	var keys []api.AlertKeyFreedInput
	w.listens(func(_, _ string, in any) error {
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
	w.after(time.Minute, func() {
		for range 3 {
			w.env.SignalWorkflow(api.Absorb, absorbed)
		}
	})
	w.after(2*time.Minute, func() {
		f := w.facts()
		require.Len(t, f.FollowUps, 1)
		require.Equal(t, "INC-3/2", f.FollowUps[0].Origin)
		require.Len(t, f.Absorbed, 1)
		require.Equal(t, []api.AlertKeyFreedInput{{AlertKey: "disk/db1", Number: 3, To: 1}}, keys)
		require.Equal(t, 1, w.count("post C1 INC-1: another incident was merged into this"))
	})
	w.commands(3*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: by("alice@example.com"), Number: 1, Status: incident.FollowUpDone})
	w.commands(4*time.Minute, api.Resolve, incident.Resolve{Meta: by("alice@example.com")})
	w.runIncident(declared(4))
	require.Equal(t, api.AlertKeyFreedInput{AlertKey: "disk/db1", Number: 1}, keys[len(keys)-1])
	require.Len(t, keys, 2)
}

func TestWhatIsMergedIntoAMergedIncidentGoesOn(t *testing.T) {
	w := newWorld(t, "INC-1")
	var passed []api.AbsorbInput
	w.listens(func(id, name string, in any) error {
		if a, ok := in.(api.AbsorbInput); ok && a.From == 3 {
			require.Equal(t, "INC-7", id)
			passed = append(passed, a)
		}
		return nil
	})
	w.commands(time.Minute, api.Merge, incident.Merge{Meta: by("carol@example.com"), Into: 7})
	w.after(2*time.Minute, func() { w.env.SignalWorkflow(api.Absorb, api.AbsorbInput{From: 3, Title: "Payments fail"}) })
	f := w.runIncident(declared(4))
	require.Len(t, passed, 1)
	require.Equal(t, 1, passed[0].Hops)
	require.Empty(t, f.Absorbed)
}

func TestAnAlertKeyIsHandedOn(t *testing.T) {
	w := registerWorld(t)
	in := declareInput("a", "Disk is full")
	in.Declaration.AlertKey = "disk/db1"
	w.declares(time.Minute, in, func(r api.DeclareResult, err error) { require.Equal(t, 1, r.Number) })
	w.declares(2*time.Minute, declareInput("b", "Database is down"), func(r api.DeclareResult, err error) { require.Equal(t, 2, r.Number) })
	w.after(3*time.Minute, func() {
		w.env.SignalWorkflow(api.AlertKeyFreed, api.AlertKeyFreedInput{AlertKey: "disk/db1", Number: 1, To: 2})
	})
	in.Key = "c"
	w.declares(4*time.Minute, in, func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		require.Equal(t, api.DeclareResult{Number: 2, Key: "INC-2", Existing: true}, r)
	})
	w.env.ExecuteWorkflow(Register, api.RegisterInput{})
}
