package incidents

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/playbook"
	"muster/workflows/api"
	"muster/workflows/worldtest"
)

// What the pager's log says becomes facts of the incident, judged by each person's own calendar.
func TestWhoWasWokenIsJudgedByTheirOwnCalendar(t *testing.T) {
	w := newWorld(t, "INC-1")
	night := time.Date(2026, 11, 21, 4, 30, 0, 0, time.UTC)
	w.Notifications = map[string][]incident.Woken{firstKey: {
		{ID: "R1", Person: "alice@example.com", At: night, Means: incident.MeansPush},
		{ID: "R2", Person: "bob@example.com", At: night.Add(time.Minute), Means: incident.MeansPhone},
	}}
	w.pagerSays(time.Minute, "d1", firstKey, incident.PageState{Acknowledged: true, By: "bob@example.com"})
	w.Commands(time.Hour, api.Cancel, incident.Cancel{Meta: worldtest.By("alice@example.com")})
	in := declared(1)
	in.Slice.People = map[string]playbook.PersonPolicy{"bob@example.com": {Calendar: playbook.Calendar{Zone: "Asia/Kolkata", Days: []int{6}, Start: 9 * 60, End: 17 * 60}}}
	check := func() {
		r := w.Facts().Pages[0].Woken
		require.Empty(t, r.Unknown)
		require.False(t, r.AsOf.IsZero())
		require.Len(t, r.Woken, 2)
		require.Equal(t, []any{"alice@example.com", true, true, "UTC", "checkout"}, []any{r.Woken[0].Person, r.Woken[0].Night, r.Woken[0].OffHours, r.Woken[0].Zone, r.Woken[0].Step})
		require.Equal(t, []any{"bob@example.com", false, false, "Asia/Kolkata"}, []any{r.Woken[1].Person, r.Woken[1].Night, r.Woken[1].OffHours, r.Woken[1].Zone}, "it is Saturday at ten there, when Bob works")
		require.Equal(t, "2026-11-21T10:01:00+05:30", r.Woken[1].At.Format(time.RFC3339))
	}
	w.After(30*time.Minute, check)
	w.runIncident(in)
	check()
	require.Equal(t, 2, w.Count("log "), "after the answer and in the end")
}
