package e2e

import (
	"fmt"
	"strings"
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
