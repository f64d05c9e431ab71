package slackdoor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/internal/gatewaytest"
	"muster/incident"
	"muster/internal/sims/simkit"
)

// withPast gives a world an archive.
func withPast(w *world, more ...*incident.Incident) *gatewaytest.Searching {
	w.t.Helper()
	s := gatewaytest.Search(w.t, w.now, append(gatewaytest.Past(w.now()), more...)...)
	w.is(func(r *record) { r.archive = s })
	return s
}

func TestASearchShowsWhatWasFoundWithWaysOn(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		withPast(w)
		r := w.alice.answer("incidents", "/incident search disk* severity&lt;=2 since:30d")
		shown := r.Shown()
		require.Contains(t, shown, "1 incident")
		require.Contains(t, shown, "INC-1")
		require.Contains(t, shown, "The *disk* of checkout is full")
		require.Contains(t, shown, "A *disk* fills &lt;silently&gt;", "what people wrote is escaped, and the words stand out")
		require.NotContains(t, shown, "INC-2", "a private incident is not there for others")
		for _, label := range []string{"Open channel", "Open issue OPS-1"} {
			_, ok := r.Button(label)
			require.True(t, ok, "%s in %s", label, shown)
		}
		require.Zero(t, w.declared(), "nothing is declared")

		require.Contains(t, w.bob.slash("/incident search reads"), "Somebody &lt;reads&gt; the disk", "its members find it")
		require.Contains(t, w.alice.slash("/incident search reads"), "Nothing was found")
		require.Contains(t, w.alice.slash("/incident search person:<@"+w.bob.ID+"|bob>"), "Nothing was found")
		require.Contains(t, w.bob.slash("/incident search <@"+w.bob.ID+"|bob> disk"), "INC-2")
		require.Contains(t, w.bob.slash("/incident search person:me"), "INC-2")
		require.Contains(t, w.alice.slash("/incident search INC-3"), "Payments wait for the disk")
	})
}

func TestTheButtonOfAHitShowsIt(t *testing.T) {
	eachWay(t, func(w *world) {
		w.alice.slash("/incident checkout is down")
		i := w.incident(1)
		s := gatewaytest.Search(w.t, w.now, &i)
		w.is(func(r *record) { r.archive = s })
		w.bob.presses(w.bob.answer("incidents", "/incident search checkout"), "Show")
		w.bob.hearsSoon("checkout is down")
	})
}

func TestAButtonShowsMoreOfASearch(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		var more []*incident.Incident
		for n := 10; n < 18; n++ {
			more = append(more, incident.New(n, incident.Declaration{Title: "The disk is full again", Severity: 3, Kind: incident.KindIncident}, w.now()))
		}
		withPast(w, more...)
		first := w.bob.answer("incidents", `/incident search disk -"of checkout"`)
		require.Contains(t, first.Shown(), "10 incidents")
		require.Contains(t, first.Shown(), "INC-13")
		require.NotContains(t, first.Shown(), "INC-12")
		w.bob.presses(first, "Show more")
		w.bob.hearsSoon("Further incidents")
		_, further, _ := strings.Cut(w.bob.hears(), "Further incidents")
		require.Contains(t, further, "INC-12")
		require.Contains(t, further, "INC-2")
		require.NotContains(t, further, "INC-13")
		require.NotContains(t, further, "INC-1*")
	})
}

func TestASearchThatCannotBeAnsweredSaysWhy(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		require.Contains(t, w.alice.slash("/incident search disk"), "There is no archive here. Set MUSTER_ARCHIVE")
		s := withPast(w)
		require.Contains(t, w.alice.slash("/incident search"), "What are you looking for?")
		require.Contains(t, w.alice.slash("/incident search severity:9"), "is no severity. Write severity&lt;=2")
		require.Contains(t, w.alice.slash("/incident search "+strings.Repeat("long ", 600)), "and 1000 are allowed")
		require.Contains(t, w.alice.slash("/incident search zebra"), "Nothing was found")
		s.Away.Store(true)
		require.Contains(t, w.alice.slash("/incident search disk"), "2 incidents", "Temporal is not asked")
	})
}

func TestSearchIsAlsoAService(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		withPast(w)
		w.alice.slash("/incident search is down")
		require.Equal(t, "search is down", w.incident(1).Title, "nobody is kept from declaring")
		asked := w.alice.answer("incidents", "/incident search disk full errors")
		require.Contains(t, asked.Shown(), "Nothing was declared")
		require.Equal(t, 1, w.declared())
		w.alice.presses(w.alice.answer("incidents", "/incident search disk full"), "Look for it")
		w.alice.hearsSoon("INC-1")
		require.Equal(t, 1, w.declared())
		w.alice.presses(asked, "Declare it")
		w.eventually(func() bool { return w.declared() == 2 }, "it is declared")
	})
}

// Anybody in Slack can search, and Slack is asked for everybody whom they name.
func TestNobodyMakesASearchCostMuch(t *testing.T) {
	eachWay(t, func(w *world) {
		t := w.t
		withPast(w)
		require.Contains(t, w.alice.slash("/incident search zebra"), "Nothing was found") // from now on she is known
		people := func(n int) string {
			s := ""
			for k := range n {
				s += fmt.Sprintf(" person:<@U%08d|x>", k)
			}
			return s
		}
		asked := w.sim.Faults().Add(simkit.Fault{Operation: "users.info", Kind: simkit.Down})
		require.Contains(t, w.alice.slash("/incident search"+people(6)), "Names 6 people, and 5 are allowed")
		require.Contains(t, w.alice.slash("/incident search"+people(5)+strings.Repeat(" long", 300)), "and 1000 are allowed")
		require.Zero(t, w.sim.Faults().Hits(asked), "Slack is asked for nobody")
		w.alice.slash("/incident search" + people(5) + people(5))
		require.Positive(t, w.sim.Faults().Hits(asked))
		w.sim.Faults().Clear(asked)

		refused := func() bool { return strings.Contains(w.alice.slash("/incident search zebra"), "searched very often") }
		n := 0
		for n < 500 && !refused() {
			n++
		}
		require.Less(t, n, 500)
		require.Contains(t, w.bob.slash("/incident search zebra"), "Nothing was found", "others are not concerned")
		require.Zero(t, w.declared())
	})
}
