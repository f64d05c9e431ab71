package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/incident"
	"muster/integrations/fault"
	"muster/integrations/slack"
	"muster/internal/config"
	"muster/playbook/file"
)

func (s *session) setup() *cobra.Command {
	group := &cobra.Command{Use: "setup", Short: "Prepare what Muster works with", Args: cobra.NoArgs, RunE: helpOnly}
	group.AddCommand(s.setupTemporal(), s.setupSlack(), s.setupRestored())
	return group
}

func (s *session) setupSlack() *cobra.Command {
	var o slack.ManifestOptions
	var off without
	cmd := &cobra.Command{
		Use: "slack", Short: "Print the manifest of the Slack app, and what to do with it", Args: cobra.NoArgs,
		Long: `Print the manifest of the Slack app, and what to do with it.

The manifest asks for the scopes of what is on by the playbook and the flags, and no others. It goes
to standard output, the next steps go to standard error. Nothing is called and no token is needed.`,
		Example: "  starter setup slack > manifest.json\n  starter setup slack --base-url https://muster.example.com",
	}
	f := cmd.Flags()
	f.StringVar(&o.Name, "name", "Muster", "what people see the app called")
	f.StringVar(&o.Command, "command", s.env("SLACK_COMMAND", config.DefaultCommand), "the slash command (SLACK_COMMAND)")
	f.StringVar(&o.BaseURL, "base-url", "", "the gateway's public `address`; Slack then sends requests there, without Socket Mode")
	f.BoolVar(&o.SocketMode, "socket", true, "use Socket Mode, which needs no public address")
	off.flags(cmd)
	cmd.RunE = s.own(func(context.Context, []string) error {
		socket := f.Lookup("socket")
		switch {
		case socket.Changed && o.SocketMode && o.BaseURL != "":
			return usage("--base-url: Socket Mode needs no address; leave it out, or say --socket=false")
		case !socket.Changed && o.BaseURL != "":
			o.SocketMode = false
		}
		p, err := file.Load(s.target.Playbook, s.Now())
		if err != nil {
			return usage("the playbook says what the app needs, and it cannot be used; name it with --playbook\n%s", err)
		}
		if err := off.check(p); err != nil {
			return err
		}
		o.Features = off.features(p)
		return s.manifest(o)
	})
	return cmd
}

func (s *session) manifest(o slack.ManifestOptions) error {
	text, err := slack.Manifest(o)
	if v, ok := fault.As(err); ok {
		return &incident.Problem{Code: incident.CodeInvalid, Reason: v.Reason, Mend: v.Mend}
	}
	if err != nil {
		return err
	}
	if _, err := s.Stdout.Write(text); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if s.output == outputText {
		nextSteps(s.Stderr, o)
	}
	return nil
}

// nextSteps says how the app comes to be. The texts in quotes are those of Slack's pages.
func nextSteps(w io.Writer, o slack.ManifestOptions) {
	var features []string
	for _, f := range o.Features.List() {
		features = append(features, f.Name)
	}
	fmt.Fprintf(w, `
This app has: %s.

1. Open https://api.slack.com/apps, choose "Create New App", "From a manifest", your workspace,
   and paste the JSON that was printed.
2. "Install App": install it. "OAuth & Permissions" then shows the Bot User OAuth Token:
     SLACK_BOT_TOKEN=xoxb-...
`, strings.Join(features, ", "))
	if o.SocketMode {
		fmt.Fprint(w, `3. "Basic Information", "App-Level Tokens": generate one with the scope connections:write:
     SLACK_APP_TOKEN=xapp-...
`)
	} else {
		fmt.Fprintf(w, `3. "Basic Information", "App Credentials": take the Signing Secret:
     SLACK_SIGNING_SECRET=...
   Once the gateway runs at %s, let Slack verify the address at "Event Subscriptions".
`, o.BaseURL)
	}
	if o.Command != config.DefaultCommand {
		fmt.Fprintf(w, "   and the command, which is not the usual one:\n     SLACK_COMMAND=%s\n", o.Command)
	}
	fmt.Fprintf(w, `4. Set these variables for worker and gateway, start both, and run: starter doctor
5. In Slack, type: %s help
`, o.Command)
}
