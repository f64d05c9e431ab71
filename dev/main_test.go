package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
	"muster/dev/vendors"
	"muster/playbook/file"
)

func TestTheGreetingLeadsIntoSlackAndSaysHowItIsReached(t *testing.T) {
	t.Parallel()
	for socket, way := range map[bool]string{false: "signed HTTP", true: "Socket Mode"} {
		var b strings.Builder
		p, err := file.Parse("muster.yaml", file.Example, time.Now())
		require.NoError(t, err)
		sims, err := vendors.NewSims(p, "http://127.0.0.1:8088")
		require.NoError(t, err)
		t.Cleanup(sims.Close)
		s := &sandbox.Sandbox{Sims: sims, Playbook: p, Page: "http://127.0.0.1:8088", Gateway: "http://127.0.0.1:8087", Temporal: "127.0.0.1:7999"}
		greet(&b, s, sandbox.Options{SlackSocket: socket}, time.Second)
		require.Contains(t, b.String(), "open http://127.0.0.1:8088")
		require.Contains(t, b.String(), "\n  /incident checkout is down\n")
		require.Contains(t, b.String(), "TEMPORAL_ADDRESS=127.0.0.1:7999 go run ./starter declare")
		require.Contains(t, b.String(), " JIRA_TOKEN=sandbox-token JIRA_URL=http://127.0.0.1:8088/jira/ ", "doctor can look at the simulated Jira")
		require.Contains(t, b.String(), " SLACK_API_URL=http://127.0.0.1:8088/slack/api/ SLACK_BOT_TOKEN=xoxb-sandbox ")
		require.Contains(t, b.String(), " PD_CHECKOUT=")
		require.Contains(t, b.String(), "go run ./starter doctor --test-issue")
		require.Regexp(t, `Slack reaches it by +`+way, b.String())
	}
}

func TestAFlagThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	var out, errOut strings.Builder
	require.ErrorContains(t, run(t.Context(), []string{"walkthrough"}, &out, &errOut), `"walkthrough" is no flag`)
	require.ErrorContains(t, run(t.Context(), []string{"--slack-sockets"}, &out, &errOut), "slack-sockets")
	require.Contains(t, errOut.String(), "-slack-socket\n")
}
