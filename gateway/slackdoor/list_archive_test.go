package slackdoor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/internal/gatewaytest"
	"muster/incident"
	"muster/workflows/api"
)

func TestAListOfAllGoesOverAllTimes(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		s := withPast(w)
		said := w.alice.slash("/incident list all")
		require.Contains(t, said, "2 incidents")
		require.Contains(t, said, "The disk of checkout is full")
		require.NotContains(t, said, "INC-2", "a private incident is not there for others")
		require.Contains(t, w.bob.slash("/incident list all"), "Somebody &lt;reads&gt; the disk", "its members find it")
		require.Contains(t, w.alice.slash("/incident list"), "No incident is open.")
		require.Contains(t, w.alice.slash("/incident follow-ups all"), "There is no such follow-up.")
		s.Away.Store(true)
		require.Contains(t, w.alice.slash("/incident list all"), "Temporal does not answer; this is from the archive")
	})
}

func TestAnIncidentIsShownFromTheArchiveWhileTemporalIsAway(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		withPast(w).Away.Store(true)
		w.is(func(r *record) { r.away = true })
		said := w.alice.slash("/incident show INC-1")
		require.Contains(t, said, "The disk of checkout is full")
		require.Contains(t, said, "Temporal or its workers do not answer; this is from the archive")
		require.Contains(t, w.bob.slash("/incident show INC-2"), "Somebody &lt;reads&gt; the disk", "its members see it")
		hidden := w.alice.slash("/incident show INC-2")
		require.NotContains(t, hidden, "reads")
		require.Equal(t, w.alice.slash("/incident show INC-9"), strings.ReplaceAll(hidden, "INC-2", "INC-9"), "a private incident is as one that never was")
	})
}

// While no worker answers, Temporal itself still knows who may see an incident, and knows it better than the archive.
func TestAnIncidentIsShownFromTheArchiveWhileNoWorkerAnswers(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		w.alice.slash("/incident checkout is down")
		i := w.incident(1)
		s := gatewaytest.Search(w.t, w.now, &i)
		s.Memo = map[string]any{api.MemoTitle: i.Title}
		w.is(func(r *record) { r.archive, r.idle = s, true })
		said := w.bob.slash("/incident show INC-1")
		require.Contains(t, said, "checkout is down")
		require.Contains(t, said, "Temporal or its workers do not answer; this is from the archive")

		s.Memo = map[string]any{api.MemoMembers: []string{api.MemberMark(1, "alice@example.com")}}
		require.Contains(t, w.alice.slash("/incident show INC-1"), "checkout is down")
		said = w.bob.slash("/incident show INC-1")
		require.NotContains(t, said, "checkout is down", "it has become private, and the archive does not know yet")
		require.Contains(t, said, "INC-1 does not exist")
	})
}

func TestAHomeTabShowsWhatHasEndedLately(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		lately := incident.New(4, incident.Declaration{
			Title: "A secret of Bob's", Severity: 4, Kind: incident.KindIncident, Private: true, Actor: incident.Actor{Person: "bob@example.com", Way: incident.WayCLI},
		}, w.now().AddDate(0, 0, -2))
		lately.Status, lately.ClosedAt = incident.StatusClosed, w.now().AddDate(0, 0, -1)
		withPast(w, lately)
		home := func(p person) string {
			require.NoError(t, p.OpensHome())
			w.eventually(func() bool { _, ok := p.Home(); return ok }, "the tab is shown")
			v, _ := p.Home()
			return v.Shown()
		}
		shown := home(w.bob)
		require.Contains(t, shown, "Your incidents that have ended lately")
		require.Contains(t, shown, "A secret of Bob's")
		require.Contains(t, shown, "from the archive and from Temporal")
		require.NotContains(t, home(w.alice), "secret")
	})
}

func TestAHomeTabWithoutAnArchiveSaysSo(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.NoError(t, w.bob.OpensHome())
		w.eventually(func() bool { _, ok := w.bob.Home(); return ok }, "the tab is shown")
		v, _ := w.bob.Home()
		require.Contains(t, v.Shown(), "from Temporal alone")
	})
}
