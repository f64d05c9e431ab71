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

// The same words by somebody else, or with another promise, are news: nobody's promise is swallowed.
func TestAnUpdateThatDiffersInPersonOrPromiseIsAnother(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	by := func(person string) incident.Meta {
		return incident.Meta{Actor: incident.Actor{Person: person, Way: incident.WayCLI}}
	}
	i := incident.New(1, incident.Declaration{Title: "Checkout is down", Kind: incident.KindIncident, Severity: 3}, at)
	says := func(person string, after, promise time.Duration) incident.Result {
		now := at.Add(after)
		u := incident.Update{Meta: by(person), Text: "still looking"}
		if promise > 0 {
			u.Next = now.Add(promise)
		}
		return u.Apply(i, now)
	}
	require.True(t, says("alice@example.com", 0, 10*time.Minute).Changed)
	require.False(t, says("Alice@example.com", 20*time.Second, 10*time.Minute).Changed, "said again, since no answer came: the same promise")
	require.Equal(t, at.Add(10*time.Minute), i.NextUpdate)

	require.True(t, says("bob@example.com", 30*time.Second, 10*time.Minute).Changed, "another person")
	require.True(t, says("bob@example.com", 40*time.Second, time.Hour).Changed, "another promise")
	require.Equal(t, at.Add(time.Hour+40*time.Second), i.NextUpdate)
	require.True(t, says("bob@example.com", 50*time.Second, 0).Changed, "no promise any more")
	require.Zero(t, i.NextUpdate)
	require.False(t, says("bob@example.com", time.Minute, 0).Changed)
	require.True(t, says("bob@example.com", 4*time.Minute, 0).Changed, "later it is news again")

	api := func(token string) incident.Meta {
		return incident.Meta{Actor: incident.Actor{Way: incident.WayAPI, Token: token}}
	}
	require.True(t, incident.Update{Meta: api("deploy"), Text: "rolled back"}.Apply(i, at.Add(5*time.Minute)).Changed)
	require.True(t, incident.Update{Meta: api("canary"), Text: "rolled back"}.Apply(i, at.Add(5*time.Minute)).Changed, "another program")
}
