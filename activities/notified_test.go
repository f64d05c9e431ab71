package activities

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
)

func TestThePagersLogIsAskedForEveryAttempt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	alice := incident.Woken{ID: "R1", Person: "alice@example.com", At: at, Means: incident.MeansPhone}
	bob := incident.Woken{ID: "R2", Person: "bob@example.com", At: at.Add(time.Minute), Means: incident.MeansPush}
	pager := &fakePager{notified: map[string][]incident.Woken{"k1": {alice}, "k2": {bob, alice}}, fails: map[string]error{}}
	p := &Paging{Pager: pager}
	rung := []RungPage{{Key: "k1", Step: "checkout", ID: "Q1"}, {Key: "k2", Step: "platform"}}

	got := result[incident.WokenReport](t, worker(t, p), p.NotifiedPeople, rung)
	alice.Step, bob.Step = "checkout", "platform"
	require.Equal(t, []incident.Woken{alice, bob}, got.Woken, "an entry of a log that both attempts led to counts once")
	require.Equal(t, []string{"log k1 Q1", "log k2 "}, pager.calls)

	pager.fails["log k2 "] = &fault.Error{Vendor: "pagerduty", Class: fault.Gone, Reason: "Not Found"}
	got = result[incident.WokenReport](t, worker(t, p), p.NotifiedPeople, rung)
	require.Equal(t, []incident.Woken{alice}, got.Woken)
	require.NotEmpty(t, got.Unknown)

	pager.fails["log k2 "] = &fault.Error{Vendor: "pagerduty", Class: fault.Retryable, Reason: "Rate Limit Exceeded", RetryAfter: 9 * time.Second}
	app, f := failure(t, worker(t, p), p.NotifiedPeople, rung)
	require.Equal(t, ErrRetryable, app.Type())
	require.Equal(t, 9*time.Second, app.NextRetryDelay())
	require.Equal(t, "Rate Limit Exceeded", f.Reason)

	app, _ = failure(t, worker(t, &Paging{}), (&Paging{}).NotifiedPeople, rung)
	require.Equal(t, ErrOff, app.Type())
}

func TestOfALongLogAPageIsToldAsMuchAsItKeeps(t *testing.T) {
	t.Parallel()
	pager := &fakePager{notified: map[string][]incident.Woken{}}
	for k := range 500 {
		pager.notified["k1"] = append(pager.notified["k1"], incident.Woken{
			ID: fmt.Sprint("R", k), Person: fmt.Sprintf("p%d@example.com", k%7), At: time.Unix(int64(k), 0).UTC(), Means: incident.MeansPhone,
		})
	}
	p := &Paging{Pager: pager}
	got := result[incident.WokenReport](t, worker(t, p), p.NotifiedPeople, []RungPage{{Key: "k1"}})
	require.Len(t, got.Woken, incident.MaxWoken)
	require.True(t, got.More)
	require.Equal(t, "R0", got.Woken[0].ID, "everybody's first is kept")
	require.Equal(t, "R499", got.Woken[incident.MaxWoken-1].ID, "and the newest")
}
