package incidents

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"muster/incident"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// answered gives a command at a moment and notes its answer.
func (w *world) answered(d time.Duration, name string, c incident.Command) *incident.Result {
	res := &incident.Result{}
	w.After(d, func() {
		w.Env.UpdateWorkflow(name, fmt.Sprint(name, d), &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { w.T.Errorf("%s at %s was refused: %v", name, d, err) },
			OnComplete: func(v any, err error) {
				require.NoError(w.T, err)
				*res, _ = v.(incident.Result)
			},
		}, c)
	})
	return res
}

// notes are commands that others give meanwhile.
func (w *world) notes(d time.Duration, many int) {
	w.After(d, func() {
		for k := range many {
			m := worldtest.By("bob@example.com")
			m.CommandID = fmt.Sprintf("note %d at %s", k, d)
			w.Env.SignalWorkflow(api.Capture, incident.Capture{Meta: m, Text: "Still looking"})
		}
	})
}

func once(id string) incident.Meta {
	m := worldtest.By("alice@example.com")
	m.CommandID = id
	return m
}

// docs/messages.md says how long a command is remembered: for a day, as one of 580, and longer than a run.

func TestACommandThatComesAgainAfterManyOthersWakesNobodyAgain(t *testing.T) {
	w := newWorld(t, "INC-1")
	page := incident.RaisePage{Meta: once("page"), Target: "Checkout"}
	first := w.answered(time.Minute, api.RaisePage, page)
	w.notes(2*time.Minute, 505)
	again := w.answered(3*time.Minute, api.RaisePage, page)
	w.After(4*time.Minute, func() {
		require.Len(t, w.Facts().Pages, 1)
		require.Equal(t, 1, w.Count("page "), "%v", w.Calls)
	})
	w.cancelled(5 * time.Minute)
	w.runIncident(declared(4))
	require.True(t, first.Changed)
	require.False(t, again.Changed)
	require.Equal(t, "that was done before", again.Text)
}

func TestACommandIsRememberedForADayAndLongerThanARun(t *testing.T) {
	alert := incident.AddFollowUp{Meta: once("alert"), Title: "Add an alert"}
	other := incident.AddFollowUp{Meta: once("alert"), Title: "Write the runbook"}
	done := func(number int) incident.ChangeFollowUp {
		return incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: number, Status: incident.FollowUpDone}
	}
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, alert)
	w.notes(2*time.Minute, 505)
	w.Commands(3*time.Minute, api.ChangeFollowUp, done(1))
	var ended time.Time
	w.After(4*time.Minute, func() {
		ended = w.Env.Now()
		w.Env.SetContinueAsNewSuggested(true)
		w.Env.SignalWorkflow(api.Retry, nil)
	})
	w.Env.ExecuteWorkflow(Incident, declared(4))
	in := w.continued()

	next := &world{worldtest.Again(t, "INC-1", registered)}
	next.Env.SetStartTime(ended)
	again := next.answered(time.Minute, api.AddFollowUp, alert)
	next.Refused(2*time.Minute, api.AddFollowUp, other, "was used for something else before")
	later := next.answered(25*time.Hour, api.AddFollowUp, other)
	next.Commands(26*time.Hour, api.ChangeFollowUp, done(2))
	next.cancelled(27 * time.Hour)
	f := next.runIncident(in)
	require.Equal(t, "that was done before", again.Text)
	require.Equal(t, 1, again.Number)
	require.Equal(t, 2, later.Number, "after a day it is another command")
	require.Len(t, f.FollowUps, 2)
}

// Beyond that many it is forgotten, and the same ID is another command.
func TestACommandIsForgottenAfter580Others(t *testing.T) {
	w := newWorld(t, "INC-1")
	w.Commands(time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: once("alert"), Title: "Add an alert"})
	w.notes(2*time.Minute, maxCommands+maxOlder)
	other := w.answered(3*time.Minute, api.AddFollowUp, incident.AddFollowUp{Meta: once("alert"), Title: "Write the runbook"})
	for number := range 2 {
		w.Commands(time.Duration(4+number)*time.Minute, api.ChangeFollowUp, incident.ChangeFollowUp{Meta: worldtest.By("bob@example.com"), Number: number + 1, Status: incident.FollowUpDone})
	}
	w.cancelled(10 * time.Minute)
	w.runIncident(declared(4))
	require.Equal(t, 580, maxCommands+maxOlder, "as docs/messages.md says")
	require.Equal(t, 2, other.Number)
}
