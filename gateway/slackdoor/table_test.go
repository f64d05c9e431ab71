package slackdoor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/grammar"
)

// Whatever the HTTP API and the command line can ask for, people in Slack can too.
func TestEveryCommandOfTheTableHasASubcommand(t *testing.T) {
	t.Parallel()
	for _, spec := range incidents.Commands() {
		first, _, _ := strings.Cut(spec.Verb, " ")
		require.True(t, slices.Contains(grammar.Verbs(), grammar.Verb(first)), "no subcommand for %q", spec.Verb)
	}
}
