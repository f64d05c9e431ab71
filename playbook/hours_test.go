package playbook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestWhatAMomentIsForSomebody(t *testing.T) {
	t.Parallel()
	berlin := Calendar{Zone: "Europe/Berlin", Holidays: []string{"2026-12-25"}}
	kolkata := Calendar{Zone: "Asia/Kolkata", Days: []int{1, 2, 3, 4, 5}, Start: 10 * 60, End: 19 * 60}
	kathmandu := Calendar{Zone: "Asia/Kathmandu"}
	lordHowe := Calendar{Zone: "Australia/Lord_Howe"}
	nights := Calendar{Zone: "America/New_York", Days: []int{5}, Start: 22 * 60, End: 6 * 60}
	const night, off, working = "night", "off-hours", "working"
	for name, tc := range map[string]struct {
		calendar Calendar
		at       string
		local    string
		want     []string
	}{
		"a Monday at work":                  {berlin, "2026-11-30T10:00:00Z", "2026-11-30 11:00", []string{working}},
		"before work":                       {berlin, "2026-11-30T07:59:59Z", "2026-11-30 08:59", []string{off}},
		"as work begins":                    {berlin, "2026-11-30T08:00:00Z", "2026-11-30 09:00", []string{working}},
		"as work ends":                      {berlin, "2026-11-30T16:00:00Z", "2026-11-30 17:00", []string{off}},
		"the last minute of the evening":    {berlin, "2026-11-30T20:59:59Z", "2026-11-30 21:59", []string{off}},
		"as the night begins":               {berlin, "2026-11-30T21:00:00Z", "2026-11-30 22:00", []string{night, off}},
		"the night of another date in UTC":  {berlin, "2026-11-29T23:30:00Z", "2026-11-30 00:30", []string{night, off}},
		"the last minute of the night":      {berlin, "2026-11-30T04:59:59Z", "2026-11-30 05:59", []string{night, off}},
		"as the night ends":                 {berlin, "2026-11-30T05:00:00Z", "2026-11-30 06:00", []string{off}},
		"a Sunday at noon":                  {berlin, "2026-11-29T11:00:00Z", "2026-11-29 12:00", []string{off}},
		"a holiday at noon":                 {berlin, "2026-12-25T11:00:00Z", "2026-12-25 12:00", []string{off}},
		"before the clocks go forward":      {berlin, "2026-03-29T00:59:59Z", "2026-03-29 01:59", []string{night, off}},
		"after the clocks went forward":     {berlin, "2026-03-29T01:00:00Z", "2026-03-29 03:00", []string{night, off}},
		"a morning in winter":               {berlin, "2026-03-27T05:30:00Z", "2026-03-27 06:30", []string{off}},
		"the same hour of UTC in summer":    {berlin, "2026-03-30T03:30:00Z", "2026-03-30 05:30", []string{night, off}},
		"the hour that comes twice, first":  {berlin, "2026-10-25T00:30:00Z", "2026-10-25 02:30", []string{night, off}},
		"the hour that comes twice, second": {berlin, "2026-10-25T01:30:00Z", "2026-10-25 02:30", []string{night, off}},
		"half an hour beside":               {kolkata, "2026-11-30T16:29:59Z", "2026-11-30 21:59", []string{off}},
		"half an hour beside, at night":     {kolkata, "2026-11-30T16:30:00Z", "2026-11-30 22:00", []string{night, off}},
		"half an hour beside, at work":      {kolkata, "2026-11-30T04:30:00Z", "2026-11-30 10:00", []string{working}},
		"three quarters beside":             {kathmandu, "2026-11-30T16:15:00Z", "2026-11-30 22:00", []string{night, off}},
		"clocks that go half an hour back":  {lordHowe, "2026-04-04T15:15:00Z", "2026-04-05 01:45", []string{night, off}},
		"a night shift":                     {nights, "2026-11-28T05:00:00Z", "2026-11-28 00:00", []string{night, working}},
		"a night that is nobody's shift":    {nights, "2026-11-29T05:00:00Z", "2026-11-29 00:00", []string{night, off}},
		"no zone":                           {Calendar{}, "2026-11-30T03:00:00Z", "2026-11-30 03:00", []string{night, off}},
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		require.NoError(t, err)
		h := tc.calendar.HoursAt(at)
		var got []string
		if h.Night {
			got = append(got, night)
		}
		if h.OffHours {
			got = append(got, off)
		} else {
			got = append(got, working)
		}
		require.Equal(t, tc.want, got, name)
		require.Equal(t, tc.local, h.At.Format("2006-01-02 15:04"), name)
		require.True(t, h.At.Equal(at), name)
		require.Equal(t, tc.calendar.Location().String(), h.Zone, name)
	}
}

func TestNotificationsAreJudgedByThePersonsOwnCalendarAndOnce(t *testing.T) {
	t.Parallel()
	s := Slice{
		Calendar: Calendar{Zone: "Europe/Berlin"},
		People:   map[string]PersonPolicy{"bob@example.com": {Calendar: Calendar{Zone: "America/New_York"}}},
	}
	at := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	list := []incident.Woken{
		{ID: "1", Person: "alice@example.com", At: at},
		{ID: "2", Person: "Bob@Example.com", At: at},
		{ID: "3", Person: "Someone without an address", At: at.Add(10 * time.Hour)},
	}
	s.JudgeWoken(list)
	require.Equal(t, "2026-11-30T04:00:00+01:00", list[0].At.Format(time.RFC3339))
	require.Equal(t, []any{true, true, "Europe/Berlin"}, []any{list[0].Night, list[0].OffHours, list[0].Zone})
	require.Equal(t, "2026-11-29T22:00:00-05:00", list[1].At.Format(time.RFC3339), "it is Sunday there")
	require.Equal(t, []any{true, true, "America/New_York"}, []any{list[1].Night, list[1].OffHours, list[1].Zone})
	require.Equal(t, []any{false, false, "Europe/Berlin"}, []any{list[2].Night, list[2].OffHours, list[2].Zone})

	s.Calendar.Zone = "Asia/Tokyo"
	s.JudgeWoken(list)
	require.Equal(t, "Europe/Berlin", list[0].Zone, "what was judged stays so")
}
