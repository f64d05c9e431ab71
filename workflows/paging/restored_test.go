package paging

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"muster/incident"
	"muster/workflows/api"
)

// asked lets the incident of a page answer what it is asked.
func (w *world) asked(answer func(api.BriefAskedInput) error) {
	w.Listens(func(id, name string, in any) error {
		if report, ok := in.(incident.PageReport); ok {
			w.reports = append(w.reports, report)
			return nil
		}
		require.Equal(w.T, []string{"INC-1", api.BriefAsked}, []string{id, name})
		require.Equal(w.T, "INC-1/page/1", in.(api.BriefAskedInput).Workflow)
		return answer(in.(api.BriefAskedInput))
	})
}

// restored runs a page that has paged somebody and is ended by hand a minute later, and then the run in
// which it is started again.
func restored(t *testing.T, on func(w *world)) {
	t.Helper()
	first := newWorld(t)
	in := first.runUntil(time.Minute)
	require.Equal(t, []string{"page 1"}, first.pager.said())
	in.Restored = &api.Restored{How: "terminated", Actor: incident.Actor{Person: "alice@example.com"}, Page: true}
	in.then(t, first, on)
}

// What the incident decided while nobody kept the page was told to nobody.
func TestARestoredPageHearsWhatItsIncidentWantsBeforeItWakesAnybody(t *testing.T) {
	restored(t, func(w *world) {
		w.asked(func(in api.BriefAskedInput) error {
			require.Equal(t, "terminated", in.Restored.How)
			w.withdraws(5 * time.Second)
			return nil
		})
		w.withdraws(time.Hour) // so that it ends in any case
		w.run()
		for _, call := range w.pager.said() {
			require.Contains(t, call, "withdraw", "it is ended at the pager, and nothing else")
		}
		require.NotEmpty(t, w.pager.said())
	})
}

func TestARestoredPageWhoseIncidentSaysNothingGoesOnWithASnag(t *testing.T) {
	restored(t, func(w *world) {
		w.asked(func(api.BriefAskedInput) error { return nil })
		w.withdraws(2 * time.Hour)
		snagged, early := false, 0
		w.After(50*time.Second, func() { early = len(w.pager.said()) })
		w.After(time.Hour, func() {
			for _, s := range w.last().Snags {
				snagged = snagged || s.Mirror == "incident" && s.Reason == "INC-1 has not said what it wants now, so this goes on by what was known when it was ended"
			}
		})
		w.run()
		require.Zero(t, early, "it waits for a minute")
		require.True(t, snagged, "%v", w.reports)
		require.Empty(t, w.last().Snags, "and the snag ends when it hears")
		require.Greater(t, len(w.pager.said()), 1)
	})
}

func TestARestoredPageWhoseIncidentIsGoneIsWithdrawn(t *testing.T) {
	restored(t, func(w *world) {
		w.pager.withdrawn = true
		w.asked(func(api.BriefAskedInput) error { return &temporal.UnknownExternalWorkflowExecutionError{} })
		w.withdraws(time.Hour) // so that it ends in any case
		w.run()
		for _, call := range w.pager.said() {
			require.Contains(t, call, "withdraw")
		}
		require.NotEmpty(t, w.pager.said())
	})
}

// Anybody can send the signal of the Sweep.
func TestOnlyAPageWhoseIncidentIsGoneEndsByBeingToldSo(t *testing.T) {
	w := newWorld(t)
	asked := 0
	w.asked(func(in api.BriefAskedInput) error {
		require.True(t, in.Orphaned)
		if asked++; asked < 2 {
			return nil
		}
		w.pager.withdrawn = true
		return &temporal.UnknownExternalWorkflowExecutionError{}
	})
	orphaned := func() { w.Env.SignalWorkflow(api.Orphaned, nil) }
	w.After(time.Minute, orphaned)
	w.After(2*time.Minute, func() { require.Equal(t, incident.PagePaging, w.standing().Status, "it lives on") })
	w.After(3*time.Minute, orphaned)
	w.run()
	require.Equal(t, 2, asked)
	require.Equal(t, incident.PageWithdrawn, w.standing().Status)
}
