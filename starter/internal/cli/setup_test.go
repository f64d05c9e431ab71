package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"muster/gateway/slackdoor"
	"muster/starter/internal/cli"
)

// manifest is what the tests read of one.
type manifest struct {
	Display struct {
		Name string `json:"name"`
	} `json:"display_information"`
	Features struct {
		Home struct {
			Enabled bool `json:"home_tab_enabled"`
		} `json:"app_home"`
		Commands []struct {
			Command string `json:"command"`
			URL     string `json:"url"`
		} `json:"slash_commands"`
	} `json:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Events struct {
			URL string   `json:"request_url"`
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			URL string `json:"request_url"`
		} `json:"interactivity"`
		SocketMode bool `json:"socket_mode_enabled"`
	} `json:"settings"`
}

func (o output) manifest() manifest {
	o.t.Helper()
	require.Equal(o.t, cli.ExitOK, o.code, o.text)
	var m manifest
	require.NoError(o.t, json.Unmarshal([]byte(o.stdout), &m))
	return m
}

func TestSetupSlackPrintsAManifestAndTheNextSteps(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	o := tm.run("setup slack")
	m := o.manifest()
	require.Equal(t, "Muster", m.Display.Name)
	require.True(t, m.Settings.SocketMode)
	require.Equal(t, "/incident", m.Features.Commands[0].Command)
	require.Empty(t, m.Features.Commands[0].URL)
	require.Contains(t, m.OAuth.Scopes.Bot, "groups:write")
	require.Contains(t, m.OAuth.Scopes.Bot, "reactions:read")
	for _, step := range []string{"api.slack.com/apps", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "connections:write", "starter doctor", "/incident help"} {
		require.Contains(t, o.text, step)
	}
	require.NotContains(t, o.text, "SLACK_SIGNING_SECRET")
	require.NotContains(t, o.text, "SLACK_COMMAND")
	require.Zero(t, tm.dials, "it needs no Temporal")
	require.Empty(t, tm.run("setup slack -o json").text, "a program gets the manifest alone")
}

func TestSetupSlackWithoutSocketMode(t *testing.T) {
	t.Parallel()
	o := newTerminal(t).run("setup slack --base-url https://muster.example.com/ --name Fire|brigade --command /fire")
	m := o.manifest()
	require.Equal(t, "Fire brigade", m.Display.Name)
	require.False(t, m.Settings.SocketMode)
	require.Equal(t, "/fire", m.Features.Commands[0].Command)
	const base = "https://muster.example.com"
	require.Equal(t, base+slackdoor.PathCommands, m.Features.Commands[0].URL, "where the gateway takes commands")
	require.Equal(t, base+slackdoor.PathInteractivity, m.Settings.Interactivity.URL, "where the gateway takes clicks")
	require.Equal(t, base+slackdoor.PathEvents, m.Settings.Events.URL, "where the gateway takes events")
	for _, step := range []string{"SLACK_SIGNING_SECRET", "https://muster.example.com", "SLACK_COMMAND=/fire", "/fire help"} {
		require.Contains(t, o.text, step)
	}
	require.NotContains(t, o.text, "SLACK_APP_TOKEN")
}

func TestSetupSlackAsksForNoScopeOfWhatIsOff(t *testing.T) {
	t.Parallel()
	tm := newTerminal(t)
	all := tm.run("setup slack").manifest()
	for flag, gone := range map[string][]string{
		"--no-private":  {"groups:write", "groups:read", "groups:history", "group_archive", "message.groups"},
		"--no-groups":   {"usergroups:read"},
		"--no-mentions": {"app_mentions:read", "app_mention"},
		"--no-home":     {"app_home_opened"},
		"--no-direct":   {"im:write", "im:history"},
		"--no-messages": {"message.channels", "message.groups"},
	} {
		m := tm.run("setup slack " + flag).manifest()
		for _, name := range gone {
			require.Contains(t, append(all.OAuth.Scopes.Bot, all.Settings.Events.Bot...), name)
			require.NotContains(t, append(m.OAuth.Scopes.Bot, m.Settings.Events.Bot...), name, flag)
		}
	}
	require.False(t, tm.run("setup slack --no-home").manifest().Features.Home.Enabled)
}

func TestThePlaybookSwitchesReactionsOff(t *testing.T) {
	t.Parallel()
	shipped, err := os.ReadFile("../../../muster.yaml")
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(shipped), "  reactions:\n")
	require.True(t, found)
	_, after, found := strings.Cut(rest, "  invite: []\n")
	require.True(t, found)
	tm := newTerminal(t)
	tm.env["MUSTER_PLAYBOOK"] = filepath.Join(t.TempDir(), "muster.yaml")
	require.NoError(t, os.WriteFile(tm.env["MUSTER_PLAYBOOK"], []byte(before+"  reactions: off\n  invite: [\"@sre\"]\n"+after), 0o600))
	o := tm.run("setup slack")
	m := o.manifest()
	require.NotContains(t, m.OAuth.Scopes.Bot, "reactions:read")
	require.NotContains(t, m.Settings.Events.Bot, "reaction_added")
	tm.run("setup slack --no-groups").fails(cli.ExitUsage, "the playbook invites user groups")
}

func TestSetupSlackWithWrongFlags(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"setup slack --socket=false":                                      "there is no address",
		"setup slack --base-url http://muster.example.com":                "write it like https://muster.example.com",
		"setup slack --base-url muster.example.com":                       "write it like https://muster.example.com",
		"setup slack --socket=true --base-url https://muster.example.com": "Socket Mode needs no address",
		"setup slack --command incident":                                  "write it like /incident",
		"setup slack --command /Fire!":                                    "write it like /incident",
		"setup slack --name " + strings.Repeat("x", 36):                   "longer than 35 characters",
		"setup slack --playbook nowhere.yaml":                             "name it with --playbook",
		"setup slack --sockets":                                           "unknown flag",
		"setup slack now":                                                 "unknown command",
		"setup explode":                                                   "unknown command",
	} {
		tm := newTerminal(t)
		tm.run(line).fails(cli.ExitUsage, want)
		tm.run(line+" -o json").failsJSON(cli.ExitUsage, "invalid")
	}
}
