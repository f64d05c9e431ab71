package slackdoor

import (
	"context"
	"regexp"
	"strings"

	"muster/gateway/incidents"
	"muster/gateway/slackdoor/views"
)

// foundAtOnce is how many hits one answer shows, with buttons for each.
const foundAtOnce = 5

// pickedPerson is somebody in a query who was picked from Slack's menu: see grammar.
var pickedPerson = regexp.MustCompile(`:@([UW][A-Z0-9]+)\b`)

// search asks the archive. A token goes on where the last answer ended.
func (d *Door) search(ctx context.Context, r request, text, token string) *views.Say {
	if strings.TrimSpace(text) == "" {
		return new(views.HowToSearch(d.SlashCommand))
	}
	person := d.personOf(ctx)
	text = pickedPerson.ReplaceAllStringFunc(text, func(m string) string { return ":" + person(m[2:]) })
	found, err := d.Incidents.Search(ctx, incidents.Search{
		Text: text, Zone: zoneOf(r.by), Limit: foundAtOnce, PageToken: token, Viewer: r.viewer(),
	})
	if err != nil {
		return d.unseen(ctx, err)
	}
	return new(views.Found(text, found, token != ""))
}

// searchOn answers the button that asks for more.
func (d *Door) searchOn(ctx context.Context, r request, value string) *views.Say {
	text, token, err := views.ParseMore(value)
	if err != nil {
		return d.failed(ctx, err)
	}
	return d.search(ctx, r, text, token)
}
