package slack

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Where Slack sends requests, below the address of the gateway.
const (
	CommandPath     = "/webhooks/slack/commands"
	InteractionPath = "/webhooks/slack/interactions"
	EventPath       = "/webhooks/slack/events"
)

// The callback IDs of the shortcuts, the first global and the others on messages.
const (
	ShortcutDeclare         = "declare"
	ShortcutDeclareMessage  = "declare_message"
	ShortcutFollowUpMessage = "follow_up_message"
	ShortcutTimelineMessage = "timeline_message"
	ShortcutNominateMessage = "nominate_message"
)

// ManifestOptions say what app is to be made.
type ManifestOptions struct {
	// Name is what people see; empty is Muster.
	Name string
	// SocketMode has Slack send everything over connections that Muster opens.
	SocketMode bool
	// BaseURL is the public address of the gateway, such as https://muster.example.com. It is
	// not needed with Socket Mode.
	BaseURL string
	// Command is the slash command; empty is /incident.
	Command  string
	Features Features
}

const (
	defaultName    = "Muster"
	defaultCommand = "/incident"
	// maxAppName is the most of display_information.name.
	maxAppName = 35
)

var commandName = regexp.MustCompile(`^/[a-z0-9][a-z0-9_-]{0,30}$`)

// Manifest writes the manifest of an app with the features that are on, and the scopes and
// events of these and no others (https://docs.slack.dev/reference/app-manifest). Paste it
// where Slack asks for one: api.slack.com/apps, Create New App, From a manifest.
func Manifest(o ManifestOptions) ([]byte, error) {
	if o.Name == "" {
		o.Name = defaultName
	}
	if o.Command == "" {
		o.Command = defaultCommand
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	if err := o.check(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(o.manifest()); err != nil {
		return nil, unset("the manifest cannot be encoded", "")
	}
	return out.Bytes(), nil
}

func (o ManifestOptions) check() error {
	u, err := url.Parse(o.BaseURL)
	switch {
	case strings.TrimSpace(o.Name) != o.Name || length(o.Name) > maxAppName:
		return unset("the app's name is longer than 35 characters or begins or ends with white space", "give it a short name, such as Muster")
	case !commandName.MatchString(o.Command):
		return unset("the slash command is malformed", "write it like /incident: a / and up to 31 small letters, digits, - and _")
	case o.SocketMode:
		return nil
	case o.BaseURL == "":
		return unset("there is no address for Slack to send requests to", "give the gateway's public address, such as https://muster.example.com, or use Socket Mode")
	case err != nil, u.Scheme != "https", u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "":
		return unset("the gateway's address is malformed", "write it like https://muster.example.com; Slack sends nothing to http")
	}
	return nil
}

// fields is a piece of the manifest; encoding/json sorts its names.
type fields map[string]any

func (o ManifestOptions) manifest() fields {
	command := fields{
		"command": o.Command, "description": "Declare an incident, or work in one",
		"usage_hint": "[what is wrong | help]",
		// People and channels in the text arrive as <@U...> and <#C...>, which names do not.
		"should_escape": true,
	}
	interactivity := fields{"is_enabled": true}
	events := fields{"bot_events": o.Features.Events()}
	if !o.SocketMode {
		command["url"] = o.BaseURL + CommandPath
		interactivity["request_url"] = o.BaseURL + InteractionPath
		events["request_url"] = o.BaseURL + EventPath
	}
	return fields{
		"_metadata": fields{"major_version": 2, "minor_version": 1},
		"display_information": fields{
			"name": o.Name, "description": "Declare incidents and run them to their end", "background_color": "#1f2937",
		},
		"features": fields{
			"app_home": fields{
				"home_tab_enabled": o.Features.Home, "messages_tab_enabled": true,
				// What somebody writes to the app there, nobody would read.
				"messages_tab_read_only_enabled": true,
			},
			"bot_user":       fields{"display_name": o.Name, "always_online": true},
			"slash_commands": []fields{command},
			"shortcuts":      shortcuts(),
		},
		"oauth_config": fields{"scopes": fields{"bot": scopeNames(o.Features)}},
		"settings": fields{
			"event_subscriptions": events, "interactivity": interactivity,
			"org_deploy_enabled": false, "socket_mode_enabled": o.SocketMode, "token_rotation_enabled": false,
		},
	}
}

func scopeNames(f Features) []string {
	scopes := f.Scopes()
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.Name
	}
	slices.Sort(names)
	return names
}

// shortcuts have names of up to 24 characters.
func shortcuts() []fields {
	one := func(kind, callback, name, description string) fields {
		return fields{"type": kind, "callback_id": callback, "name": name, "description": description}
	}
	return []fields{
		one("global", ShortcutDeclare, "Declare incident", "Say that something is wrong"),
		one("message", ShortcutDeclareMessage, "Declare incident", "Declare an incident that this message tells of"),
		one("message", ShortcutFollowUpMessage, "Make a follow-up", "Make a follow-up of this message"),
		one("message", ShortcutTimelineMessage, "Put on the timeline", "Put this message on the incident's timeline"),
		one("message", ShortcutNominateMessage, "Nominate for review", "Nominate the incident for a learning review"),
	}
}
