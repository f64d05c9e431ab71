package pagerduty_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/integrations/pagerduty"
)

// The guide names what Muster asks for and reads, no more and no less.
func TestTheGuideNamesScopesAndEvents(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/pagerduty.md")
	require.NoError(t, err)
	guide := string(text)

	_, table, found := strings.Cut(guide, "| scope | for |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	require.ElementsMatch(t, pagerduty.Scopes, named(table, `[a-z_]+\.(?:read|write)`))

	_, events, found := strings.Cut(guide, "- Events:")
	require.True(t, found)
	events, _, _ = strings.Cut(events, "Others do no harm")
	require.ElementsMatch(t, pagerduty.Events, named(events, `incident\.[a-z]+`))
	require.Contains(t, guide, "example.com"+pagerduty.WebhookPath+"`")
}

// named lists what stands between backticks and is of the shape.
func named(text, shape string) (list []string) {
	for _, m := range regexp.MustCompile("`("+shape+")`").FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}
