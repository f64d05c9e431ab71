package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
)

func TestTheBodyOfACommandIsWhatItAsksFor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	said, meant := incident.Body(incident.Resolve{
		Meta: incident.Meta{CommandID: "k", Actor: incident.Actor{Person: "alice@example.com"}, GivenAt: at}, Text: "Rolled back",
	})
	require.Equal(t, `Resolve {"text":"Rolled back"}`, said)
	require.Equal(t, said, meant)
	pointed, _ := incident.Body(&incident.Resolve{Text: "Rolled back"})
	require.Equal(t, said, pointed)
	bare, _ := incident.Body(incident.Mitigate{})
	other, _ := incident.Body(incident.Reopen{})
	require.NotEqual(t, bare, other, "its name is part of it")
}

// "The next update in half an hour", said again two minutes later under the same key, is another
// moment and the same promise; a program that names the moment itself names the same one.
func TestAPromiseIsTheSameAsASpanOrAsAMoment(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	update := func(given, next time.Duration) (said, meant string) {
		return incident.Body(incident.Update{Meta: incident.Meta{GivenAt: at.Add(given)}, Text: "Looking", Next: at.Add(next)})
	}
	said, meant := update(0, 30*time.Minute)
	_, later := update(2*time.Minute, 32*time.Minute+2*time.Second)
	require.Equal(t, meant, later)
	exact, _ := update(2*time.Minute, 30*time.Minute)
	require.Equal(t, said, exact)
	otherSaid, otherMeant := update(2*time.Minute, time.Hour)
	require.NotEqual(t, said, otherSaid)
	require.NotEqual(t, meant, otherMeant)

	_, pause := incident.Body(incident.PauseReminders{Meta: incident.Meta{GivenAt: at}, Until: at.Add(72 * time.Hour)})
	_, again := incident.Body(incident.PauseReminders{Meta: incident.Meta{GivenAt: at.Add(time.Minute)}, Until: at.Add(72*time.Hour + time.Minute)})
	require.Equal(t, pause, again)
}

func TestEveryCommandHasABody(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range incident.Commands() {
		said, meant := incident.Body(row.New())
		require.Equal(t, said, meant, row.Name)
		require.Contains(t, said, row.Name)
		require.False(t, seen[said], row.Name)
		seen[said] = true
	}
}
