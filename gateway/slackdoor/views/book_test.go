package views_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/playbook/file"
)

func TestThePlaybookIsOffered(t *testing.T) {
	t.Parallel()
	p, err := file.Parse("muster.yaml", file.Example, evening)
	require.NoError(t, err)
	b := views.BookOf(p)
	require.Len(t, b.Severities, 5)
	require.Equal(t, p.DefaultSeverity(), b.Default)
	require.Equal(t, p.Roles(), b.Roles)
	require.Len(t, b.Services, len(p.Services()))
	require.Equal(t, views.Choice{Value: "checkout", Label: "Checkout and payments"}, b.Services[0])
	require.Contains(t, b.Targets, views.Choice{Value: "platform", Label: "platform"})
	require.Equal(t, "1 (Critical)", b.SeverityName(1))
	require.Equal(t, "7", b.SeverityName(7))
	isTakenAsView(t, "declare", views.Declare(b, views.DeclareForm{}, views.Meta{}))
}

func TestWhomADeclarationWakes(t *testing.T) {
	t.Parallel()
	b := book()
	require.Equal(t, "Severity 1 (Critical) pages now.", b.Pages(1, incident.KindIncident, false))
	require.Equal(t, "Severity 3 (Minor) pages on the next business morning.", b.Pages(3, "", false))
	require.Equal(t, "Severity 5 (Oddity) pages nobody.", b.Pages(5, "", false))
	require.Equal(t, "A near miss pages nobody.", b.Pages(1, incident.KindNearMiss, true))
	require.Equal(t, "Another company's incident pages nobody.", b.Pages(1, incident.KindExternal, false))
	require.Equal(t, "A drill pages nobody.", b.Pages(1, incident.KindDrill, false))
	require.Equal(t, "Severity 1 (Critical) pages now.", b.Pages(1, incident.KindDrill, true))
	require.Empty(t, views.Book{}.Pages(1, "", false))
}

// TestHelpHasEverySubcommand holds what is offered against what is understood.
func TestHelpHasEverySubcommand(t *testing.T) {
	t.Parallel()
	said := unhtml(string(messageOf(t, views.Help("/muster"))))
	for _, v := range grammar.Verbs() {
		require.True(t, strings.Contains(said, "`/muster "+string(v)+" ") || strings.Contains(said, "`/muster "+string(v)+"`"), "help does not tell of %s", v)
	}
	require.NotContains(t, said, "/incident")
}
