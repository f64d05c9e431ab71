package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

// Who saw no answer says it again, and means it once.
func TestWhatIsSaidAgainAMomentLaterChangesNothing(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	meta := incident.Meta{Actor: incident.Actor{Person: "alice@example.com", Way: incident.WaySlack}}
	for name, c := range map[string]incident.Command{
		"update":    incident.Update{Meta: meta, Text: "The disk is full"},
		"note":      incident.Capture{Meta: meta, Text: "We called the vendor"},
		"follow-up": incident.AddFollowUp{Meta: meta, Title: "Alert on disk space"},
	} {
		i := incident.New(1, incident.Declaration{Title: "Checkout is down", Kind: incident.KindIncident, Severity: 3}, at)
		require.True(t, c.Apply(i, at).Changed, name)
		entries := len(i.Timeline)
		again := c.Apply(i, at.Add(time.Minute))
		require.False(t, again.Changed, name)
		require.Len(t, i.Timeline, entries, name)
	}
	i := incident.New(1, incident.Declaration{Title: "Checkout is down", Kind: incident.KindIncident, Severity: 3}, at)
	update := incident.Update{Meta: meta, Text: "Still looking"}
	require.True(t, update.Apply(i, at).Changed)
	require.True(t, update.Apply(i, at.Add(10*time.Minute)).Changed, "half an hour later it is news again")
	first := incident.AddFollowUp{Meta: meta, Title: "Alert on disk space"}.Apply(i, at)
	again := incident.AddFollowUp{Meta: meta, Title: "alert on disk space"}.Apply(i, at)
	require.Equal(t, first.Number, again.Number, "the answer names the one that is there")
}
