package slackdoor

import (
	"context"

	"muster/gateway/slackdoor/grammar"
	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/integrations/slack"
)

// from finds out who it is, and refuses whom Muster does not serve. That Slack does not tell in
// time must not keep anybody from declaring: then they are known by their user ID alone, and may
// do nothing else.
func (d *Door) from(ctx context.Context, r *request, userID string, o slack.Origin) *views.Say {
	foreign, unknown := d.foreign(ctx, o)
	m, err := d.member(ctx, userID)
	r.by = m
	if unknown == nil {
		unknown = err
	}
	switch {
	case foreign, err == nil && m.Stranger:
		return new(views.Plain("Only people of this workspace can use Muster. Ask somebody of theirs in this channel to do it for you."))
	case unknown != nil:
		r.unconfirmed = true
		d.Logger.WarnContext(ctx, "somebody is known by their user ID alone, and may only declare", "user_id", userID, "error", unknown)
	case m.Deleted:
		return new(views.Plain("Your account is deactivated in this workspace, so nothing was done. Ask a colleague to do it for you."))
	case m.Bot:
		return new(views.Plain("Muster takes commands from people. Apps declare incidents over its HTTP API."))
	}
	return nil
}

func (d *Door) foreign(ctx context.Context, o slack.Origin) (bool, error) {
	ctx, cancel := d.lookingUp(ctx)
	defer cancel()
	return d.Slack.Foreign(ctx, o)
}

// unconfirmed is what somebody is told of whom Slack does not say who they are.
const (
	whyUnconfirmed = "Slack does not say at this moment who you are, so nothing was done and nothing can be shown"
	unconfirmed    = whyUnconfirmed + ". Try again in a minute. Declaring works without it, and so do `starter` and the HTTP API."
)

// confirmed refuses somebody of whom it is not known who they are. It stands in front of all that
// is not declaring.
func (r request) confirmed() error {
	if r.unconfirmed {
		return &incident.Problem{
			Code: incident.CodeIllegal, Reason: whyUnconfirmed,
			Mend: "try again in a minute; declaring works without it, and so do `starter` and the HTTP API",
		}
	}
	return nil
}

// openToAll reports whether a line needs nobody's name: it declares, or says something of Muster
// itself.
func openToAll(l grammar.Line) bool {
	switch l.Meaning {
	case grammar.Form, grammar.Declare, grammar.Chat:
		return true
	case grammar.Ask:
		return l.Behind != "" || l.Verb != grammar.VerbFollowUp
	}
	return l.Verb == grammar.VerbHelp
}

// opensDeclaring reports whether an interaction leads to a declaration, or to a line that is read
// anew.
func opensDeclaring(i slack.Interaction, action string) bool {
	switch i.Type {
	case slack.InteractionShortcut:
		return true
	case slack.InteractionMessageAction:
		return i.CallbackID == slack.ShortcutDeclareMessage
	}
	switch action {
	case incident.ActionDeclare, views.ActionDeclareForm, views.ActionDeclareAs, views.ActionRun, views.ActionPick:
		return true
	}
	return false
}
