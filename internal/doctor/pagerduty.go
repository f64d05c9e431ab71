package doctor

import (
	"context"
	"regexp"
	"strings"

	"muster/integrations/fault"
	"muster/integrations/pagerduty"
)

// pagerduty looks whether PagerDuty can be asked what became of pages. Whether routing keys are right
// cannot be asked without paging somebody.
func (e *examination) pagerduty(ctx context.Context) {
	const check = "pagerduty"
	e.routingKeys()
	c := e.config.PagerDuty
	if !c.On() {
		e.blindTo(check)
		return // the settings have said what that costs
	}
	client, err := e.pager()
	if err != nil {
		e.vendorSays(check, err)
		return
	}
	found, err := client.Check(ctx)
	if err != nil {
		e.vendorSays(check, err)
		return
	}
	if len(c.WebhookSecrets) > 0 {
		found = append(found, e.subscribed(ctx, client)...)
	}
	for _, f := range found {
		state := Warning
		if f.Broken {
			state = Broken
		}
		e.say(state, check, f.Mend, "%s", f.Text)
	}
	if len(found) == 0 {
		e.say(OK, check, "", "it answers, and says what Muster must know of pages")
	}
}

func (e *examination) pager() (*pagerduty.Client, error) {
	c := e.config.PagerDuty
	o := pagerduty.Options{EventsURL: c.EventsURL, APIURL: c.APIURL, Token: c.Token, From: c.From, Service: c.Service, HTTPClient: e.HTTPClient, Now: e.Now}
	if c.ClientID != "" {
		o.Token, o.ClientID, o.ClientSecret, o.Subdomain = fault.Secret{}, c.ClientID, c.ClientSecret, c.Subdomain
	}
	return pagerduty.New(o)
}

// subscribed looks whether the secret has a subscription that it could belong to. Who may not look is
// told nothing: PagerDuty is asked all the same, about a minute later.
func (e *examination) subscribed(ctx context.Context, client *pagerduty.Client) []pagerduty.Finding {
	n, err := client.Subscriptions(ctx)
	if err != nil || n > 0 {
		return nil
	}
	return []pagerduty.Finding{{
		Text: "no webhook subscription leads to " + pagerduty.WebhookPath + ", so acknowledgements are heard when Muster asks, about a minute late",
		Mend: "add one at PagerDuty under Integrations, Generic Webhooks, and set PAGERDUTY_WEBHOOK_SECRET to its secret",
	}}
}

// routingKey is the shape of an integration key of the Events API.
// https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
var routingKey = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// routingKeys looks at the keys that the playbook names, as far as they are set here. Whether PagerDuty
// knows one it says only to a page.
func (e *examination) routingKeys() {
	const check = "pagerduty keys"
	if e.playbook == nil || e.config.PagerDuty.EventsURL != "" { // who has another receiver has other keys
		return
	}
	good, wrong := 0, 0
	for _, c := range e.playbook.Credentials() {
		secret, err := e.config.Secret(c)
		switch {
		case err != nil: // the playbook's check has said so
		case routingKey.MatchString(secret.Reveal()):
			good++
		default:
			wrong++
			e.say(Broken, check, "copy the Integration Key of the service's Events API v2 integration into it, not a key of the REST API",
				"%s is no integration key, which has 32 letters and digits, so its pages are refused and nobody is woken", strings.TrimPrefix(c, "env:"))
		}
	}
	if good > 0 && wrong == 0 {
		e.say(OK, check, "", "%s of the right shape; whether PagerDuty knows them shows with a page, such as `starter doctor --test-page`", count(good, "integration key"))
	}
}
