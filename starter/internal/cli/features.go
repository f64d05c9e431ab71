package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"muster/integrations/slack"
	"muster/playbook"
)

// without are the features of Slack that somebody does not want. What the playbook says need not
// be said again.
type without struct{ private, groups, messages, mentions, home, direct bool }

func (w *without) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&w.private, "no-private", false, "without private incidents")
	f.BoolVar(&w.groups, "no-groups", false, "without inviting and telling user groups")
	f.BoolVar(&w.messages, "no-messages", false, "without joining by a first message, and without following edits of captured messages")
	f.BoolVar(&w.mentions, "no-mentions", false, "without commands by mentioning the app")
	f.BoolVar(&w.home, "no-home", false, "without the home tab")
	f.BoolVar(&w.direct, "no-direct", false, "without looking for a direct message before it is sent again")
}

// features are those that are on by flags and playbook. Without a playbook its part counts as on.
func (w *without) features(p *playbook.Playbook) slack.Features {
	f := slack.Features{
		Private: !w.private, Groups: !w.groups, Reactions: true, Messages: !w.messages, Mentions: !w.mentions, Home: !w.home, Direct: !w.direct,
	}
	if p != nil {
		f.Reactions = p.Chat().Reactions != (playbook.Reactions{})
	}
	return f
}

// check refuses to leave out what the playbook uses.
func (w *without) check(p *playbook.Playbook) error {
	named := len(p.Chat().Groups) > 0 || slices.ContainsFunc(p.Services(), func(name string) bool {
		s, _ := p.Service(name)
		return len(s.Groups) > 0
	})
	if w.groups && named {
		return usage("--no-groups: the playbook invites user groups; leave the flag out, or take them from the playbook")
	}
	return nil
}
