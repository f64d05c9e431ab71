package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/incident"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

// escalates declares an incident whose page goes over two people; the second one acknowledges it.
func (m *installation) escalates() (i *opened, first, second string) {
	m.t.Helper()
	i = m.declares("carol@example.com", "Search is down", 1, "search")
	m.eventually(func() bool { return len(i.pages()) == 2 }, "both steps were paged")
	pages := i.pages()
	first, second = pages[0].AssignedTo[0], pages[1].AssignedTo[0]
	require.NotEqual(m.t, first, second)
	require.NoError(m.t, m.Sims.Pager.Acknowledge(pages[1].ID, second))
	i.becomes("acknowledged", func(f incident.Incident) bool { return f.Pages[0].Status == incident.PageAcknowledged })
	return i, first, second
}

// rules gives whoever may be on call a phone that rings beside the app.
func (m *installation) rules() {
	for _, person := range m.Sims.Pager.State(1).Users {
		m.Sims.Pager.SetRules(person, pagerdutysim.Rule{Means: pagerdutysim.Push}, pagerdutysim.Rule{Means: pagerdutysim.Phone})
	}
}

func soon(o *sandbox.Options) { o.TimeoutScale = 0.02 }

// names both people, each by both means and once, as they were notified and judged by their calendar.
func (i *opened) names(f incident.Incident, first, second string) {
	i.m.t.Helper()
	var got []string
	var last time.Time
	for _, w := range f.Pages[0].Woken.Woken {
		got = append(got, w.Person+" "+string(w.Means))
		require.Equal(i.m.t, "UTC", w.Zone)
		require.Equal(i.m.t, w.At.UTC().Hour() >= 22 || w.At.UTC().Hour() < 6, w.Night)
		require.WithinDuration(i.m.t, f.DeclaredAt, w.At, patience)
		require.False(i.m.t, w.At.Before(last), "in the order of their times")
		last = w.At
	}
	require.ElementsMatch(i.m.t, []string{first + " push", first + " phone", second + " push", second + " phone"}, got)
	require.Empty(i.m.t, f.Pages[0].Woken.Unknown)
	require.Len(i.m.t, i.m.Sims.Pager.Notifications(), 4, "and nobody was notified for it")
}

func TestTheFactsNameWhomThePagerWoke(t *testing.T) {
	t.Parallel()
	m := install(t, soon)
	m.rules()
	i, first, second := m.escalates()
	f := i.becomes("known", func(f incident.Incident) bool { return len(f.Pages[0].Woken.Woken) == 4 })
	i.names(f, first, second)

	i.does("Resolve", incident.Resolve{Meta: by("carol@example.com")})
	f = i.becomes("known to the end", func(f incident.Incident) bool { return f.Pages[0].Woken.AsOf.After(f.ResolvedAt) })
	i.names(f, first, second)
	require.Equal(t, incident.PageWithdrawn, f.Pages[0].Status)
}

// A worker is killed while it reads the pager's log, and another one takes over.
func TestAKilledWorkerForgetsNobodyWhoWasWoken(t *testing.T) {
	t.Parallel()
	m := install(t, soon, withoutWorker)
	m.rules()
	w := m.startsWorkerProcess()
	i, first, second := m.escalates()
	m.Sims.Pager.Faults.Add(simkit.Fault{ID: "held", Operation: "incidents.log_entries", Kind: simkit.Hold})
	m.eventually(func() bool { return m.Sims.Pager.Faults.Hits("held") > 0 }, "the log is being read")
	w.kill()
	m.Sims.Pager.Faults.Clear()
	m.startsWorkerProcess()
	i.does("Resolve", incident.Resolve{Meta: by("carol@example.com")})
	f := i.becomes("known to the end", func(f incident.Incident) bool { return f.Pages[0].Woken.AsOf.After(f.ResolvedAt) })
	i.names(f, first, second)
}

func TestWithoutTheRightToReadTheLogItIsSaidThatNobodyKnowsWhoWasWoken(t *testing.T) {
	t.Parallel()
	m := install(t, soon)
	m.Sims.Pager.Faults.Add(simkit.Fault{Operation: "incidents.log_entries", Kind: simkit.Status, Status: 403})
	i, _, _ := m.escalates()
	f := i.becomes("said", func(f incident.Incident) bool { return f.Pages[0].Woken.Unknown != "" })
	require.Empty(t, f.Pages[0].Woken.Woken)
	require.False(t, slices.ContainsFunc(f.Snags, func(s incident.Snag) bool { return s.Mirror == "log" }))
	i.does("Resolve", incident.Resolve{Meta: by("carol@example.com")})
	i.becomes("over", func(f incident.Incident) bool { return f.Status == incident.StatusResolved })
}
