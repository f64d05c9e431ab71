package reports_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/archive/reports"
	"muster/playbook/zone"
)

var now = time.Date(2026, 3, 18, 15, 4, 5, 0, time.UTC)

func ask(t *testing.T, name, since, until, by string) reports.Ask {
	t.Helper()
	a, err := reports.New(name, since, until, by, reports.Viewer{All: true}, now, nil)
	require.NoError(t, err)
	return a
}

func TestASpanIsReadAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	berlin, err := zone.Load("Europe/Berlin")
	require.NoError(t, err)
	for _, c := range []struct{ since, until, from, to string }{
		{"", "", "2025-12-18T16:04:05+01:00", "2026-03-18T16:04:05+01:00"},
		{"7d", "1d", "2026-03-11T16:04:05+01:00", "2026-03-17T16:04:05+01:00"},
		{"2w", "", "2026-03-04T16:04:05+01:00", "2026-03-18T16:04:05+01:00"},
		{"2mo", "36h", "2026-01-18T16:04:05+01:00", "2026-03-17T04:04:05+01:00"},
		{"1y", "", "2025-03-18T16:04:05+01:00", "2026-03-18T16:04:05+01:00"},
		{"2026-02", "2026-02", "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"},
		{"2026-03-01", "2026-03-01", "2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00"},
		{"2026-03-01T10:00:00z", "", "2026-03-01T11:00:00+01:00", "2026-03-18T16:04:05+01:00"},
	} {
		a, err := reports.New("counts", c.since, c.until, "", reports.Viewer{}, now, berlin)
		require.NoError(t, err, c)
		require.Equal(t, []string{c.from, c.to}, []string{a.Since.In(berlin).Format(time.RFC3339), a.Until.In(berlin).Format(time.RFC3339)}, c)
		require.Equal(t, "week", a.By)
	}
}

func TestAQuestionThatIsNoneIsRefusedWithItsMend(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, since, until, by, want string }{
		{"mttr", "", "", "", `report: "mttr" is no report; write nights, offhours, counts, muster, follow-ups, overdue, repeats or learnings`},
		{"nights", "", "", "moon", `by: nights cannot be by "moon"; write person, service or week`},
		{"nights", "yesterday", "", "", `since: "yesterday" is no time; write it like 90d`},
		{"nights", "", "2026-13", "", `until: "2026-13" is no time`},
		{"nights", "2026-03-10", "2026-03-09", "", "since: 2026-03-10 00:00:00 is not before 2026-03-10 00:00:00"},
		{"nights", "99999d", "", "", "since: is too long ago; ask for 20 years at most"},
		{"nights", "0001-01-01", "", "", "since: is too long ago"},
	} {
		_, err := reports.New(c.name, c.since, c.until, c.by, reports.Viewer{}, now, nil)
		require.ErrorContains(t, err, c.want)
	}
	for _, s := range reports.Specs() {
		a, err := reports.New(" "+string(s.Name)+" ", "", "", "", reports.Viewer{}, now, nil)
		require.NoError(t, err)
		require.Equal(t, s.By[0], a.By)
	}
}

func TestAReportIsATableJSONAndCSVAlike(t *testing.T) {
	t.Parallel()
	r := reports.OverdueOf(ask(t, "overdue", "", "", ""), []reports.FollowUp{
		{Incident: 3, Number: 1, Title: `=HYPERLINK("http://evil.example.com","x")`, Status: "accepted", Due: "2026-03-10", Services: []string{"a,b"}},
		{Incident: 2, Number: 1, Title: "+1 \"quoted\"", Owner: "@ada", Status: "accepted", Due: "2026-03-01", URL: "https://example.com"},
		{Incident: 2, Number: 2, Title: "today", Status: "accepted", Due: "2026-03-18"},
	})
	require.Equal(t, [][]string{
		{"OWNER", "FOLLOW UP", "DUE", "DAYS LATE", "TITLE", "SERVICES", "LINK"},
		{"(nobody)", "INC-3/1", "2026-03-10", "8", `=HYPERLINK("http://evil.example.com","x")`, "a,b", "-"},
		{"@ada", "INC-2/1", "2026-03-01", "17", `+1 "quoted"`, "-", "https://example.com"},
	}, r.Words())
	var b bytes.Buffer
	require.NoError(t, r.CSV(&b))
	require.Equal(t, "owner,follow_up,due,days_late,title,services,link\r\n"+
		"(nobody),INC-3/1,2026-03-10,8,\"'=HYPERLINK(\"\"http://evil.example.com\"\",\"\"x\"\")\",\"a,b\",\r\n"+
		"'@ada,INC-2/1,2026-03-01,17,\"'+1 \"\"quoted\"\"\",,https://example.com\r\n", b.String())
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"rows":[{"owner":"(nobody)","follow_up":"INC-3/1","due":"2026-03-10","days_late":8,`)
	require.Contains(t, string(raw), `"report":"overdue","answers":"Which follow-ups are overdue","by":"owner","since":"2025-12-18T15:04:05Z","until":"2026-03-18T15:04:05Z","zone":"UTC"`)
	require.Contains(t, string(raw), `"services":null`)
}

func TestASpanOfTimeIsSecondsForMachinesAndShortForPeople(t *testing.T) {
	t.Parallel()
	at := now.AddDate(0, 0, -1)
	r := reports.MusterOf(ask(t, "muster", "", "", ""), []reports.Declared{
		{Number: 1, Kind: "incident", Severity: 1, At: at, Mustered: at.Add(250 * time.Second), Required: true},
	})
	require.Equal(t, []string{"sev1", "1", "0", "4m 10s", "4m 10s", "INC-1"}, r.Words()[1])
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(raw), `"median_seconds":250,"worst_seconds":250`)
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", time.Hour: "1h 0m", 47*time.Hour + 59*time.Minute: "47h 59m", 50 * time.Hour: "2d 2h",
	} {
		require.Equal(t, want, reports.Short(d))
	}
}

func TestASparklineShowsWhatIsNotNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, "▁▂▄█", reports.Sparkline([]int{0, 1, 40, 100}))
	require.Equal(t, "▁▁", reports.Sparkline([]int{0, 0}))
	require.Equal(t, "█▁█", reports.Sparkline([]int{1, 0, 1}))
	require.Empty(t, reports.Sparkline(nil))
}

func TestWeeksBeginInTheZoneOfTheQuestion(t *testing.T) {
	t.Parallel()
	tokyo, err := zone.Load("Asia/Tokyo")
	require.NoError(t, err)
	sunday := time.Date(2026, 3, 15, 16, 0, 0, 0, time.UTC) // Monday 01:00 in Tokyo
	all := []reports.Declared{{Number: 1, Kind: "incident", Severity: 2, At: sunday}}
	for zone, want := range map[*time.Location]string{time.UTC: "2026-W11", tokyo: "2026-W12"} {
		a, err := reports.New("counts", "2w", "", "", reports.Viewer{}, now, zone)
		require.NoError(t, err)
		for _, row := range reports.CountsOf(a, all).Words()[1:] {
			require.Equal(t, row[0] == want, row[1] == "1", row)
		}
	}
}

func TestTheNightOfAPersonIsOneOverMidnight(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 30, 0, 0, time.UTC) }
	var all []reports.Notification
	for _, when := range []time.Time{at(10, 22), at(11, 2), at(11, 23), at(12, 5), at(13, 0)} {
		all = append(all, reports.Notification{Person: "ada@example.com", Means: "phone", At: when, Night: true, Incident: 1})
	}
	require.Equal(t, []string{"ada@example.com", "5", "3", "1"}, reports.NightsOf(ask(t, "nights", "", "", ""), all).Words()[1][:4])
}
