package app

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"muster/gateway"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/sims/slacksim"
)

// mute takes what Slack sends and has nothing to say.
type mute struct{ slack.Inbound }

// A gateway whose socket is closed still serves the API and the webhooks: it says so, and stays
// in service.
func TestReadinessTellsOfASlackSocketThatIsNotOpen(t *testing.T) {
	t.Parallel()
	sim := slacksim.New(slacksim.Options{SocketMode: true})
	server := httptest.NewServer(sim)
	t.Cleanup(func() { sim.Close(); server.Close() })
	socket, err := slack.NewSocket(slack.Options{BaseURL: server.URL + "/api"}, fault.NewSecret("xapp-1-A0MUSTER-1-secret"))
	require.NoError(t, err)
	check := socketCheck(socket)
	require.True(t, check.Told)
	require.EqualError(t, check.Run(t.Context()), "not open")

	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- socket.Run(ctx, mute{}) }()
	require.EventuallyWithT(t, said(t, check, ""), 10*time.Second, 5*time.Millisecond)

	sim.SetSocketMode(false)
	sim.DropSockets()
	require.EventuallyWithT(t, said(t, check, "switch Socket Mode on"), 10*time.Second, 5*time.Millisecond)
	leave()
	require.NoError(t, <-left)
}

func TestReadinessTellsOfTheSweepAndStays(t *testing.T) {
	t.Parallel()
	a := &App{}
	for _, checks := range [][]gateway.Check{a.workerChecks(), a.gatewayChecks()} {
		k := slices.IndexFunc(checks, func(c gateway.Check) bool { return c.Name == "sweep" })
		require.GreaterOrEqual(t, k, 0)
		require.True(t, checks[k].Told)
	}
}

// said wants the check to answer with that text, with nothing where it is empty.
func said(t *testing.T, check gateway.Check, text string) func(*assert.CollectT) {
	t.Helper()
	return func(c *assert.CollectT) {
		if text == "" {
			require.NoError(c, check.Run(t.Context()))
			return
		}
		require.ErrorContains(c, check.Run(t.Context()), text)
	}
}
