package digest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/activities"
	"muster/workflows/api"
)

// Somebody asks Temporal to cancel what the morning has set off: people are told all the same.

func TestACancellationRequestKeepsNobodyFromTheMorning(t *testing.T) {
	z := newZone(t, "2026-11-23 08:00")
	z.DuePages = []activities.Due{{Installation: "test", People: []activities.PersonLines{owes(bob, 1), owes(alice, 2)}}}
	z.After(0, z.Env.CancelWorkflow)
	z.Env.ExecuteWorkflow(Digest, inBerlin())
	require.NoError(t, z.Env.GetWorkflowError())
	require.Len(t, z.ids, 2)
}

func TestACancellationRequestKeepsNoLineFromAPerson(t *testing.T) {
	w, in := newMorning(t, bob)
	in.Calendar.Start, in.Calendar.End = 13*60, 20*60
	w.Now = []api.OwedLine{line(2, api.AskDecide)}
	w.After(time.Hour, w.Env.CancelWorkflow) // while it waits for the hours of the person
	w.Env.ExecuteWorkflow(PersonDigest, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.True(t, w.Has("direct bob@example.com 1 follow-up waits for you"), "%v", w.Calls)
}

func TestACancellationRequestKeepsTheReportFromNoChannel(t *testing.T) {
	w, in := newReport(t)
	w.Breaks("post #sre", away())
	w.After(30*time.Minute, w.Env.CancelWorkflow) // while chat is away
	w.After(time.Hour, func() { w.Breaks("post #sre", nil) })
	w.Env.ExecuteWorkflow(Report, in)
	require.NoError(t, w.Env.GetWorkflowError())
	require.Equal(t, 1, w.Count("post #leads "), "%v", w.Calls)
}
