package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"muster/gateway/incidents"
	"muster/integrations/slack"
	"muster/internal/sims/slacksim"
	"muster/starter/internal/cli"
)

func TestDoctorFindsNothingBroken(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.register.Last = 3
	o := tm.run("doctor")
	require.Equal(t, cli.ExitOK, o.code, o.stdout)
	require.Empty(t, o.text)
	require.Contains(t, o.stdout, "ok       temporal  it answers, and so does a worker; the newest incident is INC-3\n")
	require.Contains(t, o.stdout, "off      settings  Slack is off")
	require.Contains(t, o.stdout, "PD_CHECKOUT")
}

func TestDoctorSaysWhatIsBroken(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	tm.dialErr = fmt.Errorf("%w at 127.0.0.1:7233: %w", incidents.ErrAway, errors.New("connection refused"))
	o := tm.run("doctor")
	require.Equal(t, cli.ExitFailed, o.code)
	require.Contains(t, o.stdout, "broken   temporal  temporal does not answer at 127.0.0.1:7233: connection refused\n")
	require.Equal(t, "1 finding needs mending\n", o.text)

	tm.env["JIRA_URL"] = "https://jira.example.com"
	o = tm.run("doctor --output json")
	require.Equal(t, cli.ExitFailed, o.code)
	var found struct {
		Findings []struct{ State, Check, Text, Mend string }
		Broken   int
	}
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &found))
	require.Equal(t, 2, found.Broken)
	require.JSONEq(t, `{"error":{"code":"failed","reason":"2 findings need mending"}}`, o.text)
}

// The flags are those of `setup slack`: what the app was made without is not missed.
func TestDoctorMissesNoScopeOfWhatIsOff(t *testing.T) {
	t.Parallel()
	var granted []string
	for _, s := range (slack.Features{Groups: true, Reactions: true, Messages: true, Home: true, Direct: true, Mentions: true}).Scopes() {
		granted = append(granted, s.Name)
	}
	sim := slacksim.New(slacksim.Options{Scopes: granted, SocketMode: true, Users: map[string]string{
		"alice@example.com": "Alice", "bob@example.com": "Bob", "carol@example.com": "Carol", "dan@example.com": "Dan",
	}})
	server := httptest.NewServer(sim)
	t.Cleanup(func() {
		sim.Close()
		server.Close()
		require.Empty(t, sim.Unexpected())
	})
	tm := newTerminal(t)
	tm.clock = time.Now // it is compared with Slack's
	tm.env["SLACK_BOT_TOKEN"], tm.env["SLACK_APP_TOKEN"], tm.env["SLACK_API_URL"] = "xoxb-1-secret", "xapp-1-secret", server.URL+"/api"
	o := tm.run("doctor --no-private")
	require.Equal(t, cli.ExitOK, o.code, o.stdout)
	o = tm.run("doctor")
	require.Equal(t, cli.ExitFailed, o.code)
	require.Contains(t, o.stdout, "broken   slack scopes    groups:write is missing, so Muster cannot open private incident channels (private incidents); add it at OAuth & Permissions")
	require.Equal(t, "3 findings need mending\n", o.text)
	require.NotContains(t, o.stdout, "-secret")
}

func TestDoctorTypedWrong(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"doctor now":          "unknown command",
		"doctor --timeout 0s": "--timeout",
		"doctor --no-fun":     "unknown flag",
	} {
		tm := newTerminal(t)
		tm.run(line).fails(cli.ExitUsage, want)
		tm.run(line+" -o json").failsJSON(cli.ExitUsage, "invalid")
	}
}

func TestNobodyIsPagedUnasked(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	for _, answer := range []string{"", "no\n", "y\n"} {
		tm.stdin = answer
		o := tm.run("doctor --test-page checkout")
		require.Equal(t, cli.ExitUsage, o.code)
		require.Contains(t, o.text, "This wakes whoever is on call for ")
		require.Contains(t, o.text, "nobody was paged")
	}
	tm.run("doctor --test-page checkout -o json").failsJSON(cli.ExitUsage, "invalid")
	tm.run("doctor --test-page chekout").fails(cli.ExitUsage, "the playbook pages nobody called")
	tm.stdin = "yes\n"
	o := tm.run("doctor --test-page checkout")
	require.Equal(t, cli.ExitFailed, o.code, "the key is not set here")
	require.Contains(t, o.stdout, "PD_CHECKOUT is not set")
	require.NotContains(t, o.stdout, "settings", "a test does nothing else")
}

func TestATestIssueWithoutJira(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	o := tm.run("doctor --test-issue")
	require.Equal(t, cli.ExitFailed, o.code)
	require.Contains(t, o.stdout, "broken  test issue  Jira is not set up")
}
