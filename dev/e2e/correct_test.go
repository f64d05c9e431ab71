package e2e

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/workflows/api"
)

// What was over before anybody declared it wakes nobody, and what the record says of it is put right at the
// terminal, over HTTP, in Slack and by a signal.
func TestWhatWasOverIsDeclaredAndPutRightThroughEveryDoor(t *testing.T) {
	t.Parallel()
	m := install(t, slackBook)
	m.Sims.Slack.AddChannel("checkout-news")
	code, out := m.types("declare", "Checkout was down", "--severity", "1", "--service", "checkout", "--started", "3h ago", "--resolved", "2h ago")
	require.Zero(t, code, out)
	require.Contains(t, strings.Split(out, "\n")[0], "INC-1 declared. Nobody is being paged: INC-1 is resolved.")
	i := &opened{m: m, number: 1}
	f := i.becomes("resolved, with an issue and a review", func(f incident.Incident) bool {
		return f.Status == incident.StatusResolved && f.Links.Tracker.Key != "" && len(f.Reviews) == 1
	})
	require.Equal(t, time.Hour, f.ResolvedAt.Sub(f.StartedAt).Round(time.Minute))

	// At the terminal: the issue hears of it.
	code, out = m.types("correct", "INC-1", "--title", "Carts were down", "--started", "170m ago", "--reason", "the graphs show it")
	require.Zero(t, code, out)
	require.Contains(t, out, "title “Carts were down”, was “Checkout was down”. Why: the graphs show it. Nobody is being paged: INC-1 is resolved.")
	m.eventually(func() bool { return strings.Contains(fmt.Sprint(m.Sims.Jira.Issues()), "INC-1 Carts were down") }, "the issue has the new title")
	code, out = m.types("correct", "INC-1", "--resolved", "4h ago", "--reason", "x")
	require.Equal(t, 2, code, out)
	require.Contains(t, out, "resolved_at:")
	require.Contains(t, out, "is before when it began")

	// Over HTTP.
	resolved := f.ResolvedAt.Add(-10 * time.Minute).Truncate(time.Second)
	status, answer := m.asks("POST", "/v1/incidents/INC-1/correct", `{"resolved_at": "`+resolved.Format(time.RFC3339)+`", "tags": ["eu"], "reason": "nobody pressed the button"}`)
	require.Equal(t, http.StatusOK, status, answer)
	for body, field := range map[string]string{
		`{"resolved_at": "2099-01-01T00:00:00Z", "reason": "x"}`: "resolved_at", `{"started_at": "0001-01-01T00:00:00Z", "reason": "x"}`: "started_at",
		`{"title": "y"}`: "reason", `{"reason": "x"}`: "started_at", `{"services": ["nosuch"], "reason": "x"}`: "services",
	} {
		status, answer = m.asks("POST", "/v1/incidents/INC-1/correct", body)
		require.Equal(t, http.StatusBadRequest, status, "%s: %v", body, answer)
		require.Equal(t, field, answer["field"], body)
		require.NotEmpty(t, answer["mend"], body)
	}
	status, answer = m.asks("POST", "/v1/incidents", `{"title": "x", "resolved_at": "2099-01-01T00:00:00Z"}`)
	require.Equal(t, http.StatusBadRequest, status, answer)
	require.Equal(t, "resolved_at", answer["field"])

	// In Slack, typed and in the form.
	alice := m.inSlack("alice@example.com")
	said := alice.slash("incidents", "/incident correct INC-1 detected:160m ago kind:near_miss it was caught in time")
	require.Contains(t, said.Shown(), "it is a near miss, was an incident. Why: it was caught in time")
	alice.slash("incidents", "/incident correct INC-1")
	alice.submits("correct", map[string]string{"mitigated_at": strconv.FormatInt(resolved.Add(-5*time.Minute).Unix(), 10), "reason": "the logs"})

	// By hand.
	require.NoError(t, m.Client.SignalWorkflow(t.Context(), i.key(), "", api.Correct, map[string]any{"services": []string{"search"}, "reason": "it was search"}))
	f = i.becomes("corrected by all of them", func(f incident.Incident) bool { return len(f.Corrections) == 8 })
	require.Equal(t, "Carts were down", f.Title)
	require.Equal(t, []string{"search"}, f.Services)
	require.Equal(t, []string{"eu"}, f.Tags)
	require.Equal(t, incident.KindNearMiss, f.Kind)
	require.True(t, f.ResolvedAt.Equal(resolved))
	require.Equal(t, 5*time.Minute, f.ResolvedAt.Sub(f.MitigatedAt))
	require.Len(t, f.Reviews, 1, "a corrected resolution is no second one")
	ways := map[incident.Way]bool{}
	for _, c := range f.Corrections {
		ways[c.By.Way] = true
		require.NotEmpty(t, c.Reason)
	}
	require.Equal(t, map[incident.Way]bool{incident.WayCLI: true, incident.WayAPI: true, incident.WaySlack: true, "": true}, ways)
	require.Empty(t, i.pages(), "nobody was woken by any of it")
	require.Empty(t, i.channels(), "what is over needs no channel")
	require.Empty(t, f.Links.Announcements)
	_, shown := m.types("show", "INC-1")
	require.Contains(t, shown, "nobody pressed the button")
}

func TestTheBoardShowsWhatWasPutRightAfterTheEnd(t *testing.T) {
	t.Parallel()
	m := install(t)
	alice := m.inSlack("alice@example.com")
	i := m.declares("alice@example.com", "Search is slow", 3, "search")
	i.isOpen()
	i.does(api.Resolve, incident.Resolve{Meta: by("alice@example.com"), Learning: "Queries pile up"})
	said := alice.slash("incidents", "/incident correct INC-1 started:2026-01-05 09:00 title:\"Carts are slow\" the graphs show it")
	require.Contains(t, said.Shown(), "Nobody is being paged: INC-1 is")
	m.eventually(func() bool {
		b := i.board()
		return strings.Contains(b.Shown, "Carts are slow") && strings.Contains(b.Shown, "Started")
	}, "the board shows it")
}
