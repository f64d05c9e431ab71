package cli_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/incident"
	"muster/workflows/api"
)

// It is 03:04 on a Saturday.
func TestACorrectionIsTypedAtATerminal(t *testing.T) {
	t.Parallel()
	at := func(day, hour, minute int) *time.Time {
		return new(time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC))
	}
	for _, c := range []struct {
		args []string
		want incident.Correct
	}{
		{[]string{"--started", "yesterday 14:05"}, incident.Correct{StartedAt: at(20, 14, 5)}},
		{[]string{"--mitigated", "02:30", "--resolved", "2026-11-21 02:50"}, incident.Correct{MitigatedAt: at(21, 2, 30), ResolvedAt: at(21, 2, 50)}},
		{[]string{"--started", "14:05"}, incident.Correct{StartedAt: at(20, 14, 5)}},
		{[]string{"--detected", "none", "--started", "fri 9:00"}, incident.Correct{Clear: []string{"detected_at"}, StartedAt: at(20, 9, 0)}},
		{[]string{"--title", "Carts are slow", "--kind", "near miss"}, incident.Correct{Title: "Carts are slow", Kind: incident.KindNearMiss}},
		{[]string{"--service", "checkout", "--service", "search", "--tag", "eu"}, incident.Correct{Services: []string{"checkout", "search"}, Tags: []string{"eu"}}},
		{[]string{"--service", "none", "--tag", "None"}, incident.Correct{Services: []string{}, Tags: []string{}}},
	} {
		tm := newTerminal(t)
		tm.outcome = incidents.Outcome{Result: incident.Result{Changed: true, Text: "Corrected: started 2026-11-20 14:05 UTC, was not known"}, CommandID: "c"}
		tm.args(append([]string{"correct", "INC-7", "--reason", "the graphs show it"}, c.args...)...).prints("INC-7: Corrected: started 2026-11-20 14:05 UTC, was not known\n")
		c.want.Meta, c.want.Reason = tm.command.Head(), "the graphs show it"
		require.Equal(t, c.want, tm.command, c.args)
	}
}

func TestACorrectionThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for args, says := range map[[2]string]string{
		{"--started", "soon"}:                  `--started: "soon" is no time of the past; write it like 14:05`,
		{"--resolved", "0001-01-01T00:00:00Z"}: "--resolved: 0001-01-01T00:00:00Z is too long ago",
		{"--kind", "party"}:                    "is no kind",
		{"--started", "2026-11-20"}:            `"2026-11-20" is no time of the past`,
	} {
		tm := newTerminal(t)
		o := tm.args("correct", "INC-7", "--reason", "x", args[0], args[1])
		require.Equal(t, 2, o.code)
		require.Contains(t, o.text, says)
		require.Nil(t, tm.command)
	}
}

func TestDeclaringWhatIsOverWaitsForNoChannel(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.result = api.DeclareResult{Number: 1, Key: "INC-1", Waking: &incident.Waking{Line: "Nobody is being paged: INC-1 is resolved.", Over: true}}
	i := opened()
	i.Links.Channel = incident.ChannelRef{}
	tm.snapshots = []incident.Incident{i}
	tm.args("declare", "Mail was late", "--started", "yesterday 14:05", "--resolved", "yesterday 15:10").
		prints("INC-1 declared. Nobody is being paged: INC-1 is resolved.\n  OPS-1     https://jira.example.com/OPS-1\n  Temporal  http://ui.example.com/INC-1\n")
	require.True(t, tm.declared.StartedAt.Equal(time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC)))
	require.True(t, tm.declared.ResolvedAt.Equal(time.Date(2026, 11, 20, 15, 10, 0, 0, time.UTC)))

	o := tm.args("declare", "x", "--resolved", "0001-01-01 00:00")
	require.Equal(t, 2, o.code)
	require.Contains(t, o.text, "is too long ago")
}

func TestShowSaysWhatWasCorrected(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	i := story()
	i.Status, i.StartedAt, i.ResolvedAt, i.ClosedAt = incident.StatusClosed, now.Add(-time.Hour), now.Add(2*time.Hour), now.Add(3*time.Hour)
	i.Corrections = []incident.Correction{{
		Field: "resolved_at", From: "2026-11-21T06:00:00Z", To: "2026-11-21T05:04:05Z", By: i.DeclaredBy, At: now.Add(4 * time.Hour), Reason: "nobody pressed the button",
	}}
	tm.snapshots = []incident.Incident{i}
	o := tm.run("show INC-1")
	require.Regexp(t, `started +2026-11-21 02:04 UTC\n`, o.stdout)
	require.Regexp(t, `mitigated +2026-11-21 04:04 UTC\n`, o.stdout)
	require.Regexp(t, `resolved +2026-11-21 05:04 UTC\n`, o.stdout)
	require.Regexp(t, `Corrected\n +2026-11-21 07:04 UTC +alice@example.com +resolved +was 2026-11-21T06:00:00Z, is 2026-11-21T05:04:05Z: nobody pressed the button`, o.stdout)
}
