package slack_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/contracttest"
	"muster/internal/sims/simkit"
	"muster/internal/sims/slacksim"
)

const (
	alice = "alice@example.com"
	bob   = "bob@example.com"
	carol = "carol@example.com"
	token = "xoxb-0000-very-secret"
)

// desk is a workspace with a client that works in it. Whatever the client asks for is checked
// against Slack's own description, and a request that the workspace does not know fails the
// test.
type desk struct {
	*slack.Client
	sim *slacksim.Sim
	t   *testing.T
	url string
}

func workspace(t *testing.T, change ...func(*slacksim.Options)) *desk {
	t.Helper()
	o := slacksim.Options{Token: token, Users: map[string]string{alice: "Alice Ahlgren", bob: "Bob Birch", carol: "Carol Costa"}}
	for _, c := range change {
		c(&o)
	}
	sim := slacksim.New(o)
	server := httptest.NewServer(described(t, sim))
	t.Cleanup(func() {
		sim.Close()
		server.Close()
		require.Empty(t, sim.Unexpected())
	})
	d := &desk{sim: sim, t: t, url: server.URL + "/api"}
	d.Client = d.another(slack.Options{})
	return d
}

// described checks requests against Slack's description, which lacks conversations.open.
func described(t *testing.T, sim http.Handler) http.Handler {
	t.Helper()
	checked := contracttest.Check(t, "slack-web", sim)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/conversations.open" {
			sim.ServeHTTP(w, r)
			return
		}
		checked.ServeHTTP(w, r)
	})
}

// another is a second client in the same workspace, with an empty memory.
func (d *desk) another(o slack.Options) *slack.Client {
	d.t.Helper()
	o.Token, o.BaseURL = fault.NewSecret(token), d.url
	c, err := slack.New(o)
	require.NoError(d.t, err)
	return c
}

// fails switches a fault on for the next request of an operation.
func (d *desk) fails(operation string, kind simkit.Kind) string {
	return d.sim.Faults().Add(simkit.Fault{Operation: operation, Kind: kind, Times: 1})
}

// refuses makes Slack answer the next request of an operation with an error code.
func (d *desk) refuses(operation, code string) string {
	return d.sim.Faults().Add(simkit.Fault{
		Operation: operation, Kind: simkit.Status, Status: 200, Times: 1, Body: `{"ok":false,"error":"` + code + `"}`,
	})
}

func (d *desk) channel(name string) slacksim.Channel {
	d.t.Helper()
	ch, ok := d.sim.Channel(name)
	require.True(d.t, ok, "there is no channel %s", name)
	return ch
}

func (d *desk) calls(operation string) int { return d.sim.Log().Count(operation) }

func (d *desk) open(spec incident.ChannelSpec) incident.ChannelRef {
	d.t.Helper()
	ref, err := d.OpenChannel(d.t.Context(), spec, false)
	require.NoError(d.t, err)
	return ref
}

var checkout = incident.ChannelSpec{Key: "inst1/INC-42/channel", Name: "inc-42-checkout-is-down"}

func requireClass(t *testing.T, err error, class fault.Class, reason string) *fault.Error {
	t.Helper()
	e, ok := fault.As(err)
	require.True(t, ok, "no vendor error: %v", err)
	require.Equal(t, class, e.Class, e.Error())
	require.Contains(t, e.Reason, reason)
	require.Equal(t, "slack", e.Vendor)
	return e
}

func short(o *slacksim.Options) { o.PageSize = 3 }

var patience = 10 * time.Second
