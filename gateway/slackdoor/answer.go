package slackdoor

import (
	"context"
	"time"

	slackapi "github.com/slack-go/slack"

	"muster/gateway/slackdoor/views"
	"muster/integrations/slack"
)

// reply is the body that answers a slash command
// (https://docs.slack.dev/interactivity/implementing-slash-commands).
type reply struct {
	Type    string           `json:"response_type"`
	Text    string           `json:"text"`
	Blocks  []slackapi.Block `json:"blocks,omitempty"`
	Replace bool             `json:"replace_original,omitempty"`
}

func message(s views.Say) reply {
	r := reply{Type: "ephemeral", Text: s.Text, Blocks: s.Blocks, Replace: s.Replace}
	if s.InChannel {
		r.Type = "in_channel"
	}
	return r
}

// form is the body that answers a submitted modal
// (https://docs.slack.dev/surfaces/modals#handling_submissions).
type form struct {
	Action string                     `json:"response_action"`
	View   *slackapi.ModalViewRequest `json:"view,omitempty"`
	Errors map[string]string          `json:"errors,omitempty"`
}

func closed() slack.Answer { return slack.Answer{Body: form{Action: "clear"}} }

func updated(v slackapi.ModalViewRequest) slack.Answer {
	return slack.Answer{Body: form{Action: "update", View: &v}}
}

func wrong(errs map[string]string) slack.Answer {
	return slack.Answer{Body: form{Action: "errors", Errors: errs}}
}

// respondWithin bounds an answer that comes after the acknowledgement.
const respondWithin = 5 * time.Second

// tell says something to the person behind a click, who has been answered already.
func (d *Door) tell(ctx context.Context, r request, s *views.Say) {
	if s == nil {
		return
	}
	d.detached(ctx, respondWithin, func(ctx context.Context) {
		var err error
		switch {
		case r.response != "":
			err = d.Slack.Respond(ctx, r.response, s.Text, s.Blocks, s.InChannel, s.Replace)
		case r.channel != "":
			err = d.Slack.Ephemeral(ctx, r.channel, r.by.ID, s.Text, s.Blocks)
		default: // from the home tab or a global shortcut: there is no channel
			err = d.Slack.Direct(ctx, r.by.ID, s.Text, s.Blocks)
		}
		if err != nil {
			d.Logger.WarnContext(ctx, "an answer did not reach its person", "error", err)
		}
	})
}

// open shows a form. A trigger is good for three seconds and one use, so a form that cannot be
// opened is not tried again; the person is told how to go on without it.
func (d *Door) open(ctx context.Context, r request, v slackapi.ModalViewRequest, instead string) *views.Say {
	if r.trigger == "" {
		return new(views.Plain("A form opens only from a command or a button. Type " + slack.Escape(instead) + "."))
	}
	if err := d.Slack.OpenView(ctx, r.trigger, v); err != nil {
		d.Logger.WarnContext(ctx, "form not opened", "callback", v.CallbackID, "error", err)
		return new(views.Plain("The form could not be opened in time. Try again, or type " + slack.Escape(instead) + "."))
	}
	return nil
}
