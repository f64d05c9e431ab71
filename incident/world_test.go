package incident

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// monday is when every incident here is declared; later commands come minutes after it.
var monday = time.Date(2026, time.November, 30, 9, 0, 0, 0, time.UTC)

func minute(n int) time.Time { return monday.Add(time.Duration(n) * time.Minute) }

func by(person string) Meta { return Meta{Actor: Actor{Person: person, Way: WaySlack}} }

var alice = by("alice@example.com")

// declared is a fresh incident with a commander, a required page and a page that is a courtesy.
func declared() *Incident {
	i := New(42, Declaration{
		Title: "Checkout is down", Kind: KindIncident, Severity: 1, Services: []string{"checkout", "cart"}, Tags: []string{"black-friday"},
		Commander: "carol@example.com", AlertKey: "checkout-5xx", Actor: alice.Actor, StartedAt: monday.Add(-5 * time.Minute),
	}, monday)
	i.AddPage("checkout", true, time.Time{})
	i.AddPage("cart", false, time.Time{})
	return i
}

// incidentIn is an incident of the status that lived through what usually leads there.
func incidentIn(t *testing.T, s Status) *Incident {
	t.Helper()
	i := declared()
	switch s {
	case StatusOpen:
	case StatusMitigated:
		do(t, i, Mitigate{Meta: alice})
	case StatusResolved:
		resolve(t, i)
	case StatusClosed:
		resolve(t, i)
		do(t, i, ChangeFollowUp{Meta: alice, Number: 1, Status: FollowUpDone})
		do(t, i, HoldReview{Meta: alice})
		require.True(t, i.Learned())
		i.Status, i.ClosedAt = StatusClosed, minute(60)
	case StatusCancelled:
		do(t, i, Cancel{Meta: alice})
	case StatusMerged:
		do(t, i, Merge{Meta: alice, Into: 7})
	}
	require.Equal(t, s, i.Status)
	return i
}

// resolve resolves the incident, with one follow-up proposed and a review planned.
func resolve(t *testing.T, i *Incident) {
	t.Helper()
	do(t, i, AddFollowUp{Meta: alice, Title: "Alert on queue depth", Owner: "bob@example.com", Due: "2026-12-24"})
	do(t, i, Resolve{Meta: alice, Text: "rolled back"})
	i.Reviews = append(i.Reviews, Review{Number: len(i.Reviews) + 1, Status: ReviewPlanned, Track: "standard", At: minute(3000), For: i.ResolvedAt})
}

// do gives a command that must be legal. It holds every command to what all of them promise:
// Check changes nothing, a command that asks for what is already true changes nothing either,
// and one that changes something says so in the timeline.
func do(t *testing.T, i *Incident, c Command) Result {
	t.Helper()
	before := copied(t, i)
	require.NoError(t, c.Check(i, minute(30)))
	require.Equal(t, before, copied(t, i), "Check of %T changed the facts", c)

	r := c.Apply(i, minute(30))
	require.Equal(t, i.Status, r.Status)
	require.NotEmpty(t, r.Text)
	if r.Changed {
		require.Greater(t, i.Entries, before.Entries, "%T left no entry in the timeline", c)
	} else {
		require.Equal(t, before, copied(t, i), "%T said that nothing changed", c)
	}
	return r
}

// already gives a command that asks for what is already true.
func already(t *testing.T, i *Incident, c Command) {
	t.Helper()
	require.False(t, do(t, i, c).Changed, "%#v changed something", c)
}

// refuse gives a command that must be refused, without a trace in the facts.
func refuse(t *testing.T, i *Incident, c Command) *Problem {
	t.Helper()
	before := copied(t, i)
	err := c.Check(i, minute(30))
	require.Error(t, err, "%#v was not refused", c)
	require.Equal(t, before, copied(t, i), "Check of %T changed the facts", c)
	return problem(t, err)
}

func problem(t *testing.T, err error) *Problem {
	t.Helper()
	p, ok := AsProblem(err)
	require.True(t, ok, "%v is no Problem", err)
	require.NotEmpty(t, p.Code)
	require.NotEmpty(t, p.Reason)
	require.NotEmpty(t, p.Mend, "a refusal must say what to do instead: %v", err)
	return p
}

// copied is a deep copy of the facts, by the same JSON in which they are stored.
func copied(t *testing.T, i *Incident) Incident {
	t.Helper()
	b, err := json.Marshal(i)
	require.NoError(t, err)
	var out Incident
	require.NoError(t, json.Unmarshal(b, &out))
	return out
}

// golden compares a value with testdata/<name>.golden.json; -update writes it anew.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(v))
	path := filepath.Join("testdata", name+".golden.json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "write it with -update")
	require.Equal(t, string(want), b.String())
}
