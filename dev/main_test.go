package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/dev/sandbox"
)

func TestTheGreetingLeadsIntoSlackAndSaysHowItIsReached(t *testing.T) {
	t.Parallel()
	for socket, way := range map[bool]string{false: "signed HTTP", true: "Socket Mode"} {
		var b strings.Builder
		s := &sandbox.Sandbox{Page: "http://127.0.0.1:8088", Gateway: "http://127.0.0.1:8087", Temporal: "127.0.0.1:7999"}
		greet(&b, s, sandbox.Options{SlackSocket: socket}, time.Second)
		require.Contains(t, b.String(), "open http://127.0.0.1:8088")
		require.Contains(t, b.String(), "\n  /incident checkout is down\n")
		require.Contains(t, b.String(), "TEMPORAL_ADDRESS=127.0.0.1:7999 go run ./starter declare")
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
