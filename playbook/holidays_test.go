package playbook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHolidaysAreWrittenOut(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)
	for country, days := range map[string][]string{
		"de":    {"2025-12-25", "2026-10-03", "2027-03-29", "2031-01-01"},
		"us":    {"2026-07-03", "2026-11-26", "2027-12-31"}, // New Year 2028 is made up for the year before
		"gb":    {"2026-12-25", "2026-12-28"},
		"ch":    {"2026-08-01"},
		"ch-zh": {"2027-05-01"},
		"au":    {"2027-01-26"},
		"fr":    {"2026-07-14"},
		"nl":    {"2027-04-27", "2030-05-05"},
	} {
		got := datesOf(t, country, today)
		for _, d := range days {
			require.Contains(t, got, d, country)
		}
		require.IsNonDecreasing(t, got)
		require.GreaterOrEqual(t, got[0], "2025-01-01")
		require.LessOrEqual(t, got[len(got)-1], "2031-12-31")
	}
	for _, c := range Countries() {
		got := datesOf(t, c, today)
		require.Greater(t, len(got), 7*3, c)
		require.Less(t, len(got), 7*32, c)
	}
	_, ok := HolidaysOf("in", today)
	require.False(t, ok)
}

func datesOf(t *testing.T, country string, now time.Time) (out []string) {
	t.Helper()
	list, ok := HolidaysOf(country, now)
	require.True(t, ok, country)
	for _, h := range list {
		require.NotEmpty(t, h.Name)
		out = append(out, h.Date)
	}
	return out
}
