package pagerduty

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations/fault"
)

// The operations, as they appear in errors.
const (
	opAbilities = "abilities.list"
	opMe        = "users.me"
	opUsers     = "users.list"
	opService   = "services.get"
	opHooks     = "webhook_subscriptions.list"
)

// Finding is something about PagerDuty that deserves a person's attention.
type Finding struct {
	Text, Mend string
	// Broken means that something will not work, and not only that it may stop one day.
	Broken bool
}

// Check asks PagerDuty whether the REST settings work. It finds nothing when all is well. The error,
// if any, is a *fault.Error that says why the check itself failed: Off without a token, Credential
// for a token that is refused.
//
// It pages nobody, and so says nothing about routing keys.
func (c *Client) Check(ctx context.Context) ([]Finding, error) {
	var found []Finding
	if err := c.checkToken(ctx); err != nil {
		return nil, err
	}
	if missing := c.auth.missing(); len(missing) > 0 {
		found = append(found, Finding{"the PagerDuty app was not given the scopes " + strings.Join(missing, ", "), "add them to the app", true})
	}
	for _, check := range []func(context.Context) (Finding, error){c.checkOwner, c.checkIncidents, c.checkOnCalls, c.checkFrom, c.checkService, c.checkSubscriptions} {
		finding, err := check(ctx)
		if err != nil {
			return nil, err
		}
		if finding.Text != "" {
			found = append(found, finding)
		}
	}
	return found, nil
}

// checkToken asks for what every token may see, except an app's that was not given this very scope.
func (c *Client) checkToken(ctx context.Context) error {
	err := c.restCall(ctx, opAbilities, func(ctx context.Context) error {
		answer, err := c.rest.ListAbilitiesWithContext(ctx)
		if err == nil && answer.Abilities == nil {
			return incomplete(opAbilities, "the answer holds no list of abilities")
		}
		return err
	})
	if forbidden(err) && len(c.auth.missing()) > 0 {
		return nil
	}
	return err
}

// forbidden reports whether PagerDuty knows the token, which may not do this.
func forbidden(err error) bool {
	e, ok := fault.As(err)
	return ok && e.Status == http.StatusForbidden
}

// mayNot makes a finding of what a token may not do.
func mayNot(err error, text, scope string) (Finding, error) {
	if forbidden(err) {
		return Finding{"the PagerDuty token may not read " + text, "give it the right to, or the scope " + scope, true}, nil
	}
	return Finding{}, err
}

// checkOwner warns of a token that is a person's own. PagerDuty answers 400 to an account's
// key, which has no user, and 403 to an app's token that may not read users.
func (c *Client) checkOwner(ctx context.Context) (Finding, error) {
	var me *library.User
	err := c.restCall(ctx, opMe, func(ctx context.Context) (err error) {
		me, err = c.rest.GetCurrentUserWithContext(ctx, library.GetCurrentUserOptions{})
		if err == nil && me.ID == "" {
			return incomplete(opMe, "the answer holds no user")
		}
		return err
	})
	if e, ok := fault.As(err); ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusForbidden) {
		return Finding{}, nil
	}
	if err != nil {
		return Finding{}, err
	}
	return Finding{
		Text: fmt.Sprintf("the PagerDuty token belongs to %s and ends with their account", incident.Clip(me.Name, 80)),
		Mend: "use an account's key, or an app with Scoped OAuth",
	}, nil
}

// checkIncidents is about hearing acknowledgements at all.
func (c *Client) checkIncidents(ctx context.Context) (Finding, error) {
	err := c.restCall(ctx, opFind, func(ctx context.Context) error {
		answer, err := c.rest.ListIncidentsWithContext(ctx, library.ListIncidentsOptions{Limit: 1})
		if err == nil && answer.Incidents == nil {
			return incomplete(opFind, "the answer holds no list of incidents")
		}
		return err
	})
	return mayNot(err, "incidents, so no acknowledgement at PagerDuty is heard", "incidents.read")
}

func (c *Client) checkOnCalls(ctx context.Context) (Finding, error) {
	err := c.restCall(ctx, opOnCalls, func(ctx context.Context) error {
		answer, err := c.rest.ListOnCallsWithContext(ctx, library.ListOnCallOptions{Limit: 1})
		if err == nil && answer.OnCalls == nil {
			return incomplete(opOnCalls, "the answer holds no list of on-calls")
		}
		return err
	})
	return mayNot(err, "who is on call, so Muster cannot tell whose page somebody acknowledges", "oncalls.read")
}

// checkFrom warns of an address that PagerDuty would refuse in the From header.
func (c *Client) checkFrom(ctx context.Context) (Finding, error) {
	if c.from == "" {
		return Finding{}, nil
	}
	var known bool
	err := c.restCall(ctx, opUsers, func(ctx context.Context) error {
		answer, err := c.rest.ListUsersWithContext(ctx, library.ListUsersOptions{Query: c.from, Limit: 100})
		if err != nil {
			return err
		}
		for _, user := range answer.Users {
			known = known || incident.NormalPerson(user.Email) == incident.NormalPerson(c.from)
		}
		return nil
	})
	if err == nil && !known {
		return Finding{fmt.Sprintf("PagerDuty knows no user %s", c.from), "make a user of Muster's own with this address, or correct PAGERDUTY_FROM", true}, nil
	}
	return mayNot(err, "users, so responders are known by their display names alone", "users.read")
}

// checkService warns of a service on which nobody can be paged.
func (c *Client) checkService(ctx context.Context) (Finding, error) {
	if c.service == "" {
		return Finding{}, nil
	}
	var service *library.Service
	err := c.restCall(ctx, opService, func(ctx context.Context) (err error) {
		service, err = c.rest.GetServiceWithContext(ctx, c.service, nil)
		if err == nil && service.ID == "" {
			return incomplete(opService, "the answer holds no service")
		}
		return err
	})
	switch {
	case fault.IsClass(err, fault.Gone):
		return Finding{fmt.Sprintf("PagerDuty knows no service %s", c.service), "set PAGERDUTY_SERVICE to the ID in the address of a service's page", true}, nil
	case err != nil:
		return mayNot(err, "services", "services.read")
	case service.Status == "disabled" || service.Status == "maintenance":
		return Finding{
			fmt.Sprintf("the PagerDuty service %s has the status %s, so people, policies and schedules cannot be paged", incident.Clip(service.Name, 80), service.Status),
			"make it active", true,
		}, nil
	}
	return Finding{}, nil
}

// WebhookPath ends the address to which PagerDuty's webhooks go.
const WebhookPath = "/webhooks/pagerduty"

// subscription is who gets webhooks; the library does not know them.
type subscription struct {
	ID     string   `json:"id"`
	Active bool     `json:"active"`
	Events []string `json:"events"`
	Method struct {
		URL      string `json:"url"`
		Disabled bool   `json:"temporarily_disabled"`
	} `json:"delivery_method"`
}

// Subscriptions counts the webhook subscriptions that lead to Muster, whatever their state. The error, if
// any, is a *fault.Error.
func (c *Client) Subscriptions(ctx context.Context) (int, error) {
	ours, err := c.subscriptions(ctx)
	return len(ours), err
}

func (c *Client) subscriptions(ctx context.Context) (ours []subscription, err error) {
	var answer struct {
		Subscriptions []subscription `json:"webhook_subscriptions"`
	}
	err = c.restCall(ctx, opHooks, func(ctx context.Context) error {
		err := c.do(ctx, http.MethodGet, "/webhook_subscriptions?limit=100", nil, &answer)
		if err == nil && answer.Subscriptions == nil {
			return incomplete(opHooks, "the answer holds no list of subscriptions")
		}
		return err
	})
	for _, s := range answer.Subscriptions {
		if u, err := url.Parse(s.Method.URL); err == nil && strings.HasSuffix(u.Path, WebhookPath) {
			ours = append(ours, s)
		}
	}
	return ours, err
}

// checkSubscriptions warns of a subscription to Muster that does not deliver what it needs. Where
// nobody may look, PagerDuty is asked all the same, about a minute later.
func (c *Client) checkSubscriptions(ctx context.Context) (Finding, error) {
	ours, err := c.subscriptions(ctx)
	if forbidden(err) {
		return Finding{}, nil
	}
	for _, s := range ours {
		name := "the PagerDuty webhook subscription " + incident.Clip(s.ID, 40)
		missing := slices.DeleteFunc(slices.Clone(Events), func(e string) bool { return slices.Contains(s.Events, e) })
		switch {
		case s.Method.Disabled:
			return Finding{name + " is switched off, since its webhooks were refused", "see why in the gateway's log, and switch it on at PagerDuty under Integrations, Generic Webhooks", true}, nil
		case !s.Active:
			return Finding{name + " is not active", "switch it on at PagerDuty under Integrations, Generic Webhooks", true}, nil
		case len(missing) > 0:
			return Finding{name + " leaves out " + strings.Join(missing, ", "), "add them at PagerDuty under Integrations, Generic Webhooks", false}, nil
		}
	}
	return Finding{}, err
}
