package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/workflows/api"
)

// What was answered as done is there, however often the workflow is continued as new meanwhile.
func TestNoCommandIsLostBetweenTwoRuns(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) {
		o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 8}
	})
	i := m.declares("bob@example.com", "Odd log lines", 4)
	i.isOpen()
	const commands = 120
	done := make([]bool, commands)
	together(4, func(k int) {
		for n := k; n < commands; n += 4 {
			out, err := m.incidents.Command(t.Context(), i.number, api.Capture, incident.Capture{Meta: by("bob@example.com"), Text: fmt.Sprintf("note %d.", n)})
			done[n] = err == nil && (out.Recorded || out.Result.Changed)
		}
	})
	f := i.becomes("with every note", func(f incident.Incident) bool { return strings.Count(timeline(f), "note ") == commands })
	for n := range commands {
		require.True(t, done[n], "note %d", n)
		require.Contains(t, timeline(f), fmt.Sprintf("note %d.", n))
	}
	require.Greater(t, m.runs(i.key()), 5, "the incident was continued as new")
}

// The same for the Register: every number that was given has its incident.
func TestNoDeclarationIsLostBetweenTwoRuns(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) {
		o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 12}
	})
	const declarations = 40
	numbers := make([]int, declarations)
	together(4, func(k int) {
		for n := k; n < declarations; n += 4 {
			res, err := m.incidents.Declare(t.Context(), fmt.Sprintf("key-%d", n), incident.Declaration{Title: fmt.Sprintf("Alert %d", n), Severity: 5})
			if err == nil {
				numbers[n] = res.Number
			}
		}
	})
	seen := map[int]bool{}
	for n, number := range numbers {
		require.NotZero(t, number, "declaration %d", n)
		require.False(t, seen[number], "INC-%d was given twice", number)
		seen[number] = true
		(&opened{m: m, number: number}).becomes("declared", func(f incident.Incident) bool { return f.Title == fmt.Sprintf("Alert %d", n) })
	}
	require.Greater(t, m.runs(api.RegisterID), 1, "the register was continued as new")
}

// Declarations that never pause do not keep Register's run from its end: one that does not end grows up to the server's
// limits, and then takes nothing any more.
func TestRegisterIsContinuedAsNewInABurstThatNeverPauses(t *testing.T) {
	t.Parallel()
	for _, severity := range []incident.Severity{incident.WorstSeverity, 5} {
		t.Run(fmt.Sprint("severity ", severity), func(t *testing.T) {
			t.Parallel()
			m := install(t, func(o *sandbox.Options) {
				o.DynamicConfig = map[string]any{"limit.historyCount.suggestContinueAsNew": 60}
			})
			const atOnce, most = 16, 400
			ctx, enough := context.WithCancel(t.Context())
			defer enough()
			var declared atomic.Int64
			var failed atomic.Value
			var burst sync.WaitGroup
			for range atOnce {
				burst.Go(func() {
					for ctx.Err() == nil && declared.Load() < most {
						_, err := m.incidents.Declare(ctx, "", incident.Declaration{Title: "Alert", Severity: severity})
						switch {
						case err == nil:
							declared.Add(1)
						case ctx.Err() == nil:
							failed.Store(err)
						}
					}
				})
			}
			m.eventually(func() bool { return m.runs(api.RegisterID) > 3 || declared.Load() >= most }, "a burst")
			runs := m.runs(api.RegisterID)
			enough()
			burst.Wait()
			require.Nil(t, failed.Load())
			require.Greater(t, runs, 3, "%d were declared meanwhile", declared.Load())
		})
	}
}
