package doctor

import (
	"context"

	"muster/integrations/fault"
	"muster/integrations/pagerduty"
)

// pagerduty looks whether PagerDuty can be asked what became of pages. Whether routing keys are right
// cannot be asked without paging somebody.
func (e *examination) pagerduty(ctx context.Context) {
	const check = "pagerduty"
	c := e.config.PagerDuty
	if !c.On() {
		return // the settings have said what that costs
	}
	o := pagerduty.Options{APIURL: c.APIURL, Token: c.Token, From: c.From, Service: c.Service, HTTPClient: e.HTTPClient, Now: e.Now}
	if c.ClientID != "" {
		o.Token, o.ClientID, o.ClientSecret, o.Subdomain = fault.Secret{}, c.ClientID, c.ClientSecret, c.Subdomain
	}
	client, err := pagerduty.New(o)
	if err != nil {
		e.vendorSays(check, err)
		return
	}
	found, err := client.Check(ctx)
	if err != nil {
		e.vendorSays(check, err)
		return
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
