package slack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"muster/integrations/fault"
	"muster/integrations/slack"
)

// manifest reads what the tests look at.
type manifest struct {
	Features struct {
		Home struct {
			Tab bool `json:"home_tab_enabled"`
		} `json:"app_home"`
		Commands []struct {
			Command string `json:"command"`
			URL     string `json:"url"`
		} `json:"slash_commands"`
		Shortcuts []struct {
			Type     string `json:"type"`
			Callback string `json:"callback_id"`
		} `json:"shortcuts"`
	} `json:"features"`
	OAuth struct {
		Scopes map[string][]string `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Events struct {
			URL string   `json:"request_url"`
			Bot []string `json:"bot_events"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			Enabled bool   `json:"is_enabled"`
			URL     string `json:"request_url"`
		} `json:"interactivity"`
		Socket   bool  `json:"socket_mode_enabled"`
		Rotation *bool `json:"token_rotation_enabled"`
	} `json:"settings"`
}

func written(t *testing.T, o slack.ManifestOptions) (manifest, []byte) {
	t.Helper()
	raw, err := slack.Manifest(o)
	require.NoError(t, err)
	var m manifest
	require.NoError(t, json.Unmarshal(raw, &m))
	return m, raw
}

// everySet is each choice of features that a few bits make.
func everySet() []slack.Features {
	var sets []slack.Features
	for n := range 1 << 7 {
		on := func(bit int) bool { return n&(1<<bit) != 0 }
		sets = append(sets, slack.Features{
			Private: on(0), Groups: on(1), Reactions: on(2), Messages: on(3), Mentions: on(4), Home: on(5), Direct: on(6),
		})
	}
	return sets
}

func TestTheManifestOfASocketNamesNoAddress(t *testing.T) {
	t.Parallel()
	m, raw := written(t, slack.ManifestOptions{SocketMode: true, Features: slack.AllFeatures()})
	require.True(t, m.Settings.Socket)
	require.NotContains(t, string(raw), "http")
	require.Equal(t, "/incident", m.Features.Commands[0].Command)
	require.NotNil(t, m.Settings.Rotation)
	require.False(t, *m.Settings.Rotation)
	require.True(t, m.Features.Home.Tab)
	require.Equal(t, "global", m.Features.Shortcuts[0].Type)
	require.Len(t, m.Features.Shortcuts, 5)
	require.Equal(t, []string{
		"app_home_opened", "app_mention", "channel_archive", "channel_deleted", "channel_rename", "channel_unarchive", "group_archive",
		"group_deleted", "group_rename", "group_unarchive", "member_joined_channel", "message.channels", "message.groups", "reaction_added",
	}, m.Settings.Events.Bot)
}

func TestTheManifestOfAGatewayNamesItsAddresses(t *testing.T) {
	t.Parallel()
	m, _ := written(t, slack.ManifestOptions{Name: "Incidents", BaseURL: "https://muster.example.com/", Command: "/inc", Features: slack.AllFeatures()})
	require.False(t, m.Settings.Socket)
	require.Equal(t, "https://muster.example.com"+slack.CommandPath, m.Features.Commands[0].URL)
	require.Equal(t, "https://muster.example.com"+slack.InteractionPath, m.Settings.Interactivity.URL)
	require.Equal(t, "https://muster.example.com"+slack.EventPath, m.Settings.Events.URL)
	require.Equal(t, "/inc", m.Features.Commands[0].Command)
}

func TestTheManifestAsksForWhatIsOnAndNoMore(t *testing.T) {
	t.Parallel()
	needs := map[string]func(slack.Features) bool{
		"groups:write":      func(f slack.Features) bool { return f.Private },
		"groups:read":       func(f slack.Features) bool { return f.Private },
		"groups:history":    func(f slack.Features) bool { return f.Private },
		"message.groups":    func(f slack.Features) bool { return f.Private && f.Messages },
		"group_archive":     func(f slack.Features) bool { return f.Private },
		"usergroups:read":   func(f slack.Features) bool { return f.Groups },
		"reactions:read":    func(f slack.Features) bool { return f.Reactions },
		"reaction_added":    func(f slack.Features) bool { return f.Reactions },
		"message.channels":  func(f slack.Features) bool { return f.Messages },
		"app_mentions:read": func(f slack.Features) bool { return f.Mentions },
		"app_mention":       func(f slack.Features) bool { return f.Mentions },
		"app_home_opened":   func(f slack.Features) bool { return f.Home },
		"im:write":          func(f slack.Features) bool { return f.Direct },
		"im:history":        func(f slack.Features) bool { return f.Direct },
		"commands":          func(slack.Features) bool { return true },
		"chat:write":        func(slack.Features) bool { return true },
		"channel_archive":   func(slack.Features) bool { return true },
	}
	for _, f := range everySet() {
		m, _ := written(t, slack.ManifestOptions{SocketMode: true, Features: f})
		asked := append(slices.Clone(m.OAuth.Scopes["bot"]), m.Settings.Events.Bot...)
		for name, needed := range needs {
			require.Equal(t, needed(f), slices.Contains(asked, name), "%s with %+v", name, f)
		}
		require.Len(t, m.OAuth.Scopes, 1, "only bot scopes")
		require.Empty(t, slack.Missing(m.OAuth.Scopes["bot"], f), "what was asked for is enough")
		require.Empty(t, slack.Unneeded(m.OAuth.Scopes["bot"], f))
		require.Len(t, slices.Compact(slices.Clone(m.OAuth.Scopes["bot"])), len(m.OAuth.Scopes["bot"]))
	}
}

func TestWhatAMissingScopeTurnsOffIsSaid(t *testing.T) {
	t.Parallel()
	require.Equal(t, []slack.FeatureOff{
		{Feature: "reactions", Scope: "reactions:read", Why: "take a reaction as a command"},
	}, slack.Missing(allBut("reactions:read"), slack.AllFeatures()))
	f := slack.AllFeatures()
	f.Reactions = false
	require.Empty(t, slack.Missing(allBut("reactions:read"), f))
	require.Equal(t, []string{"files:write", "reactions:read"}, slack.Unneeded(append(allBut(), "files:write", "", "files:write"), f))
}

func TestTheManifestFitsSlacksSchema(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("MUSTER_CONTRACTS")
	if folder == "" {
		t.Skip("MUSTER_CONTRACTS is not set, so Slack's schema is not here")
	}
	file, err := os.Open(filepath.Join(folder, "slack-manifest", "manifest.schema.2.0.0.json"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	described, err := jsonschema.UnmarshalJSON(file)
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	// The patterns of the domains, which our manifest has none of, begin with a look-ahead.
	compiler.UseRegexpEngine(func(pattern string) (jsonschema.Regexp, error) {
		return regexp.Compile(strings.Replace(pattern, `(?![\.\-])`, "", 1))
	})
	require.NoError(t, compiler.AddResource("manifest.json", described))
	schema, err := compiler.Compile("manifest.json")
	require.NoError(t, err)
	valid := func(raw []byte) error {
		m, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
		require.NoError(t, err)
		return schema.Validate(m)
	}
	for _, f := range everySet() {
		for _, o := range []slack.ManifestOptions{
			{SocketMode: true, Features: f},
			{Name: strings.Repeat("n", 35), BaseURL: "https://muster.example.com/slack", Command: "/" + strings.Repeat("i", 31), Features: f},
		} {
			_, raw := written(t, o)
			require.NoError(t, valid(raw))
		}
	}
	_, raw := written(t, slack.ManifestOptions{SocketMode: true})
	require.Error(t, valid([]byte(strings.Replace(string(raw), `"Declare incident"`, `"Declare an incident right now"`, 1))), "the schema is really looked at")
}

func TestAManifestThatSlackWouldNotTakeIsNotWritten(t *testing.T) {
	t.Parallel()
	for reason, o := range map[string]slack.ManifestOptions{
		"name is longer":               {SocketMode: true, Name: strings.Repeat("n", 36)},
		"slash command is malformed":   {SocketMode: true, Command: "incident"},
		"no address":                   {},
		"gateway's address":            {BaseURL: "http://muster.example.com"},
		"gateway's address is malform": {BaseURL: "https://me:pw@muster.example.com"},
		"address is malformed":         {BaseURL: "muster.example.com"},
	} {
		_, err := slack.Manifest(o)
		require.NotEmpty(t, requireClass(t, err, fault.Permanent, reason).Mend)
	}
	for _, command := range []string{"/", "/In", "/with space", "/" + strings.Repeat("i", 32), "//x"} {
		_, err := slack.Manifest(slack.ManifestOptions{SocketMode: true, Command: command})
		requireClass(t, err, fault.Permanent, "slash command")
	}
}
