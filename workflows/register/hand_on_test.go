package register

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

func TestACommandIsHandedOnOnceItsIncidentIsThere(t *testing.T) {
	w := newWorld(t, api.RegisterID) // with real incidents
	asked := false
	w.declares(time.Minute, declareInput("a", "Checkout is down"), func(_ api.DeclareResult, err error) { require.NoError(t, err) })
	w.After(time.Minute, func() {
		for _, in := range []api.HandOnInput{
			{Number: 1, Name: api.Update, Input: []byte(`{"text":"Looking"}`)},
			{Number: 1, Name: api.Mitigate, Input: []byte(`{}`)},
			{Number: 2, Name: api.Mitigate, Input: []byte(`{}`)},   // handed out to nobody
			{Number: 1, Name: api.Absorb, Input: []byte(`{}`)},     // no person's command
			{Number: 0, Name: api.Mitigate, Input: []byte(`null`)}, // no number
		} {
			w.Env.SignalWorkflow(api.HandOn, in)
		}
	})
	w.After(time.Hour, func() {
		v, err := w.Env.QueryWorkflow(api.State)
		require.NoError(t, err)
		var s api.RegisterState
		require.NoError(t, v.Get(&s))
		require.Empty(t, s.Opening, "it has started")
		v, err = w.Env.QueryWorkflowByID("INC-1", api.Snapshot)
		require.NoError(t, err)
		var i incident.Incident
		require.NoError(t, v.Get(&i))
		require.Equal(t, "Looking", i.LastUpdate)
		require.Equal(t, incident.StatusMitigated, i.Status)
		asked = true
		require.NoError(t, w.Env.SignalWorkflowByID("INC-1", api.Cancel, incident.Cancel{}))
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.True(t, asked)
}

// An alert key that was freed and a declaration that needs it wait for the same workflow task.
func TestADeclarationIsJudgedAfterWhatWasRecordedBefore(t *testing.T) {
	w := registerWorld(t)
	recorded := declareInput("a", "The first")
	w.After(0, func() { w.Env.SignalWorkflow(api.DeclareUpdate, recorded) })
	var later api.DeclareResult
	w.declares(0, declareInput("b", "The second"), func(r api.DeclareResult, err error) {
		require.NoError(t, err)
		later = r
	})
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
	require.Equal(t, 2, later.Number, "the recorded one came first")
	require.Equal(t, "INC-2", incident.Key(later.Number))
}

func TestASubscriptionIsJudgedAfterWhatWasRecordedBefore(t *testing.T) {
	w := registerWorld(t)
	s := incident.Subscription{Subscriber: incident.Subscriber{Person: "alice@example.com"}}
	w.After(0, func() { w.Env.SignalWorkflow(api.SubscribeUpdate, api.SubscribeInput{Subscription: s}) })
	w.After(0, func() {
		w.Env.UpdateWorkflowNoRejection(api.UnsubscribeUpdate, "u", t, api.SubscribeInput{Subscription: s})
	})
	w.After(time.Hour, func() {
		v, err := w.Env.QueryWorkflow(api.State)
		require.NoError(t, err)
		var state api.RegisterState
		require.NoError(t, v.Get(&state))
		require.Empty(t, state.Subscriptions, "ended after it was made")
	})
	w.Env.ExecuteWorkflow(Register, api.RegisterInput{})
}
