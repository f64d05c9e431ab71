package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"muster/integrations/fault"
	"muster/integrations/jira"
	"muster/integrations/pagerduty"
	"muster/integrations/slack"
	"muster/internal/config"
	"muster/internal/metrics"
	"muster/internal/tracing"
)

// vendors are the clients as the gateway needs them besides: to read webhooks, it asks who
// somebody is.
type vendors struct {
	Vendors
	pager   *pagerduty.Client
	tracker *jira.Client
	chat    *slack.Client
	socket  *slack.Socket
}

// connect makes the vendors' clients. It calls nothing, so that Muster starts while vendors are
// down; a vendor without settings stays nil.
func connect(c *config.Config, log *slog.Logger, observer fault.Observer) (vendors, error) {
	v := vendors{Vendors: Vendors{Secret: c.Secret}}
	var errs []error
	paging := pagerOptions(c.PagerDuty, log)
	paging.Observer = observer
	pager, err := pagerduty.New(paging)
	if err != nil {
		errs = append(errs, fmt.Errorf("pagerduty: %w", err))
	} else {
		v.pager, v.Pager = pager, pager
	}
	if c.Slack.On() {
		errs = append(errs, v.connectSlack(c.Slack, log, observer)...)
	}
	if c.Jira.On() {
		tracker, err := jira.New(jira.Options{
			URL: c.Jira.URL, Email: c.Jira.Email, Token: c.Jira.Token, Deployment: c.Jira.Deployment, Logger: log, Observer: observer,
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("jira: %w", err))
		} else {
			v.tracker, v.Tracker = tracker, tracker
		}
	}
	return v, errors.Join(errs...)
}

func pagerOptions(c config.PagerDuty, log *slog.Logger) pagerduty.Options {
	o := pagerduty.Options{EventsURL: c.EventsURL, APIURL: c.APIURL, Token: c.Token, From: c.From, Service: c.Service, Logger: log}
	if c.ClientID != "" {
		o.Token, o.ClientID, o.ClientSecret, o.Subdomain = fault.Secret{}, c.ClientID, c.ClientSecret, c.Subdomain
	}
	return o
}

func (v *vendors) connectSlack(c config.Slack, log *slog.Logger, observer fault.Observer) (errs []error) {
	o := slack.Options{Token: c.Token, BaseURL: c.APIURL, Logger: log, Observer: observer}
	chat, err := slack.New(o)
	if err != nil {
		return []error{fmt.Errorf("slack: %w", err)}
	}
	v.chat, v.Chat, v.Messages = chat, chat, chat
	if c.Socket() {
		if v.socket, err = slack.NewSocket(o, c.AppToken); err != nil {
			errs = append(errs, fmt.Errorf("slack: %w", err))
		}
	}
	return errs
}

// observed lets metrics and traces hear of every call to a vendor.
func observed(m *metrics.Metrics, t *tracing.Traces) fault.Observer {
	return func(ctx context.Context, vendor, call string, took time.Duration, err error) {
		m.VendorCalled(vendor, call, took, err)
		ended := tracing.VendorCall{Vendor: vendor, Call: call, Outcome: metrics.OutcomeOf(err), Took: took, Failed: err != nil}
		if e, ok := fault.As(err); ok {
			ended.Status, ended.RetryAfter = e.Status, e.RetryAfter
		}
		t.VendorCalled(ctx, ended)
	}
}

// observedArchive lets metrics hear of every call to the archive.
func observedArchive(m *metrics.Metrics) fault.Observer {
	return func(_ context.Context, _, call string, took time.Duration, err error) {
		m.ArchiveCalled(call, took, err)
	}
}
