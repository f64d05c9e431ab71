package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/gateway/httpapi"
	"muster/gateway/internal/gatewaytest"
	"muster/incident"
)

func TestWithoutTokensNobodyIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *gateway.Options) { o.Auth = nil })
	a := w.call("GET", "/v1/incidents", "")
	p := a.Problem(http.StatusUnauthorized, "unauthorized", "")
	require.Contains(t, p.Mend, "MUSTER_API_TOKENS")
	require.Contains(t, a.Header.Get("WWW-Authenticate"), "Bearer")
}

func TestTokensAndTheirScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, wrong := range []string{"", "Bearer", "Bearer ", "Bearer wrong", "Basic " + alices, alices} {
		w.call("GET", "/v1/incidents", "", "Authorization", wrong).Problem(http.StatusUnauthorized, "unauthorized", "")
	}
	require.Equal(t, http.StatusOK, w.call("GET", "/v1/incidents", "", "Authorization", "bearer "+readers).Status)
	p := w.call("POST", "/v1/incidents/1/resolve", "", "Authorization", "Bearer "+readers).Problem(http.StatusForbidden, "forbidden", "")
	require.Contains(t, p.Reason, "respond")
	w.call("POST", "/v1/incidents", `{"title":"x"}`, "Authorization", "Bearer "+readers).Problem(http.StatusForbidden, "forbidden", "")
	require.Empty(t, w.declared)
	require.NotContains(t, w.logs.String(), alices)
	require.NotContains(t, w.logs.String(), readers)
}

func TestATokenIsTakenUntilItExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, http.StatusOK, w.call("GET", "/v1/incidents", "", "Authorization", "Bearer "+lasting).Status, "on its last day")
	p := w.call("GET", "/v1/incidents", "", "Authorization", "Bearer "+lapsed).Problem(http.StatusUnauthorized, "unauthorized", "")
	require.Contains(t, p.Reason, "expired on 2026-11-29")
}

func TestOpenOnLoopbackServesThisMachineOnly(t *testing.T) {
	t.Parallel()
	ask := func(change func(*http.Request)) gatewaytest.Answer {
		w := newWorld(t, func(o *gateway.Options) { o.Auth = httpapi.OpenOnLoopback{} })
		r := httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost:8087/v1/incidents/1/resolve", nil)
		r.RemoteAddr = "127.0.0.1:5555"
		change(r)
		return w.send(r)
	}
	for name, change := range map[string]func(*http.Request){
		"as it is":       func(*http.Request) {},
		"over IPv6":      func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:5555", "[::1]:8087" },
		"mapped":         func(r *http.Request) { r.RemoteAddr = "[::ffff:127.0.0.1]:5555" },
		"by number":      func(r *http.Request) { r.Host = "127.0.0.1:8087" },
		"without a port": func(r *http.Request) { r.Host = "LOCALHOST" },
		"from its own page": func(r *http.Request) {
			r.Header.Set("Origin", "http://localhost:8087")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		},
	} {
		require.Equal(t, http.StatusOK, ask(change).Status, name)
	}
	for name, change := range map[string]func(*http.Request){
		"another machine":      func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5555" },
		"an unknown address":   func(r *http.Request) { r.RemoteAddr = "@" },
		"a rebound name":       func(r *http.Request) { r.Host = "evil.example.com:8087" },
		"a name that looks so": func(r *http.Request) { r.Host = "localhost.example.com" },
		"no name":              func(r *http.Request) { r.Host = "" },
		"a proxy":              func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") },
		"another site's page":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another origin":       func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.com") },
	} {
		ask(change).Problem(http.StatusForbidden, "forbidden", "")
		_ = name
	}
	ask(func(r *http.Request) { r.Header.Set(httpapi.PersonHeader, "nobody") }).Problem(http.StatusBadRequest, "invalid", httpapi.PersonHeader)
}

func TestOpenOnLoopbackTakesThePersonFromAHeader(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost/", nil)
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set(httpapi.PersonHeader, "Alice@example.com")
	who, err := httpapi.OpenOnLoopback{}.Caller(r)
	require.NoError(t, err)
	require.Equal(t, incident.Actor{Person: "alice@example.com", Way: incident.WayAPI}, who.Actor)
}

// A token that is bound to a person is that person. A service speaks for people, and the incident
// shows it as the service's word.
func TestAPersonsTokenActsAsNobodyElse(t *testing.T) {
	t.Parallel()
	ceo := `"ceo@example.com"`
	for path, c := range map[string]struct{ body, field string }{
		"/v1/incidents/1/acknowledge": {`{"person":` + ceo + `}`, "person"},
		"/v1/incidents/1/join":        {`{"person":` + ceo + `}`, "person"},
		"/v1/incidents/1/timeline":    {`{"text":"I dropped the production database","author":` + ceo + `}`, "author"},
		"/v1/incidents":               {`{"title":"x","carried":{"text":"I did it","author":` + ceo + `}}`, "carried.author"},
	} {
		w := newWorld(t)
		p := w.call("POST", path, c.body).Problem(http.StatusBadRequest, "invalid", c.field)
		require.Contains(t, p.Reason, "alice@example.com")
		require.Nil(t, w.command)
		require.Empty(t, w.declared)
		status := w.call("POST", path, c.body, "Authorization", "Bearer "+insider).Status
		require.Less(t, status, 300, "a service may: %s", path)
	}
}
