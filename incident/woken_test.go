package incident

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var midnight = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

func notified(id, person string, minute int, means Means) Woken {
	return Woken{ID: id, Person: person, At: midnight.Add(time.Duration(minute) * time.Minute), Means: means}
}

func ids(list []Woken) (out []string) {
	for _, w := range list {
		out = append(out, w.ID)
	}
	return out
}

func TestAnEntryOfThePagersLogCountsOnce(t *testing.T) {
	t.Parallel()
	var r WokenReport
	r.Learn([]Woken{notified("R2", "bob@example.com", 5, MeansPush), notified("R1", "alice@example.com", 1, MeansPhone)})
	r.Learn([]Woken{notified("R1", "alice@example.com", 1, MeansPhone), notified("R3", "alice@example.com", 3, MeansSMS)})
	require.Equal(t, []string{"R1", "R3", "R2"}, ids(r.Woken), "in the order of their times")
	require.False(t, r.More)
}

func TestAnAddressThatIsLearntLaterTakesThePlaceOfAName(t *testing.T) {
	t.Parallel()
	var r WokenReport
	r.Learn([]Woken{notified("R1", "Alice Adams", 1, MeansPhone)})
	r.Learn([]Woken{notified("R1", "alice@example.com", 1, MeansPhone)})
	r.Learn([]Woken{notified("R1", "Alice Adams", 1, MeansPhone)})
	require.Equal(t, "alice@example.com", r.Woken[0].Person)
	require.Len(t, r.Woken, 1)
}

func TestOfManyNotificationsEverybodysFirstAndTheNewestAreKept(t *testing.T) {
	t.Parallel()
	var r WokenReport
	for k := range 3 * MaxWoken {
		r.Learn([]Woken{notified(fmt.Sprint("R", k), fmt.Sprintf("p%d@example.com", k%5), k, MeansPhone)})
	}
	require.Len(t, r.Woken, MaxWoken)
	require.True(t, r.More)
	require.Equal(t, []string{"R0", "R1", "R2", "R3", "R4"}, ids(r.Woken)[:5])
	require.Equal(t, fmt.Sprint("R", 3*MaxWoken-1), r.Woken[MaxWoken-1].ID)

	again := r
	again.Learn(r.Woken)
	require.Equal(t, r, again, "what is known already changes nothing")
}

func TestAReportOfWhoWasWokenKeepsWhatWasJudgedAndWhatIsNewer(t *testing.T) {
	t.Parallel()
	i := &Incident{Number: 1, Status: StatusOpen, Pages: []Page{{Number: 1, Target: "checkout", Status: PageWithdrawn}}}
	judged := notified("R1", "alice@example.com", 1, MeansPhone)
	judged.Night, judged.Zone = true, "UTC"
	i.ReportPage(midnight, PageReport{Page: 1, Status: PageWithdrawn, Woken: WokenReport{Woken: []Woken{judged}, AsOf: midnight.Add(time.Hour)}})
	entries := len(i.Timeline)

	// The playbook has changed since, and a page that was started anew knows less.
	other := notified("R1", "alice@example.com", 1, MeansPhone)
	other.Zone = "Asia/Tokyo"
	i.ReportPage(midnight, PageReport{Page: 1, Status: PageWithdrawn, Woken: WokenReport{Woken: []Woken{other}, AsOf: midnight, Unknown: "503"}})
	i.ReportPage(midnight, PageReport{Page: 1, Status: PageWithdrawn})
	require.Equal(t, WokenReport{Woken: []Woken{judged}, AsOf: midnight.Add(time.Hour)}, i.Pages[0].Woken)
	require.Len(t, i.Timeline, entries, "it is no event of the incident")
}

func TestAnIncidentKeepsAsManyNotificationsAsItHasRoomFor(t *testing.T) {
	t.Parallel()
	i := &Incident{Number: 1, Status: StatusOpen}
	for n := range 30 {
		i.Pages = append(i.Pages, Page{Number: n + 1, Target: "checkout", Status: PagePaging})
		var r WokenReport
		for k := range MaxWoken {
			r.Learn([]Woken{notified(fmt.Sprintf("R%d-%d", n, k), fmt.Sprintf("p%d@example.com", k%3), k, MeansPhone)})
		}
		r.AsOf = midnight
		i.ReportPage(midnight, PageReport{Page: n + 1, Status: PagePaging, Woken: r})
	}
	size := 0
	for _, p := range i.Pages {
		size += bytesOf(p.Woken.Woken)
	}
	require.LessOrEqual(t, size, maxWokenBytes+3*len(i.Pages))
	require.Len(t, i.Pages[29].Woken.Woken, MaxWoken, "the newest page keeps all")
	require.True(t, i.Pages[0].Woken.More, "and of others it is said that there was more")
}

func TestWhatPeopleReadOfWhoWasWoken(t *testing.T) {
	t.Parallel()
	require.Empty(t, WokenReport{}.Lines(), "nobody was asked")
	require.Equal(t, []string{"nobody, by the pager's log"}, WokenReport{AsOf: midnight}.Lines())
	require.Equal(t, []string{"not known: no REST API token is set"}, WokenReport{Unknown: "no REST API token is set"}.Lines())

	berlin := time.FixedZone("", 3600)
	r := WokenReport{AsOf: midnight.Add(time.Hour), Unknown: "503", More: true, Woken: []Woken{
		{ID: "R1", Person: "alice@example.com", At: midnight.In(berlin), Means: MeansPhone, Night: true, OffHours: true, Zone: "Europe/Berlin"},
		{ID: "R2", Person: "bob@example.com", At: midnight.Add(17 * time.Hour), Means: MeansEmail, OffHours: true, Zone: "UTC"},
		{ID: "R3", Person: "alice@example.com", At: midnight.Add(9 * time.Hour).In(berlin), Means: "pigeon", Zone: "Europe/Berlin"},
	}}
	require.Equal(t, []string{
		"alice@example.com: phone at 01:00 on Monday 30 November (Europe/Berlin, night), means that the pager did not name at 10:00 on Monday 30 November (Europe/Berlin)",
		"bob@example.com: e-mail at 17:00 on Monday 30 November (UTC, off-hours)",
		"and more, which are not kept",
		"not known after 2026-11-30 01:00 UTC: 503",
	}, r.Lines())

	raw, err := json.Marshal(r)
	require.NoError(t, err)
	var back WokenReport
	require.NoError(t, json.Unmarshal(raw, &back))
	require.Equal(t, r.Lines(), back.Lines(), "the hours that it was for them travel along")
}
