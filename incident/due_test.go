package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestADueDayIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	friday := time.Date(2026, 11, 20, 23, 30, 0, 0, time.FixedZone("CET", 3600))
	for text, want := range map[string]incident.Date{
		"2026-12-01": "2026-12-01", "today": "2026-11-20", "Tomorrow": "2026-11-21", "mon": "2026-11-23", "friday": "2026-11-27", "3d": "2026-11-23", "2w": "2026-12-04",
	} {
		got, err := incident.ParseDue(text, friday)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "yesterday", "soon", "8h", "18:00", "2026-13-01", "off"} {
		_, err := incident.ParseDue(text, friday)
		p, ok := incident.AsProblem(err)
		require.True(t, ok, text)
		require.Equal(t, "due", p.Field)
		require.Contains(t, p.Mend, "tomorrow, fri, 3d or 2w", text)
	}
	p, err := incident.ParsePause("tomorrow", friday)
	require.NoError(t, err)
	require.Equal(t, "2026-11-21 00:00 CET", p.Until.Format("2006-01-02 15:04 MST"), "a pause knows the same words")
}

func TestWhoeverGivesACommandAboutAFollowUpIsToldWhatWasUnderstood(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	i := incident.New(1, incident.Declaration{Title: "Checkout is down", Severity: 2}, now)
	say := func(c incident.Command) string {
		t.Helper()
		require.NoError(t, c.Check(i, now))
		return incident.Answer(c, c.Apply(i, now), time.FixedZone("CET", 3600)).Text
	}
	require.Equal(t, "Follow-up 1: Bigger disks (owner nobody, due by the playbook; proposed, decided after the soak)", say(incident.AddFollowUp{Title: "Bigger disks"}))
	require.Equal(t, "Follow-up 2: Rotate keys, urgent and accepted at once (owner bob@example.com, due 2026-12-01)",
		say(incident.AddFollowUp{Title: "Rotate keys", Owner: "bob@example.com", Due: "2026-12-01", Urgent: true}))
	require.Equal(t, "follow-up 1 is that already", say(incident.AddFollowUp{Title: "Bigger disks"}))

	snooze := func(days int) string {
		return say(incident.SnoozeFollowUp{Number: 2, Until: now.AddDate(0, 0, days), Reason: "busy"})
	}
	require.Equal(t, "Follow-up 2 (Rotate keys): snoozed until 2026-11-25 13:00 CET: busy. It can be put off twice more", snooze(5))
	require.Contains(t, snooze(20), "It can be put off once more; that is past its due date 2026-12-01, which stays")
	require.Contains(t, snooze(21), "It can be put off no more")
	require.NotContains(t, i.Timeline[len(i.Timeline)-1].Text, "put off", "the timeline says what happened")

	say(incident.ChangeFollowUp{Number: 1, Status: incident.FollowUpDropped, Reason: "we moved"})
	require.Equal(t, "nothing changed: follow-up 1 is dropped already", say(incident.ChangeFollowUp{Number: 1, Status: incident.FollowUpDropped, Reason: "again"}))
	require.Equal(t, "nothing changed: follow-up 2 is that already", say(incident.ChangeFollowUp{Number: 2, Owner: "bob@example.com"}))
}
