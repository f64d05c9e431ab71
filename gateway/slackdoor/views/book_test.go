package views_test

import (
	"strings"
	"testing"
	"time"

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
	b := views.BookOf(p, evening)
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

// In working hours the next business morning is now.
func TestWhenSeveritiesPageDependsOnTheHour(t *testing.T) {
	t.Parallel()
	p, err := file.Parse("muster.yaml", file.Example, evening)
	require.NoError(t, err)
	said := func(at time.Time) string {
		return string(isTakenAsView(t, "severity", views.ChangeSeverity(views.BookOf(p, at), incident.Incident{Number: 1, Kind: incident.KindIncident}, views.Meta{})))
	}
	night := time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC) // a Sunday
	require.Contains(t, said(night), "Severity 3 pages on Monday 30 November at 09:00 CET.")
	require.Contains(t, said(night.Add(33*time.Hour)), "Severities 1, 2 and 3 page now.")
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
