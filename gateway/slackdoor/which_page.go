package slackdoor

import (
	"context"

	"muster/gateway/slackdoor/views"
	"muster/incident"
)

// opened is a form that was opened, with what there is to say if it could not be.
type opened struct{ say *views.Say }

// whichPage opens the form that asks which page a person takes, where a command was refused
// because that is not clear. It gives nil for everything else.
func (d *Door) whichPage(ctx context.Context, r request, number int, err error) *opened {
	p, ok := incident.AsProblem(err)
	if !ok || p.Field != "page" || p.Code != incident.CodeInvalid || r.trigger == "" {
		return nil
	}
	b, err := d.book()
	if err != nil {
		return nil
	}
	v, err := d.form(ctx, r, b, views.CallbackAck, views.Meta{Incident: number, Channel: r.channel})
	if err != nil {
		return nil
	}
	return &opened{d.open(ctx, r, v, d.SlashCommand+" ack and whose page it is")}
}
