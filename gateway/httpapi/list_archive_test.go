package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/internal/gatewaytest"
)

// asks asks as the bearer of a token.
func (w *world) asks(token, path string) gatewaytest.Answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return w.send(r)
}

// page is the answer to a list.
type page struct {
	Incidents     []struct{ Key string }
	NextPageToken string `json:"next_page_token"`
	Source, Note  string
}

func listOf(t *testing.T, a gatewaytest.Answer) (keys []string, p page) {
	t.Helper()
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	require.NoError(t, json.Unmarshal([]byte(a.Body), &p))
	for _, l := range p.Incidents {
		keys = append(keys, l.Key)
	}
	return keys, p
}

func TestAListGoesOverAllTimes(t *testing.T) {
	t.Parallel()
	w := searchable(t)
	for token, sees := range map[string][]string{alices: {"INC-3", "INC-1"}, readers: {"INC-3", "INC-1"}, insider: {"INC-3", "INC-2", "INC-1"}} {
		keys, p := listOf(t, w.asks(token, "/v1/incidents?all=true"))
		require.Equal(t, sees, keys, token)
		require.Equal(t, "archive", p.Source)
		require.Empty(t, p.Note)
	}
	keys, p := listOf(t, w.asks(alices, "/v1/incidents?status=closed"))
	require.Equal(t, []string{"INC-1"}, keys)
	require.Equal(t, "archive", p.Source)

	keys, p = listOf(t, w.asks(alices, "/v1/incidents?all=true&limit=1"))
	require.Equal(t, []string{"INC-3"}, keys)
	keys, _ = listOf(t, w.asks(alices, "/v1/incidents?all=true&limit=1&page_token="+p.NextPageToken))
	require.Equal(t, []string{"INC-1"}, keys)
	w.asks(insider, "/v1/incidents?all=true&limit=1&page_token="+p.NextPageToken).Problem(http.StatusBadRequest, "invalid", "page_token")

	keys, p = listOf(t, w.asks(alices, "/v1/incidents"))
	require.Empty(t, keys)
	require.Equal(t, "temporal", p.Source)
	w.archive.Away.Store(true)
	keys, p = listOf(t, w.asks(alices, "/v1/incidents"))
	require.Equal(t, []string{"INC-3"}, keys)
	require.Equal(t, "archive", p.Source)
	require.Contains(t, p.Note, "Temporal does not answer; this is from the archive, whose newest change is of ")
}

func TestAnIncidentIsShownFromTheArchiveWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	w := searchable(t)
	w.archive.Away.Store(true)
	a := w.asks(insider, "/v1/incidents/INC-2")
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	require.Contains(t, a.Body, `"title":"Somebody \u003creads\u003e the disk"`)
	require.Contains(t, a.Body, `"source":"archive"`)
	require.Contains(t, a.Body, `"note":"Temporal or its workers do not answer; this is from the archive, whose newest change is of `)
	hidden, absent := w.asks(alices, "/v1/incidents/INC-2"), w.asks(alices, "/v1/incidents/INC-9")
	require.Equal(t, http.StatusServiceUnavailable, hidden.Status, hidden.Body)
	is, never := hidden.Problem(http.StatusServiceUnavailable, "away", ""), absent.Problem(http.StatusServiceUnavailable, "away", "")
	require.Equal(t, never.Reason, strings.ReplaceAll(is.Reason, "INC-2", "INC-9"), "a private incident is as one that never was")
	require.Equal(t, "show INC-9: Temporal does not answer: no answer", never.Reason)
	require.Equal(t, "try again", never.Mend)
}

func TestFollowUpsGoOverAllTimes(t *testing.T) {
	t.Parallel()
	w := searchable(t)
	w.asks(alices, "/v1/follow-ups?all=true").Is(http.StatusOK, `{"follow_ups":[],"next_page_token":"","source":"archive"}`)
	require.True(t, w.followUpFilter.All)
	w.asks(alices, "/v1/follow-ups?all=true&overdue=true").Problem(http.StatusBadRequest, "invalid", "all")
	w.asks(alices, "/v1/follow-ups?all=some").Problem(http.StatusBadRequest, "invalid", "all")
}
