package app

import (
	"errors"
	"fmt"
	"log/slog"

	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/integrations/slack"
	"muster/internal/config"
)

// vendors are the clients as the gateway needs them besides: to read webhooks, it asks who
// somebody is.
type vendors struct {
	Vendors
	pager   *pagerduty.Client
	tracker *jira.Client
}

// connect makes the vendors' clients. It calls nothing, so that Muster starts while vendors are
// down; a vendor without settings stays nil.
func connect(c *config.Config, log *slog.Logger) (vendors, error) {
	v := vendors{Vendors: Vendors{Secret: c.Secret}}
	var errs []error
	pager, err := pagerduty.New(pagerduty.Options{
		EventsURL: c.PagerDuty.EventsURL, APIURL: c.PagerDuty.APIURL, Token: c.PagerDuty.Token, From: c.PagerDuty.From, Logger: log,
	})
	if err != nil {
		errs = append(errs, fmt.Errorf("pagerduty: %w", err))
	} else {
		v.pager, v.Pager = pager, pager
	}
	if c.Slack.On() {
		chat, err := slack.New(slack.Options{Token: c.Slack.Token, BaseURL: c.Slack.APIURL, Logger: log})
		if err != nil {
			errs = append(errs, fmt.Errorf("slack: %w", err))
		} else {
			v.Chat = chat
		}
	}
	if c.Jira.On() {
		tracker, err := jira.New(jira.Options{
			URL: c.Jira.URL, Email: c.Jira.Email, Token: c.Jira.Token, Deployment: c.Jira.Deployment, Logger: log,
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("jira: %w", err))
		} else {
			v.tracker, v.Tracker = tracker, tracker
		}
	}
	return v, errors.Join(errs...)
}
