package playbook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The weekday stands beside each date so that a reader can check the tables.
const layout = "Mon 2006-01-02 15:04 -0700"

func berlin() Calendar {
	c := DefaultCalendar()
	c.Name, c.Zone = "berlin", "Europe/Berlin"
	c.Holidays = []string{"2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01", "2027-03-26", "2027-03-29"}
	return c
}

func in(zone string) Calendar {
	c := DefaultCalendar()
	c.Zone = zone
	return c
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	m, err := time.Parse(layout, s)
	require.NoError(t, err)
	return m
}

func span(t *testing.T, s string) Span {
	t.Helper()
	sp, err := ParseSpan(s)
	require.NoError(t, err)
	return sp
}

func TestAddCountsBusinessDays(t *testing.T) {
	t.Parallel()
	lordHowe, kolkata, newYork := in("Australia/Lord_Howe"), in("Asia/Kolkata"), in("America/New_York")
	for name, c := range map[string]struct {
		cal              Calendar
		from, span, want string
	}{
		"within a week":                        {berlin(), "Mon 2026-11-23 11:30 +0100", "2bd", "Wed 2026-11-25 11:30 +0100"},
		"over a weekend":                       {berlin(), "Thu 2026-11-26 11:30 +0100", "3bd", "Tue 2026-12-01 11:30 +0100"},
		"over Christmas":                       {berlin(), "Wed 2026-12-23 11:30 +0100", "1bd", "Mon 2026-12-28 11:30 +0100"},
		"over Easter":                          {berlin(), "Thu 2027-03-25 11:30 +0100", "1bd", "Tue 2027-03-30 11:30 +0200"},
		"over New Year with a time":            {berlin(), "Wed 2026-12-30 16:00 +0100", "1bd 10:00", "Mon 2027-01-04 10:00 +0100"},
		"from a Saturday":                      {berlin(), "Sat 2026-11-21 11:30 +0100", "1bd", "Mon 2026-11-23 11:30 +0100"},
		"from a holiday":                       {berlin(), "Thu 2026-12-24 11:30 +0100", "2bd 10:00", "Tue 2026-12-29 10:00 +0100"},
		"from early in the morning":            {berlin(), "Mon 2026-11-23 03:00 +0100", "1bd", "Tue 2026-11-24 09:00 +0100"},
		"from late in the evening":             {berlin(), "Mon 2026-11-23 23:00 +0100", "1bd", "Tue 2026-11-24 17:00 +0100"},
		"in another zone's evening":            {berlin(), "Sun 2026-11-22 23:30 +0000", "1bd", "Tue 2026-11-24 09:00 +0100"},
		"exactly":                              {berlin(), "Fri 2026-11-20 16:00 +0100", "4h", "Fri 2026-11-20 20:00 +0100"},
		"exact days over a clock change":       {berlin(), "Sat 2026-10-24 12:00 +0200", "1d", "Sun 2026-10-25 11:00 +0100"},
		"business days over the change back":   {berlin(), "Fri 2026-10-23 11:00 +0200", "1bd", "Mon 2026-10-26 11:00 +0100"},
		"business days over the change ahead":  {berlin(), "Fri 2027-03-19 11:00 +0100", "6bd", "Wed 2027-03-31 11:00 +0200"},
		"New York changes back":                {newYork, "Fri 2026-10-30 10:00 -0400", "1bd 10:00", "Mon 2026-11-02 10:00 -0500"},
		"New York changes ahead":               {newYork, "Fri 2027-03-12 10:00 -0500", "1bd", "Mon 2027-03-15 10:00 -0400"},
		"Kolkata is half an hour off":          {kolkata, "Fri 2026-11-20 16:30 +0530", "1bd", "Mon 2026-11-23 16:30 +0530"},
		"Kolkata's Monday begins on a Sunday":  {kolkata, "Sun 2026-11-22 20:00 +0000", "1bd 10:00", "Tue 2026-11-24 10:00 +0530"},
		"Lord Howe changes by half an hour":    {lordHowe, "Fri 2026-10-02 10:00 +1030", "1bd", "Mon 2026-10-05 10:00 +1100"},
		"Lord Howe changes back":               {lordHowe, "Fri 2027-04-02 10:00 +1100", "1bd", "Mon 2027-04-05 10:00 +1030"},
		"today's time is still to come":        {berlin(), "Mon 2026-11-23 08:00 +0100", "0bd 10:00", "Mon 2026-11-23 10:00 +0100"},
		"today's time is now":                  {berlin(), "Mon 2026-11-23 10:00 +0100", "0bd 10:00", "Mon 2026-11-23 10:00 +0100"},
		"today's time is over":                 {berlin(), "Fri 2026-11-27 10:01 +0100", "0bd 10:00", "Mon 2026-11-30 10:00 +0100"},
		"today is no business day":             {berlin(), "Sun 2026-11-22 08:00 +0100", "0bd 10:00", "Mon 2026-11-23 10:00 +0100"},
		"no business days while people work":   {berlin(), "Mon 2026-11-23 11:11 +0100", "0bd", "Mon 2026-11-23 11:11 +0100"},
		"no business days while people do not": {berlin(), "Fri 2026-11-27 17:00 +0100", "0bd", "Mon 2026-11-30 09:00 +0100"},
		"a time of day outside of hours stays": {berlin(), "Mon 2026-11-23 11:00 +0100", "1bd 20:00", "Tue 2026-11-24 20:00 +0100"},
		"no time":                              {berlin(), "Sat 2026-11-21 11:00 +0100", "0s", "Sat 2026-11-21 11:00 +0100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.cal.Add(moment(t, c.from), span(t, c.span))
			require.Equal(t, c.want, got.Format(layout))
		})
	}
}

func TestSubCountsBackwards(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cal              Calendar
		from, span, want string
	}{
		"the day before":                {berlin(), "Thu 2026-11-26 10:00 +0100", "1bd", "Wed 2026-11-25 10:00 +0100"},
		"over a weekend":                {berlin(), "Mon 2026-11-30 10:00 +0100", "1bd", "Fri 2026-11-27 10:00 +0100"},
		"over Christmas":                {berlin(), "Mon 2026-12-28 10:00 +0100", "1bd 09:30", "Wed 2026-12-23 09:30 +0100"},
		"from a Sunday":                 {berlin(), "Sun 2026-11-29 10:00 +0100", "1bd", "Fri 2026-11-27 10:00 +0100"},
		"exactly":                       {berlin(), "Thu 2026-11-26 10:00 +0100", "1h", "Thu 2026-11-26 09:00 +0100"},
		"over the change back":          {berlin(), "Mon 2026-10-26 10:00 +0100", "1bd", "Fri 2026-10-23 10:00 +0200"},
		"over the change ahead":         {berlin(), "Tue 2027-03-30 10:00 +0200", "1bd", "Thu 2027-03-25 10:00 +0100"},
		"from late in the evening":      {berlin(), "Thu 2026-11-26 22:00 +0100", "1bd", "Wed 2026-11-25 17:00 +0100"},
		"the same day at a time":        {berlin(), "Thu 2026-11-26 12:00 +0100", "0bd 09:00", "Thu 2026-11-26 09:00 +0100"},
		"that time is not yet":          {berlin(), "Mon 2026-11-30 08:00 +0100", "0bd 09:00", "Fri 2026-11-27 09:00 +0100"},
		"none while people work":        {berlin(), "Mon 2026-11-30 11:00 +0100", "0bd", "Mon 2026-11-30 11:00 +0100"},
		"none before people work":       {berlin(), "Mon 2026-11-30 08:00 +0100", "0bd", "Fri 2026-11-27 17:00 +0100"},
		"none after people have worked": {berlin(), "Mon 2026-11-30 20:00 +0100", "0bd", "Mon 2026-11-30 17:00 +0100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.cal.Sub(moment(t, c.from), span(t, c.span))
			require.Equal(t, c.want, got.Format(layout))
		})
	}
}

func TestWorkingHours(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at            string
		working       bool
		next, morning string
	}{
		"in the middle":      {"Mon 2026-11-23 11:00 +0100", true, "Mon 2026-11-23 11:00 +0100", "Tue 2026-11-24 09:00 +0100"},
		"at the start":       {"Mon 2026-11-23 09:00 +0100", true, "Mon 2026-11-23 09:00 +0100", "Tue 2026-11-24 09:00 +0100"},
		"before the start":   {"Mon 2026-11-23 08:59 +0100", false, "Mon 2026-11-23 09:00 +0100", "Mon 2026-11-23 09:00 +0100"},
		"at the end":         {"Mon 2026-11-23 17:00 +0100", false, "Tue 2026-11-24 09:00 +0100", "Tue 2026-11-24 09:00 +0100"},
		"Friday evening":     {"Fri 2026-11-27 18:00 +0100", false, "Mon 2026-11-30 09:00 +0100", "Mon 2026-11-30 09:00 +0100"},
		"Christmas Eve":      {"Thu 2026-12-24 11:00 +0100", false, "Mon 2026-12-28 09:00 +0100", "Mon 2026-12-28 09:00 +0100"},
		"the clocks go back": {"Sun 2026-10-25 02:30 +0100", false, "Mon 2026-10-26 09:00 +0100", "Mon 2026-10-26 09:00 +0100"},
		"seen from UTC":      {"Mon 2026-11-23 08:30 +0000", true, "Mon 2026-11-23 09:30 +0100", "Tue 2026-11-24 09:00 +0100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := moment(t, c.at)
			require.Equal(t, c.working, berlin().Working(at))
			require.Equal(t, c.next, berlin().NextWorking(at).Format(layout))
			require.Equal(t, c.morning, berlin().NextMorning(at).Format(layout))
		})
	}
	require.True(t, berlin().IsWorkday(moment(t, "Mon 2026-11-23 23:00 +0100")))
	require.False(t, berlin().IsWorkday(moment(t, "Thu 2026-12-24 11:00 +0100")))
	require.False(t, berlin().IsWorkday(moment(t, "Sun 2026-11-22 12:00 +0100")))
}

func TestTimesThatClocksSkipOrShowTwice(t *testing.T) {
	t.Parallel()
	everyDay := Calendar{Zone: "Europe/Berlin", Days: []int{0, 1, 2, 3, 4, 5, 6}, Start: 0, End: minutesInDay}
	skipped := everyDay.Add(moment(t, "Sat 2027-03-27 12:00 +0100"), span(t, "1bd 02:30"))
	require.Equal(t, "Sun 2027-03-28 03:00 +0200", skipped.Format(layout), "02:30 does not exist")
	twice := everyDay.Add(moment(t, "Sat 2026-10-24 12:00 +0200"), span(t, "1bd 02:30"))
	require.Equal(t, "Sun 2026-10-25 02:30 +0200", twice.Format(layout), "the first of the two")
	second := everyDay.Add(moment(t, "Sun 2026-10-25 02:10 +0100"), span(t, "0bd 02:30"))
	require.Equal(t, "Sun 2026-10-25 02:30 +0100", second.Format(layout), "the first is over")

	halfHour := everyDay
	halfHour.Zone = "Australia/Lord_Howe"
	skipped = halfHour.Add(moment(t, "Sat 2026-10-03 12:00 +1030"), span(t, "1bd 02:15"))
	require.Equal(t, "Sun 2026-10-04 02:30 +1100", skipped.Format(layout))

	// Samoa had no 30 December 2011, a Friday.
	samoa := in("Pacific/Apia")
	require.Equal(t, "Mon 2012-01-02 09:00 +1400", samoa.NextMorning(moment(t, "Thu 2011-12-29 20:00 -1000")).Format(layout))
	// Cairo skips midnight itself.
	cairo := Calendar{Zone: "Africa/Cairo", Days: []int{5}, Start: 0, End: minutesInDay}
	require.Equal(t, "Fri 2026-04-24 01:00 +0300", cairo.NextMorning(moment(t, "Thu 2026-04-23 20:00 +0200")).Format(layout))
}

func TestBrokenCalendarsStillAnswer(t *testing.T) {
	t.Parallel()
	at := moment(t, "Sat 2026-11-21 12:00 +0000")
	require.Equal(t, "Mon 2026-11-23 09:00 +0000", Calendar{}.NextWorking(at).Format(layout), "the zero calendar works by default")
	require.Equal(t, "Mon 2026-11-23 09:00 +0000", Calendar{Zone: "Mars/Base", Days: []int{9}, Start: 600, End: 600}.NextWorking(at).Format(layout))

	always := in("UTC")
	for d := range 1000 {
		always.Holidays = append(always.Holidays, at.AddDate(0, 0, d-500).Format(time.DateOnly))
	}
	require.Equal(t, "Mon 2026-11-23 09:00 +0000", always.NextMorning(at).Format(layout), "holidays without end are ignored")
	require.Equal(t, "Wed 2026-11-25 12:00 +0000", always.Add(at, BusinessDays(3)).Format(layout))
	require.Equal(t, "Thu 2026-11-19 12:00 +0000", always.Sub(at, BusinessDays(2)).Format(layout))
}

func TestValidateNamesTheMend(t *testing.T) {
	t.Parallel()
	require.NoError(t, berlin().Validate())
	require.NoError(t, Calendar{}.Validate())
	for says, c := range map[string]Calendar{
		"is no time zone":             {Zone: "Mars/Base"},
		"from machine to machine":     {Zone: "Local"},
		"no weekday":                  {Days: []int{7}},
		"another end":                 {Start: 540, End: 540},
		"write it like 2026-12-25":    {Holidays: []string{"25.12.2026"}},
		"write them like 09:00-17:00": {Start: 540, End: 1500},
	} {
		require.ErrorContains(t, c.Validate(), says)
	}
	require.Equal(t, time.UTC, Calendar{Zone: "Mars/Base"}.Location())
	require.Equal(t, "Europe/Berlin", berlin().Location().String())
}

func FuzzCalendarsKeepTheirPromises(f *testing.F) {
	f.Add(int64(1792888200), uint8(0), uint8(62), 540, 1020, 3, 600, int64(86400))
	f.Add(int64(1806283800), uint8(1), uint8(127), 0, 1440, 0, 150, int64(0))
	f.Add(int64(1325200000), uint8(4), uint8(62), 540, 1020, 1, -1, int64(5))
	f.Add(int64(1777000000), uint8(5), uint8(32), 0, 60, 2, 30, int64(9))
	f.Add(int64(1791000000), uint8(3), uint8(1), 120, 150, 0, 130, int64(2000000000))
	f.Add(int64(1792888200), uint8(0), uint8(62), 1320, 360, 3, 150, int64(86400))
	f.Add(int64(1806197400), uint8(0), uint8(127), 1320, 150, 0, 150, int64(3))
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo", "UTC", "Mars/Base"}
	f.Fuzz(func(t *testing.T, unix int64, zone, days uint8, start, end, n, at int, seed int64) {
		now := time.Unix(unix%4_000_000_000, seed%1_000_000_000).UTC()
		c := Calendar{Zone: zones[int(zone)%len(zones)], Start: start, End: end}
		for d := range 7 {
			if days&(1<<d) != 0 {
				c.Days = append(c.Days, d)
			}
		}
		for i := range 10 { // a few holidays around now
			c.Holidays = append(c.Holidays, now.AddDate(0, 0, int(seed>>i)%30).Format(time.DateOnly))
		}
		next := c.NextWorking(now)
		require.False(t, next.Before(now))
		require.True(t, c.Working(next), "%v at %s is not working in %+v", next, now, c)
		require.True(t, c.NextMorning(now).After(now))
		for _, s := range []Span{{BusinessDays: n, At: at}, {BusinessDays: n % 50, At: -1}, {At: at}, Exactly(time.Duration(seed % int64(maxExact)).Abs())} {
			after, before := c.Add(now, s), c.Sub(now, s)
			require.False(t, after.Before(now), "%v after %s is %s in %+v", s, now, after, c)
			require.False(t, before.After(now), "%v before %s is %s in %+v", s, now, before, c)
		}
	})
}
