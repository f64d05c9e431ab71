package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/internal/sims/simkit"
)

// knock sends a request as a page in a developer's browser would, and gives the status.
func (m *installation) knock(method, address, host, body string, header ...string) int {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), method, address, strings.NewReader(body))
	require.NoError(m.t, err)
	r.Host = host
	for k := 0; k+1 < len(header); k += 2 {
		r.Header.Set(header[k], header[k+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(m.t, err)
	require.NoError(m.t, resp.Body.Close())
	return resp.StatusCode
}

// The simulators let anybody act as anybody: that is for people at this machine, and for no page of another
// site that is open in their browser.
func TestAForeignPageReachesNeitherSimulatorsNorGateway(t *testing.T) {
	t.Parallel()
	m := install(t)
	own := strings.TrimPrefix(m.Page, "http://")
	declare := `{"person":"bob@example.com","channel":"incidents","text":"checkout is down"}`
	for _, path := range []string{"/slack/_sim/slash", "/slack/_sim/targets", "/slack/_sim/faults", "/jira/_sim/faults", "/pagerduty/_sim/acknowledge"} {
		for _, foreign := range [][]string{
			{own, "Origin", "https://evil.example"},
			{own, "Origin", "null"},
			{own, "Sec-Fetch-Site", "cross-site"},
			{"evil.example"},
			{own, "X-Forwarded-For", "192.0.2.1"},
		} {
			header := append([]string{"Content-Type", "text/plain"}, foreign[1:]...)
			require.Equal(t, http.StatusForbidden, m.knock("POST", m.Page+path, foreign[0], declare, header...), "%s %v", path, foreign)
		}
	}
	for _, path := range []string{"/", "/page/main.js", "/slack/_sim/state", "/jira/_sim/state", "/pagerduty/_sim/state", "/slack/api/auth.test"} {
		require.Equal(t, http.StatusForbidden, m.knock("GET", m.Page+path, "evil.example", ""), path)
	}
	require.Equal(t, http.StatusForbidden, m.knock("GET", m.Page+"/slack/_sim/state", own, "", "Origin", "https://evil.example"))
	gateway := strings.TrimPrefix(m.Gateway, "http://")
	require.Equal(t, http.StatusForbidden, m.knock("POST", m.Gateway+"/v1/incidents", "evil.example", `{"title":"x"}`, "Content-Type", "application/json"))
	require.Equal(t, http.StatusForbidden, m.knock("POST", m.Gateway+"/v1/incidents", gateway, `{"title":"x"}`, "Content-Type", "application/json", "Origin", "https://evil.example"))

	require.Equal(t, http.StatusOK, m.knock("GET", m.Page+"/", own, ""))
	require.Equal(t, http.StatusOK, m.knock("GET", m.Page+"/slack/_sim/state", own, "", "Origin", m.Page, "Sec-Fetch-Site", "same-origin"))
	_, list := m.asks("GET", "/v1/incidents?all=true", "")
	require.Empty(t, list["incidents"], "nothing was declared")
}

// Anybody can reach the doors of vendors: what is not signed is not read, rubbish is refused with the field, and
// every refusal is a problem as RFC 9457 has it.
func TestWhatIsRefusedAtTheDoorSaysWhy(t *testing.T) {
	t.Parallel()
	m := install(t)
	for _, c := range []struct {
		method, path, body, kind string
		status                   int
		code                     string
	}{
		{"POST", "/webhooks/jira", "{}", "application/json", 401, "unauthorized"},
		{"POST", "/webhooks/pagerduty", "{}", "application/json", 401, "unauthorized"},
		{"GET", "/v1/incidents?page_token=AAAA", "", "", 400, "invalid"},
		{"GET", "/v1/incidents?page_token=%00%ff", "", "", 400, "invalid"},
		{"GET", "/v1/follow-ups?page_token=AAAA", "", "", 400, "invalid"},
		{"POST", "/v1/incidents", `{"title":"x"}`, "application/json; charset=iso-8859-1", 415, "unsupported_media_type"},
		{"POST", "/v1/incidents", "{\"title\":\"Z\xfcrich\"}", "application/json", 400, "invalid"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, m.Gateway+c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		var p map[string]any
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&p))
		require.NoError(t, resp.Body.Close())
		require.Equal(t, c.status, resp.StatusCode, "%s: %v", c.path, p)
		require.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
		require.Equal(t, "urn:problem-type:muster:"+c.code, p["type"])
		require.EqualValues(t, c.status, p["status"])
		for _, field := range []string{"title", "detail", "instance"} {
			require.NotEmpty(t, p[field], "%s: %v", c.path, p)
		}
	}
}

// A script in a loop is told when to come back, and a severity 1 is declared all the same.
func TestAFloodOfDeclarationsLeavesRoomForSeverityOne(t *testing.T) {
	t.Parallel()
	m := install(t, func(o *sandbox.Options) { o.RateLimits = "0.1" })
	refused := 0
	for n := 0; n < 100 && refused == 0; n++ {
		status, answer := m.asks("POST", "/v1/incidents", `{"title":"disk","severity":5,"kind":"external"}`)
		if status != http.StatusCreated {
			require.Equal(t, http.StatusTooManyRequests, status, answer)
			require.Equal(t, "urn:problem-type:muster:rate_limited", answer["type"])
			refused = n
		}
	}
	require.GreaterOrEqual(t, refused, 20, "a tenth of 200 at once")
	status, answer := m.asks("POST", "/v1/incidents", `{"title":"All is down","severity":1,"kind":"external"}`)
	require.Equal(t, http.StatusCreated, status, answer)
}

// A proxy that answers in a vendor's place for a while says nothing about tokens, channels, issues or pages.
func TestAProxysPageIsWaitedOut(t *testing.T) {
	t.Parallel()
	m := install(t)
	vendors := []*simkit.Faults{m.Sims.Slack.Faults(), m.Sims.Jira.Faults, m.Sims.Pager.Faults}
	for _, status := range []int{301, 401, 403, 404} {
		for _, faults := range vendors {
			faults.Add(simkit.Fault{ID: fmt.Sprint(status), Kind: simkit.WebPage, Status: status})
		}
		i := m.declares("bob@example.com", "Checkout is slow", 3, "checkout")
		for _, faults := range vendors[:2] {
			m.eventually(func() bool { return faults.Hits(fmt.Sprint(status)) > 1 }, "it is asked again")
		}
		require.Empty(t, i.facts().Snags, "an outage is no snag")
		for _, faults := range vendors {
			faults.Clear()
		}
		i.isOpen()
		require.Empty(t, i.facts().Snags)
		require.Len(t, i.channels(), 1)
		require.Len(t, i.issues(), 1)
	}
}
