package slackdoor

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"muster/archive/query"
	"muster/gateway/incidents"
	"muster/gateway/rates"
	"muster/gateway/slackdoor/views"
	"muster/incident"
)

// foundAtOnce is how many hits one answer shows, with buttons for each; pickedAtOnce how many people one query names.
const (
	foundAtOnce  = 5
	pickedAtOnce = 5
)

// pickedPerson is somebody in a query who was picked from Slack's menu: see grammar.
var pickedPerson = regexp.MustCompile(`:@([UW][A-Z0-9]+)\b`)

// search asks the archive. A token goes on where the last answer ended.
func (d *Door) search(ctx context.Context, r request, text, token string) *views.Say {
	if strings.TrimSpace(text) == "" {
		return new(views.HowToSearch(d.SlashCommand))
	}
	if err := d.Rates.Take(r.rated(), rates.Search); err != nil {
		return d.unseen(ctx, err)
	}
	text, err := d.withAddresses(ctx, text)
	if err != nil {
		return d.unseen(ctx, err)
	}
	found, err := d.Incidents.Search(ctx, incidents.Search{
		Text: text, Zone: zoneOf(r.by), Limit: foundAtOnce, PageToken: token, Viewer: r.viewer(),
	})
	if err != nil {
		return d.unseen(ctx, err)
	}
	return new(views.Found(text, found, token != ""))
}

// withAddresses writes those who were picked from Slack's menu as the archive knows them. Slack is asked for each, so
// that what would be refused anyway asks it for nobody.
func (d *Door) withAddresses(ctx context.Context, text string) (string, error) {
	picked := map[string]bool{}
	for _, m := range pickedPerson.FindAllStringSubmatch(text, -1) {
		picked[m[1]] = true
	}
	switch {
	case utf8.RuneCountInString(text) > query.MaxCharacters: // the archive says so
		return text, nil
	case len(picked) > pickedAtOnce:
		return "", &incident.Problem{
			Code: incident.CodeInvalid, Field: "q", Reason: fmt.Sprintf("names %d people, and %d are allowed", len(picked), pickedAtOnce), Mend: "ask for fewer at once",
		}
	}
	person := d.personOf(ctx)
	known := map[string]string{}
	for id := range picked {
		known[id] = person(id)
	}
	return pickedPerson.ReplaceAllStringFunc(text, func(m string) string { return ":" + known[m[2:]] }), nil
}

// searchOn answers the button that asks for more.
func (d *Door) searchOn(ctx context.Context, r request, value string) *views.Say {
	text, token, err := views.ParseMore(value)
	if err != nil {
		return d.failed(ctx, err)
	}
	return d.search(ctx, r, text, token)
}
