package pagerduty_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/pagerduty"
	"muster/internal/contracttest"
	"muster/internal/sims/pagerdutysim"
	"muster/internal/sims/simkit"
)

// The secrets of these tests; no error may ever hold one.
const (
	routingKey = "R0UT1NGKEYsecret0000000000000001"
	restToken  = "rest-token-secret-y_NbAkKc66ryYTWUX"
)

var began = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// world is a client, the simulator behind it and their clock.
type world struct {
	*pagerduty.Client
	sim   *pagerdutysim.Sim
	clock *simkit.ManualClock
	url   string
	key   fault.Secret
}

// newWorld starts a simulator with one service, for which Alice is on call. Whatever the client
// asks for is checked against PagerDuty's own description.
func newWorld(t *testing.T, change ...func(*pagerduty.Options, *pagerdutysim.Options)) *world {
	t.Helper()
	w := &world{clock: simkit.NewManualClock(began), key: fault.NewSecret(routingKey)}
	simOptions := pagerdutysim.Options{
		Clock:    w.clock,
		Services: map[string]pagerdutysim.Service{routingKey: {Name: "checkout", OnCall: "alice@example.com"}},
		Token:    restToken,
	}
	options := pagerduty.Options{Token: fault.NewSecret(restToken), Now: w.clock.Now}
	for _, f := range change {
		f(&options, &simOptions)
	}
	w.sim = pagerdutysim.New(simOptions)
	server := httptest.NewServer(contracttest.Check(t, "pagerduty-events-v2", contracttest.Check(t, "pagerduty-rest", w.sim)))
	t.Cleanup(func() {
		w.sim.Close()
		server.Close()
		require.Empty(t, w.sim.Unexpected(), "requests that PagerDuty does not have")
		require.Empty(t, w.sim.UnknownRoutingKeys(), "events that PagerDuty would have dropped")
	})
	w.url = server.URL
	options.EventsURL, options.APIURL = server.URL, server.URL
	var err error
	w.Client, err = pagerduty.New(options)
	require.NoError(t, err)
	return w
}

// client makes a client for a server of the test's own.
func client(t *testing.T, h http.HandlerFunc) *pagerduty.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := pagerduty.New(pagerduty.Options{EventsURL: server.URL, APIURL: server.URL, Token: fault.NewSecret(restToken)})
	require.NoError(t, err)
	return c
}

// call is a page as a workflow asks for it.
func call(key string) incident.PageRequest {
	return incident.PageRequest{
		Key: key, Credential: "env:PD_CHECKOUT", Incident: "INC-42", Headline: "INC-42 Checkout is down",
		Severity: 1, Kind: incident.KindIncident, Service: "checkout",
		Links: []incident.Link{{Label: "Incident", URL: "https://muster.example.com/INC-42"}},
	}
}

// page triggers and returns the incident that the simulator made of it.
func (w *world) page(t *testing.T, c incident.PageRequest) pagerdutysim.Incident {
	t.Helper()
	require.NoError(t, w.Trigger(t.Context(), w.key, c))
	in, ok := w.sim.IncidentByKey(c.Key)
	require.True(t, ok, "PagerDuty has an incident with the key")
	return in
}

// failed returns the vendor's Error in err and makes sure that no secret is in it.
func failed(t *testing.T, err error) *fault.Error {
	t.Helper()
	e, ok := fault.As(err)
	require.True(t, ok, "want a *fault.Error, got %T: %v", err, err)
	require.Equal(t, "pagerduty", e.Vendor)
	require.NotEmpty(t, e.Operation)
	require.NotEmpty(t, e.Reason)
	require.LessOrEqual(t, len([]rune(e.Reason)), 300)
	for cause := err; cause != nil; {
		require.NotContains(t, cause.Error(), routingKey)
		require.NotContains(t, cause.Error(), restToken)
		require.NotContains(t, cause.Error(), clientSecret)
		u, ok := cause.(interface{ Unwrap() error })
		if !ok {
			break
		}
		cause = u.Unwrap()
	}
	return e
}
