package incident

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// afternoon is a Monday in Oslo.
var afternoon = time.Date(2026, 11, 30, 15, 30, 20, 0, time.FixedZone("CET", 3600))

func TestATimeOfThePastIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"14:05":                     "2026-11-30 14:05:00",
		"15:30":                     "2026-11-30 15:30:00",
		"15:31":                     "2026-11-29 15:31:00", // today's is still to come
		"9:05":                      "2026-11-30 09:05:00",
		"14:05:30":                  "2026-11-30 14:05:30",
		"today 14:05":               "2026-11-30 14:05:00",
		"Yesterday 14:05":           "2026-11-29 14:05:00",
		"yesterday at 23:59":        "2026-11-29 23:59:00",
		"fri 14:05":                 "2026-11-27 14:05:00",
		"sunday 9:00":               "2026-11-29 09:00:00",
		"mon 14:05":                 "2026-11-30 14:05:00", // today, since it has passed
		"monday 16:00":              "2026-11-23 16:00:00",
		" 2026-11-29   14:05 ":      "2026-11-29 14:05:00",
		"2026-11-29T14:05":          "2026-11-29 14:05:00",
		"2026-11-29 14:05:07":       "2026-11-29 14:05:07",
		"2026-11-29t13:05:00z":      "2026-11-29 14:05:00",
		"2026-11-29T08:05:00-05:00": "2026-11-29 14:05:00",
		"2h ago":                    "2026-11-30 13:30:20",
		"2h":                        "2026-11-30 13:30:20",
		"1h30m ago":                 "2026-11-30 14:00:20",
		"20 minutes ago":            "2026-11-30 15:10:20",
		"1 hour ago":                "2026-11-30 14:30:20",
		"3 days ago":                "2026-11-27 15:30:20",
		"2 weeks ago":               "2026-11-16 15:30:20",
		"now":                       "2026-11-30 15:30:20",
		"23:00":                     "2026-11-29 23:00:00",
	} {
		at, err := ParsePast("started_at", text, afternoon)
		require.NoError(t, err, text)
		require.Equal(t, want, at.In(afternoon.Location()).Format("2006-01-02 15:04:05"), text)
		require.Equal(t, time.UTC, at.Location(), "what is kept does not depend on who wrote it")
	}
}

func TestWhatIsNoTimeOfThePast(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "soon", "25:00", "14:60", "14.05", "tomorrow", "tomorrow 14:05", "yesterday", "fri", "2026-11-29", "2026-13-01 14:05", "2026-02-30 14:05",
		"3y ago", "ago", "-2h", "2h from now", "someday 14:05", "14:05 yesterday", "2026-11-29T14:05:00", "\x00", "١٤:٠٥",
	} {
		if text == "2026-11-29T14:05:00" { // without a zone it is that of whoever writes it
			at, err := ParsePast("started_at", text, afternoon)
			require.NoError(t, err)
			require.Equal(t, 13, at.Hour())
			continue
		}
		_, err := ParsePast("started_at", text, afternoon)
		p := problem(t, err)
		require.Equal(t, "started_at", p.Field, text)
		require.Contains(t, p.Mend, "yesterday 14:05", text)
	}
	for text, says := range map[string]string{
		"0001-01-01T00:00:00Z": "0001-01-01T00:00:00Z is too long ago", "1999-12-31 12:00": "is too long ago", "9999w ago": "is too long ago",
	} {
		_, err := ParsePast("started_at", text, afternoon)
		require.Contains(t, problem(t, err).Reason, says, text)
	}
}

// The clocks go back at 03:00 and forward at 02:00: a day is as long as it is where people live.
func TestATimeOfDayKeepsItsHourOverAChangeOfTheClocks(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("this machine has no time zones")
	}
	for text, c := range map[string]struct{ now, want time.Time }{
		"yesterday 14:05": {time.Date(2026, 10, 25, 12, 0, 0, 0, berlin), time.Date(2026, 10, 24, 12, 5, 0, 0, time.UTC)},
		"1d ago":          {time.Date(2026, 10, 25, 12, 0, 0, 0, berlin), time.Date(2026, 10, 24, 10, 0, 0, 0, time.UTC)},
		"24h ago":         {time.Date(2026, 10, 25, 12, 0, 0, 0, berlin), time.Date(2026, 10, 24, 11, 0, 0, 0, time.UTC)},
		"sat 14:05":       {time.Date(2026, 3, 29, 12, 0, 0, 0, berlin), time.Date(2026, 3, 28, 13, 5, 0, 0, time.UTC)},
	} {
		at, err := ParsePast("", text, c.now)
		require.NoError(t, err, text)
		require.True(t, c.want.Equal(at), "%s is %s", text, at)
	}
}

func TestAPauseKnowsTheSameWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"tomorrow 9:00": "2026-12-01 09:00", "fri 18:00": "2026-12-04 18:00", "mon 18:00": "2026-12-07 18:00", "2026-12-01T08:00:00+01:00": "2026-12-01 08:00",
		"2 hours": "2026-11-30 17:30", "1h30m": "2026-11-30 17:00", "today 18:00": "2026-11-30 18:00",
	} {
		p, err := ParsePause(text, afternoon)
		require.NoError(t, err, text)
		require.Equal(t, want, p.Until.In(afternoon.Location()).Format("2006-01-02 15:04"), text)
	}
	_, err := ParseDue("0h", afternoon)
	require.Error(t, err, "no hours are no day")
}

func FuzzParsePast(f *testing.F) {
	for _, text := range []string{"14:05", "yesterday 14:05", "fri at 9:00", "2026-11-29 14:05", "2026-11-29T14:05:00Z", "2h ago", "1h30m", "9999w ago", "0001-01-01 00:00", "now", "t", " ", "at 14:05"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ParsePast("started_at", text, afternoon)
		if err != nil {
			require.NotEmpty(t, problem(t, err).Mend)
			return
		}
		require.False(t, at.Before(earliest), "%q is %s", text, at)
		again, err := ParsePast("started_at", at.Format(time.RFC3339Nano), afternoon)
		require.NoError(t, err)
		require.True(t, again.Equal(at))
	})
}
