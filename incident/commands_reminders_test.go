package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRemindersRestUntilAMomentOrUntilSomebodyEndsIt(t *testing.T) {
	t.Parallel()
	i := declared()
	r := do(t, i, PauseReminders{Meta: alice, Until: minute(120)})
	require.Equal(t, "Reminders rest until 11:00 UTC", r.Text)
	require.Equal(t, Entry{Seq: i.Entries, At: minute(30), Actor: alice.Actor, Event: "reminders", Text: r.Text}, lastEntry(i))
	require.Contains(t, Board(i, "SEV1", time.UTC).Fields, Field{Label: "Reminders rest until", Time: minute(120)})
	require.True(t, i.RemindersPaused(minute(119)))
	require.False(t, i.RemindersPaused(minute(120)))
	already(t, i, PauseReminders{Meta: by("bob@example.com"), Until: minute(120).In(time.FixedZone("east", 3600))})

	require.Equal(t, "Reminders rest until 2026-12-03 09:00 UTC", do(t, i, PauseReminders{Meta: alice, Until: minute(3 * 24 * 60)}).Text)
	require.Equal(t, "Reminders come again", do(t, i, PauseReminders{Meta: alice, Off: true}).Text)
	require.Zero(t, i.RemindersPausedUntil)
	already(t, i, PauseReminders{Meta: alice, Off: true})
}

func TestAPauseEndsByItself(t *testing.T) {
	t.Parallel()
	i := declared()
	i.EndPause(minute(31))
	do(t, i, PauseReminders{Meta: alice, Until: minute(120)})
	entries := i.Entries
	i.EndPause(minute(119))
	require.Equal(t, entries, i.Entries, "its time has not come")
	i.EndPause(minute(120))
	require.Zero(t, i.RemindersPausedUntil)
	require.Equal(t, Entry{Seq: entries + 1, At: minute(120), Actor: Actor{Way: WayMuster}, Event: "reminders", Text: "Reminders come again"}, lastEntry(i))
	i.EndPause(minute(121))
	require.Equal(t, entries+1, i.Entries, "it ends once")
	require.Equal(t, []string{"reminders"}, events(Noted(i.Timeline, entries-1)), "people are told of the pause; that it is over they see by the reminders")
}

func TestAPauseThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]PauseReminders{
		"until: is empty; say when they come again, or off":                                                                                        {},
		"until: 09:30 UTC is past; choose a moment that lies ahead, or say off":                                                                    {Until: minute(30)},
		"until: 2026-11-01 09:00 UTC is past; choose a moment that lies ahead, or say off":                                                         {Until: monday.AddDate(0, 0, -29)},
		"until: 2026-12-30 09:31 UTC is more than 30 days away; choose one within 30 days; a follow-up that can wait longer gets another due date": {Until: minute(31).AddDate(0, 0, 30)},
		"off: cannot be asked for together with until; leave one of the two out":                                                                   {Until: minute(60), Off: true},
	} {
		c.Meta = alice
		p := refuse(t, declared(), c)
		require.EqualError(t, p, want)
		require.Equal(t, CodeInvalid, p.Code)
	}
	do(t, declared(), PauseReminders{Meta: alice, Until: minute(30).AddDate(0, 0, 30)})

	merged := incidentIn(t, StatusMerged)
	require.EqualError(t, refuse(t, merged, PauseReminders{Meta: alice, Until: minute(60)}), "status: INC-42 was merged and reminds of nothing; pause those of INC-7")
}

func TestAPauseIsWrittenInManyWays(t *testing.T) {
	t.Parallel()
	oslo := time.FixedZone("Oslo", 3600)
	now := time.Date(2026, 11, 30, 15, 30, 20, 0, oslo)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 12, day, hour, minute, 0, 0, oslo) }
	for text, want := range map[string]time.Time{
		"18:00":             at(0, 18, 0),
		"9:05":              at(1, 9, 5),
		"15:30":             at(1, 15, 30),
		"2026-12-02":        at(2, 0, 0),
		"2026-12-02 07:45":  at(2, 7, 45),
		" 2026-12-02  7:45": at(2, 7, 45),
		"90m":               now.Add(90 * time.Minute),
		"15min":             now.Add(15 * time.Minute),
		"8H":                now.Add(8 * time.Hour),
		"3d":                now.AddDate(0, 0, 3),
		"9999d":             now.AddDate(0, 0, 9999),
		"2w":                now.AddDate(0, 0, 14),
	} {
		c, err := ParsePause(text, now)
		require.NoError(t, err, text)
		require.True(t, c.Until.Equal(want), "%s is %s", text, c.Until)
		require.False(t, c.Off)
	}
	c, err := ParsePause(" OFF ", now)
	require.NoError(t, err)
	require.Equal(t, PauseReminders{Off: true}, c)
	for _, text := range []string{"", "soon", "25:00", "18:60", "18.00", "3y", "99999d", "2026-13-01", "yesterday", "off now"} {
		_, err := ParsePause(text, now)
		require.Equal(t, "until", problem(t, err).Field, text)
	}
}
