package playbook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// nights works Monday to Friday from 22:00 to 06:00 in Berlin; the hours after midnight belong to the
// evening before.
func nights() Calendar {
	c := berlin()
	c.Start, c.End = 22*60, 6*60
	return c
}

func TestHoursOverMidnight(t *testing.T) {
	t.Parallel()
	require.NoError(t, nights().Validate())
	for name, c := range map[string]struct {
		at            string
		working       bool
		next, morning string
	}{
		"in the evening":                  {"Mon 2026-11-23 23:00 +0100", true, "Mon 2026-11-23 23:00 +0100", "Tue 2026-11-24 22:00 +0100"},
		"at the start":                    {"Mon 2026-11-23 22:00 +0100", true, "Mon 2026-11-23 22:00 +0100", "Tue 2026-11-24 22:00 +0100"},
		"before the start":                {"Mon 2026-11-23 21:59 +0100", false, "Mon 2026-11-23 22:00 +0100", "Mon 2026-11-23 22:00 +0100"},
		"at midnight":                     {"Tue 2026-11-24 00:00 +0100", true, "Tue 2026-11-24 00:00 +0100", "Tue 2026-11-24 22:00 +0100"},
		"in the small hours":              {"Tue 2026-11-24 05:59 +0100", true, "Tue 2026-11-24 05:59 +0100", "Tue 2026-11-24 22:00 +0100"},
		"at the end":                      {"Tue 2026-11-24 06:00 +0100", false, "Tue 2026-11-24 22:00 +0100", "Tue 2026-11-24 22:00 +0100"},
		"at noon":                         {"Tue 2026-11-24 12:00 +0100", false, "Tue 2026-11-24 22:00 +0100", "Tue 2026-11-24 22:00 +0100"},
		"Saturday belongs to Friday":      {"Sat 2026-11-28 03:00 +0100", true, "Sat 2026-11-28 03:00 +0100", "Mon 2026-11-30 22:00 +0100"},
		"Saturday evening":                {"Sat 2026-11-28 23:00 +0100", false, "Mon 2026-11-30 22:00 +0100", "Mon 2026-11-30 22:00 +0100"},
		"Monday's small hours are nobody": {"Mon 2026-11-30 03:00 +0100", false, "Mon 2026-11-30 22:00 +0100", "Mon 2026-11-30 22:00 +0100"},
		"Christmas Eve's small hours":     {"Thu 2026-12-24 03:00 +0100", true, "Thu 2026-12-24 03:00 +0100", "Mon 2026-12-28 22:00 +0100"},
		"Christmas Eve":                   {"Thu 2026-12-24 23:00 +0100", false, "Mon 2026-12-28 22:00 +0100", "Mon 2026-12-28 22:00 +0100"},
		"the night after New Year":        {"Sat 2027-01-02 03:00 +0100", false, "Mon 2027-01-04 22:00 +0100", "Mon 2027-01-04 22:00 +0100"},
		"seen from UTC":                   {"Tue 2026-11-24 04:00 +0000", true, "Tue 2026-11-24 05:00 +0100", "Tue 2026-11-24 22:00 +0100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := moment(t, c.at)
			require.Equal(t, c.working, nights().Working(at))
			require.Equal(t, c.next, nights().NextWorking(at).Format(layout))
			require.Equal(t, c.morning, nights().NextMorning(at).Format(layout))
		})
	}
	require.True(t, nights().IsWorkday(moment(t, "Sat 2026-11-28 03:00 +0100")), "it is Friday's night")
	require.False(t, nights().IsWorkday(moment(t, "Sat 2026-11-28 07:00 +0100")))
}

func TestBusinessDaysOfNights(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, span, want string }{
		"from an evening":                   {"Mon 2026-11-23 23:00 +0100", "1bd", "Tue 2026-11-24 23:00 +0100"},
		"from the small hours":              {"Tue 2026-11-24 03:00 +0100", "1bd", "Wed 2026-11-25 03:00 +0100"},
		"from Friday's night":               {"Sat 2026-11-28 03:00 +0100", "1bd", "Tue 2026-12-01 03:00 +0100"},
		"from a weekend":                    {"Sun 2026-11-29 03:00 +0100", "1bd", "Mon 2026-11-30 22:00 +0100"},
		"from the day":                      {"Tue 2026-11-24 12:00 +0100", "1bd", "Wed 2026-11-25 22:00 +0100"},
		"over Christmas":                    {"Thu 2026-12-24 03:00 +0100", "1bd", "Tue 2026-12-29 03:00 +0100"},
		"at a time in the evening":          {"Mon 2026-11-23 23:30 +0100", "1bd 22:30", "Tue 2026-11-24 22:30 +0100"},
		"at a time in the small hours":      {"Mon 2026-11-23 23:30 +0100", "1bd 02:00", "Wed 2026-11-25 02:00 +0100"},
		"at a time of the day":              {"Mon 2026-11-23 23:30 +0100", "1bd 10:00", "Tue 2026-11-24 10:00 +0100"},
		"tonight's time is still to come":   {"Mon 2026-11-23 23:30 +0100", "0bd 02:00", "Tue 2026-11-24 02:00 +0100"},
		"tonight's time is over":            {"Tue 2026-11-24 02:01 +0100", "0bd 02:00", "Wed 2026-11-25 02:00 +0100"},
		"none while people work":            {"Tue 2026-11-24 02:01 +0100", "0bd", "Tue 2026-11-24 02:01 +0100"},
		"none while they do not":            {"Sat 2026-11-28 06:00 +0100", "0bd", "Mon 2026-11-30 22:00 +0100"},
		"over the change back, at midnight": {"Fri 2026-10-23 23:30 +0200", "1bd", "Mon 2026-10-26 23:30 +0100"},
		"over the change ahead":             {"Thu 2027-03-25 23:30 +0100", "1bd", "Tue 2027-03-30 23:30 +0200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, nights().Add(moment(t, c.from), span(t, c.span)).Format(layout))
		})
	}
	for name, c := range map[string]struct{ from, span, want string }{
		"from the small hours":        {"Wed 2026-11-25 03:00 +0100", "1bd", "Tue 2026-11-24 03:00 +0100"},
		"from Monday evening":         {"Mon 2026-11-30 23:00 +0100", "1bd", "Fri 2026-11-27 23:00 +0100"},
		"from Monday's small hours":   {"Mon 2026-11-30 03:00 +0100", "1bd", "Fri 2026-11-27 22:00 +0100"},
		"none before people work":     {"Mon 2026-11-30 12:00 +0100", "0bd", "Sat 2026-11-28 06:00 +0100"},
		"none while they work":        {"Tue 2026-12-01 03:00 +0100", "0bd", "Tue 2026-12-01 03:00 +0100"},
		"at a time in the same night": {"Tue 2026-12-01 03:00 +0100", "0bd 23:00", "Mon 2026-11-30 23:00 +0100"},
		"over Christmas":              {"Mon 2026-12-28 23:00 +0100", "1bd", "Wed 2026-12-23 23:00 +0100"},
	} {
		t.Run("back "+name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, nights().Sub(moment(t, c.from), span(t, c.span)).Format(layout))
		})
	}
}

// Clocks change in the night, so night shifts are where they hurt.
func TestNightsInWhichClocksChange(t *testing.T) {
	t.Parallel()
	c := nights()
	c.Days = []int{0, 1, 2, 3, 4, 5, 6}
	back := moment(t, "Sat 2026-10-24 22:00 +0200")
	for hour := range 9 { // 02:00 comes twice, so that the night is an hour longer
		require.True(t, c.Working(back.Add(time.Duration(hour)*time.Hour)), "hour %d", hour)
	}
	require.False(t, c.Working(back.Add(9*time.Hour)))
	require.Equal(t, "Sun 2026-10-25 02:30 +0200", c.Add(moment(t, "Fri 2026-10-23 23:00 +0200"), span(t, "1bd 02:30")).Format(layout), "the first of the two")
	require.Equal(t, "Sun 2026-10-25 02:30 +0100", c.Add(moment(t, "Sun 2026-10-25 02:15 +0100"), span(t, "0bd 02:30")).Format(layout), "the second, the first is over")

	ahead := moment(t, "Sat 2027-03-27 22:00 +0100")
	for hour := range 7 { // 02:00 does not come
		require.True(t, c.Working(ahead.Add(time.Duration(hour)*time.Hour)), "hour %d", hour)
	}
	require.False(t, c.Working(ahead.Add(7*time.Hour)))
	require.Equal(t, "Sun 2027-03-28 03:00 +0200", c.Add(moment(t, "Fri 2027-03-26 23:00 +0100"), span(t, "1bd 02:30")).Format(layout), "02:30 does not exist")
}

func TestFixedZonesAreRefused(t *testing.T) {
	t.Parallel()
	for zone, place := range map[string]string{
		"EST": "America/New_York", "est": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu", "GMT": "Europe/London",
		"Etc/GMT+5": "five hours behind", "Etc/GMT-1": "Europe/London", "Zulu": "UTC if you mean it", "Etc/UCT": "UTC", "GMT0": "UTC", "Greenwich": "UTC",
	} {
		err := Calendar{Zone: zone}.Validate()
		require.ErrorContains(t, err, "knows no summer time", zone)
		require.ErrorContains(t, err, place, zone)
	}
	for _, zone := range []string{"UTC", "Etc/UTC", "America/New_York", "America/Phoenix", "Asia/Kolkata", "Japan", "CET", ""} {
		require.NoError(t, Calendar{Zone: zone}.Validate(), zone)
	}
}
