package pagerduty_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

const clientSecret = "client-secret-8uQ2"

// app is a world in which Muster asks with the tokens of an app.
func app(t *testing.T, change ...func(*pagerduty.Options, *pagerdutysim.Options)) *world {
	t.Helper()
	// The simulator's address is known only when it serves, so a front passes the requests on.
	var sim *pagerdutysim.Sim
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sim.ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	w := newWorld(t, append([]func(*pagerduty.Options, *pagerdutysim.Options){func(o *pagerduty.Options, s *pagerdutysim.Options) {
		o.Token, o.ClientID, o.ClientSecret, o.Subdomain = fault.Secret{}, "app", fault.NewSecret(clientSecret), "acme"
		o.IdentityURL = front.URL
		s.ClientID, s.ClientSecret, s.Account = "app", clientSecret, "as_account-us.acme"
	}}, change...)...)
	sim = w.sim
	return w
}

func TestATokenIsAskedForAnewWhenItEnds(t *testing.T) {
	t.Parallel()
	w := app(t)
	w.page(t, call("k1"))
	require.True(t, w.find(t, "k1").Found)
	require.True(t, w.find(t, "k1").Found)
	require.Equal(t, 1, w.sim.Log.Count("oauth.token"), "one token serves for a day")
	for day := range 3 {
		w.clock.Advance(24 * time.Hour)
		require.True(t, w.find(t, "k1").Found)
		require.Equal(t, 2+day, w.sim.Log.Count("oauth.token"))
	}
	for _, r := range w.sim.Log.Requests("incidents.list") {
		require.Less(t, r.Status, 400, "no request was made with a token that had ended")
	}
}

func TestATokenThatWasRevokedIsReplaced(t *testing.T) {
	t.Parallel()
	w := app(t)
	w.page(t, call("k1"))
	require.True(t, w.find(t, "k1").Found)
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.list", Kind: simkit.Status, Status: 401, Times: 1})
	require.True(t, w.find(t, "k1").Found)
	require.Equal(t, 2, w.sim.Log.Count("oauth.token"))

	// One that is refused again and again is a person's business.
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.list", Kind: simkit.Status, Status: 401})
	_, err := w.Find(t.Context(), "k1")
	require.Equal(t, fault.Credential, failed(t, err).Class)
	require.Equal(t, 3, w.sim.Log.Count("oauth.token"), "it is not asked for without end")
}

func TestAChangeIsMadeOnceThoughItsTokenWasRefused(t *testing.T) {
	t.Parallel()
	w := app(t, func(o *pagerduty.Options, s *pagerdutysim.Options) {
		o.From, o.Service, s.Users = musterBot, "PMUSTER", []string{musterBot, "bob@example.com"}
		s.Services["muster0000000000000000000000000x"] = pagerdutysim.Service{ID: "PMUSTER", Name: "Muster"}
	})
	w.sim.Faults.Add(simkit.Fault{Operation: "incidents.create", Kind: simkit.Status, Status: 401, Times: 1})
	require.NoError(t, w.Trigger(t.Context(), w.key, reach("k1", "person:bob@example.com")))
	require.Equal(t, map[string]int{"bob@example.com": 1}, w.sim.Woken())
	requests := w.sim.Log.Requests("incidents.create")
	require.Len(t, requests, 2)
	require.Equal(t, requests[0].Body, requests[1].Body)
}

func TestWhenThereIsNoToken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*pagerdutysim.Options)
		fault  *simkit.Fault
		class  fault.Class
		reason string
	}{
		"another secret":  {func(s *pagerdutysim.Options) { s.ClientSecret = "other" }, nil, fault.Credential, "invalid_client"},
		"another account": {func(s *pagerdutysim.Options) { s.Account = "as_account-eu.acme" }, nil, fault.Credential, "invalid_scope"},
		"down":            {func(*pagerdutysim.Options) {}, &simkit.Fault{Kind: simkit.DropBefore}, fault.Retryable, "no answer"},
		"broken":          {func(*pagerdutysim.Options) {}, &simkit.Fault{Kind: simkit.Status, Status: 500}, fault.Retryable, "no token"},
		"too many":        {func(*pagerdutysim.Options) {}, &simkit.Fault{Kind: simkit.Status, Status: 429}, fault.Retryable, "no token"},
		"empty":           {func(*pagerdutysim.Options) {}, &simkit.Fault{Kind: simkit.EmptyAfter}, fault.Retryable, "no token"},
	} {
		w := app(t, func(_ *pagerduty.Options, s *pagerdutysim.Options) { tc.change(s) })
		if tc.fault != nil {
			tc.fault.Operation = "oauth.token"
			w.sim.Faults.Add(*tc.fault)
		}
		_, err := w.Find(t.Context(), "k1")
		e := failed(t, err)
		require.Equal(t, tc.class, e.Class, name)
		require.Contains(t, e.Reason, tc.reason, name)
		require.Equal(t, "oauth.token", e.Operation, name)
		require.NotContains(t, e.Error(), clientSecret)
		if tc.class == fault.Credential {
			require.Contains(t, e.Mend, "PAGERDUTY_CLIENT_ID", name)
		}
		require.Zero(t, w.sim.Log.Count("incidents.list"), name)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := app(t).Find(gone, "k1")
	require.ErrorIs(t, failed(t, err), context.Canceled)
}

// Whatever else the other side may answer, it is no token.
func TestAnswersThatHoldNoToken(t *testing.T) {
	t.Parallel()
	const scopes = `"scope":"as_account-us.acme incidents.read"`
	for name, tc := range map[string]struct {
		status int
		body   string
		class  fault.Class
	}{
		"a token":              {200, `{"access_token":"pdus+_1","expires_in":60,` + scopes + `}`, ""},
		"none":                 {200, `{"expires_in":60,` + scopes + `}`, fault.Retryable},
		"one that has ended":   {200, `{"access_token":"pdus+_1","expires_in":0}`, fault.Retryable},
		"a proxy's page":       {200, `<html>sign in</html>`, fault.Retryable},
		"one that breaks off":  {-200, `{"access_token":"pdus+_1","expires_in":60`, fault.Retryable},
		"a proxy's refusal":    {403, `<html>denied</html>`, fault.Retryable},
		"a redirect":           {302, ``, fault.Credential},
		"the secret in return": {400, `{"error":"invalid_client","error_description":"` + clientSecret + ` is wrong"}`, fault.Credential},
		"a late answer":        {408, `{}`, fault.Retryable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/oauth/token" {
					_, _ = w.Write([]byte(`{"incidents":[]}`))
					return
				}
				if tc.status < 0 {
					w.Header().Set("Content-Length", "1000")
				} else {
					w.WriteHeader(tc.status)
				}
				_, _ = w.Write([]byte(tc.body))
			}))
			t.Cleanup(server.Close)
			c, err := pagerduty.New(pagerduty.Options{
				APIURL: server.URL, IdentityURL: server.URL, ClientID: "app", ClientSecret: fault.NewSecret(clientSecret), Subdomain: "acme",
			})
			require.NoError(t, err)
			_, err = c.Find(t.Context(), "k1")
			if tc.class == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tc.class, failed(t, err).Class)
		})
	}
}

func TestTheAccountOfATokenIsInItsRegion(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"": "as_account-us.acme", "https://api.pagerduty.com": "as_account-us.acme", "https://api.eu.pagerduty.com/": "as_account-eu.acme",
	} {
		var scope string
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			require.Equal(t, "identity.pagerduty.com", r.URL.Host, "it is the same in all regions")
			require.NoError(t, r.ParseForm())
			scope = r.PostForm.Get("scope")
			return nil, context.DeadlineExceeded
		})
		c, err := pagerduty.New(pagerduty.Options{
			APIURL: address, ClientID: "app", ClientSecret: fault.NewSecret("s"), Subdomain: "acme", HTTPClient: &http.Client{Transport: transport},
		})
		require.NoError(t, err)
		_, err = c.Find(t.Context(), "k1")
		require.Error(t, err)
		require.Equal(t, want, strings.Fields(scope)[0])
		require.Subset(t, strings.Fields(scope), []string{"incidents.read", "incidents.write", "oncalls.read", "users.read"})
	}
}

func TestTheSettingsOfAnAppBelongTogether(t *testing.T) {
	t.Parallel()
	secret := fault.NewSecret(clientSecret)
	for _, o := range []pagerduty.Options{
		{ClientID: "app"},
		{ClientSecret: secret},
		{Subdomain: "acme"},
		{ClientID: "app", ClientSecret: secret},
		{ClientID: "app", ClientSecret: secret, Subdomain: "acme", Token: fault.NewSecret("key")},
		{ClientID: "app", ClientSecret: secret, Subdomain: "acme.pagerduty.com"},
		{Service: "not an ID"},
		{IdentityURL: "identity"},
	} {
		_, err := pagerduty.New(o)
		require.ErrorContains(t, err, "option")
		require.NotContains(t, err.Error(), clientSecret)
	}
}
