package config

import (
	"errors"
	"fmt"
	"strings"

	"muster/integrations/fault"
)

// Slack are the settings of Slack.
type Slack struct {
	Token          fault.Secret
	SigningSecrets []fault.Secret
	// AppToken opens Socket Mode, the way in that needs no public address.
	AppToken fault.Secret
	// Mode is SlackSocket or SlackHTTP: the way by which Slack reaches Muster.
	Mode string
	// Command is the slash command, with its slash.
	Command string
	// APIURL is empty for Slack's own.
	APIURL string
}

// The ways by which Slack reaches Muster.
const (
	SlackSocket = "socket"
	SlackHTTP   = "http"
)

// On reports whether Slack is set up.
func (s Slack) On() bool { return !s.Token.Empty() }

// Socket reports whether Slack reaches Muster through Socket Mode.
func (s Slack) Socket() bool { return s.Mode == SlackSocket }

func (r *reader) slack() Slack {
	s := Slack{
		Token:          r.secret("SLACK_BOT_TOKEN"),
		SigningSecrets: r.secrets("SLACK_SIGNING_SECRET", "SLACK_SIGNING_SECRETS"),
		AppToken:       r.secret("SLACK_APP_TOKEN"),
		Mode:           strings.ToLower(r.text("SLACK_MODE", "")),
		Command:        r.text("SLACK_COMMAND", DefaultCommand),
		APIURL:         r.url("SLACK_API_URL"),
	}
	if s.Mode != "" {
		return s
	}
	s.Mode = SlackHTTP
	if !s.AppToken.Empty() {
		s.Mode = SlackSocket
	}
	return s
}

func (s Slack) validate() []error {
	var errs []error
	if !s.On() && (len(s.SigningSecrets) > 0 || s.APIURL != "" || !s.AppToken.Empty()) {
		errs = append(errs, half("SLACK_SIGNING_SECRET, SLACK_APP_TOKEN or SLACK_API_URL", "SLACK_BOT_TOKEN"))
	}
	switch {
	case s.Mode != SlackSocket && s.Mode != SlackHTTP:
		errs = append(errs, fmt.Errorf("SLACK_MODE is %q: write socket or http, or leave it out", s.Mode))
	case s.On() && s.Socket() && s.AppToken.Empty():
		errs = append(errs, half("SLACK_MODE=socket", "SLACK_APP_TOKEN"))
	case s.On() && !s.Socket() && len(s.SigningSecrets) == 0:
		errs = append(errs, errors.New("SLACK_BOT_TOKEN is set and Slack has no way in: set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP"))
	}
	if !strings.HasPrefix(s.Command, "/") || len(s.Command) < 2 || len(s.Command) > 32 || strings.ContainsAny(s.Command, " \t") {
		errs = append(errs, fmt.Errorf("SLACK_COMMAND is %q: write it like %s", s.Command, DefaultCommand))
	}
	return errs
}
