package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

// mergesAtOnce tells incidents that are merged in a circle, in a moment in which no worker runs,
// so that each is merged before it hears of another.
func (m *installation) mergesAtOnce(stop func(), circle ...*opened) {
	m.t.Helper()
	stop()
	for k, i := range circle {
		c := incident.Merge{Meta: by("bob@example.com"), Into: circle[(k+1)%len(circle)].number}
		require.NoError(m.t, m.Client.SignalWorkflow(m.t.Context(), i.key(), "", api.Merge, c))
	}
	m.startsWorkers()
}

// Two people merge the same two incidents at the same moment, each into the other: one goes on,
// with everything that both had.
func TestTwoIncidentsMergedIntoEachOther(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook, withoutWorker)
	stop := m.startsWorkers()
	first, second := m.declares("bob@example.com", "Checkout is down", 4), m.declares("alice@example.com", "Payments fail", 4)
	first.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("bob@example.com"), Title: "Alert on queue depth"})
	second.does(api.AddFollowUp, incident.AddFollowUp{Meta: by("alice@example.com"), Title: "Write a runbook"})
	for _, i := range []*opened{first, second} {
		i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" && f.FollowUps[0].Issue.Key != "" })
		i.isQuiet()
	}
	m.mergesAtOnce(stop, first, second)
	f := first.becomes("the one that goes on, with all follow-ups", func(f incident.Incident) bool {
		return f.Status == incident.StatusOpen && f.OpenFollowUps() == 2
	})
	titles := map[string]bool{}
	for _, u := range f.FollowUps {
		if !u.Status.Ended() {
			titles[u.Title] = true
		}
	}
	require.Equal(t, map[string]bool{"Alert on queue depth": true, "Write a runbook": true}, titles)
	s := second.becomes("merged", func(f incident.Incident) bool { return f.Status == incident.StatusMerged && f.OpenFollowUps() == 0 })
	require.Equal(t, first.number, s.MergedInto)
	require.Empty(t, f.Snags)
	require.Empty(t, s.Snags)
}

// In a circle of three at least the oldest goes on.
func TestThreeIncidentsMergedInACircle(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook, withoutWorker)
	stop := m.startsWorkers()
	var circle []*opened
	for _, title := range []string{"Checkout is down", "Payments fail", "Nobody can buy"} {
		i := m.declares("bob@example.com", title, 4)
		i.becomes("open", func(f incident.Incident) bool { return f.Links.Board.ID != "" })
		i.isQuiet()
		circle = append(circle, i)
	}
	m.mergesAtOnce(stop, circle...)
	circle[0].becomes("open again", func(f incident.Incident) bool { return f.Status == incident.StatusOpen && len(f.Absorbed) > 0 })
	circle[2].becomes("merged", func(f incident.Incident) bool { return f.Status == incident.StatusMerged })
}
