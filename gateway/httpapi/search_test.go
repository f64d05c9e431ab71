package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/gateway/internal/gatewaytest"
)

// searchable is a gateway with an archive.
func searchable(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	now := func() time.Time { return today }
	w.archive = gatewaytest.Search(t, now, gatewaytest.Past(today)...)
	return w
}

// search asks as the bearer of a token.
func (w *world) search(token string, query url.Values) gatewaytest.Answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/v1/search?"+query.Encode(), nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return w.send(r)
}

func found(t *testing.T, a gatewaytest.Answer) (keys []string, f incidents.Found) {
	t.Helper()
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	require.NoError(t, json.Unmarshal([]byte(a.Body), &f))
	for _, h := range f.Hits {
		keys = append(keys, h.Key)
	}
	return keys, f
}

func TestASearchAnswersWithExcerpts(t *testing.T) {
	t.Parallel()
	w := searchable(t)
	w.search(alices, url.Values{"q": {`fills severity<=2 since:30d`}}).Is(http.StatusOK, `{
		"hits": [{
			"number": 1, "key": "INC-1", "title": "The disk of checkout is full", "kind": "incident", "status": "closed", "severity": 1, "services": ["checkout"],
			"declared_at": "2026-11-27T12:00:00Z", "resolved_at": "2026-11-27T13:00:00Z", "open_follow_ups": 0,
			"links": [{"label": "#inc-1-disk", "url": "https://chat.example.com/C1"}, {"label": "OPS-1", "url": "https://jira.example.com/browse/OPS-1"}],
			"excerpts": [{"part": "learnings", "entry": 2, "text": "A disk fills <silently>", "marks": [{"start": 7, "end": 12}]}]
		}],
		"count": 1, "next_page_token": ""
	}`)
	w.search(alices, url.Values{"q": {"zebra"}}).Is(http.StatusOK, `{"hits": [], "next_page_token": ""}`)
}

func TestASearchShowsPrivateIncidentsToThoseWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	w := searchable(t)
	for token, sees := range map[string][]string{alices: {"INC-3", "INC-1"}, readers: {"INC-3", "INC-1"}, insider: {"INC-3", "INC-2", "INC-1"}} {
		keys, f := found(t, w.search(token, url.Values{"q": {"disk"}}))
		require.Equal(t, sees, keys, token)
		require.Equal(t, len(sees), f.Count)
	}
}

func TestASearchGoesOnPageByPage(t *testing.T) {
	t.Parallel()
	w := searchable(t)
	keys, f := found(t, w.search(alices, url.Values{"q": {"disk"}, "limit": {"1"}}))
	require.Equal(t, []string{"INC-3"}, keys)
	require.Equal(t, 2, f.Count)
	keys, f = found(t, w.search(alices, url.Values{"q": {"disk"}, "limit": {"1"}, "page_token": {f.NextPageToken}}))
	require.Equal(t, []string{"INC-1"}, keys)
	require.Empty(t, f.NextPageToken)
	first := f.NextPageToken
	_, f = found(t, w.search(insider, url.Values{"q": {"disk"}, "limit": {"1"}}))
	require.NotEqual(t, first, f.NextPageToken)
	w.search(alices, url.Values{"q": {"disk"}, "page_token": {f.NextPageToken}}).Problem(http.StatusBadRequest, "invalid", "page_token")
}

func TestASearchThatCannotBeUnderstoodSaysWhatToWrite(t *testing.T) {
	t.Parallel()
	w := searchable(t)
	for q, mend := range map[string]string{"severity:9": "from 1 (worst) to 5", "team:x": "severity<=2", "since:soon": "since:90d"} {
		p := w.search(alices, url.Values{"q": {q}}).Problem(http.StatusBadRequest, "invalid", "q")
		require.Contains(t, p.Mend, mend)
	}
	w.search(alices, url.Values{"q": {"disk"}, "limit": {"501"}}).Problem(http.StatusBadRequest, "invalid", "limit")
	w.search(alices, url.Values{"q": {"disk"}, "limit": {"many"}}).Problem(http.StatusBadRequest, "invalid", "limit")
	w.search(alices, url.Values{"query": {"disk"}}).Problem(http.StatusBadRequest, "invalid", "query")
	w.search("a-token-that-nobody-has-given", url.Values{"q": {"disk"}}).Problem(http.StatusUnauthorized, "unauthorized", "")
}

func TestWithoutAnArchiveASearchSaysSo(t *testing.T) {
	t.Parallel()
	p := newWorld(t).search(alices, url.Values{"q": {"disk"}}).Problem(http.StatusConflict, "illegal", "archive")
	require.Contains(t, p.Mend, "MUSTER_ARCHIVE")
}
