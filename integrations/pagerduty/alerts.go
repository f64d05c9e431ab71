package pagerduty

import (
	"context"
	"time"

	library "github.com/PagerDuty/go-pagerduty"
)

const opAlerts = "incidents.alerts"

const (
	// alertPage is the most alerts that PagerDuty gives in one page, alertPages how many pages are
	// read: an incident holds at most 1,000 alerts.
	alertPage  = 100
	alertPages = 10
	// alertsKept is how long they are remembered for when PagerDuty cannot be asked.
	alertsKept = 24 * time.Hour
	// alertsRoom is of how many incidents they are remembered.
	alertsRoom = 1000
)

// Alert is what PagerDuty made of the trigger events with one key. An incident has one or, where
// alerts are grouped or incidents were merged, several.
type Alert struct {
	// Key is the dedup key of its events: an incident with alerts has none of its own.
	Key string
	// Created is when it came into being, by PagerDuty's clock and to the second; zero when
	// PagerDuty does not say.
	Created time.Time
	// Suppressed alerts notify nobody.
	Suppressed bool
	// Quiet means that the alert itself asks for low urgency, as a page does that is not urgent.
	Quiet bool
}

// Answered reports whether something that people did at a moment, by PagerDuty's clock too, can
// be their answer to this alert. An incident may have been acknowledged before the alert was
// added to it; those who did so were never told of it. Times that are not known count as later.
func (a Alert) Answered(at time.Time) bool {
	return at.IsZero() || a.Created.IsZero() || !at.Before(a.Created)
}

// Alerts gives the alerts of an incident: v3 webhooks name incidents by PagerDuty's ID alone, and
// the keys are on the alerts. It asks each time, since alerts are added to open incidents where they
// are grouped. What was learnt is remembered, and taken when PagerDuty cannot be asked. The errors
// are those of Find, and Gone for an incident that PagerDuty does not have.
func (c *Client) Alerts(ctx context.Context, incidentID string) ([]Alert, error) {
	if !objectID.MatchString(incidentID) {
		return nil, refused(opAlerts, "the ID is none of a PagerDuty incident", "")
	}
	list, err := c.askAlerts(ctx, incidentID)
	if known, ok := c.alerts.get(incidentID); err != nil && ok && len(known) > 0 {
		c.log.WarnContext(ctx, "pagerduty: the alerts of an incident are taken from memory", "pager_incident", incidentID, "error", err)
		return known, nil
	}
	return list, err
}

// alertOf gives the incident's alert with the key, or nothing if it has none. An alert that is
// remembered stays what it was.
func (c *Client) alertOf(ctx context.Context, incidentID, key string) (Alert, bool, error) {
	known, _ := c.alerts.get(incidentID)
	if alert, ok := withKey(known, key); ok {
		return alert, true, nil
	}
	list, err := c.askAlerts(ctx, incidentID)
	alert, ok := withKey(list, key)
	return alert, ok, err
}

// withKey gives the newest alert with the key: one that was resolved may have a successor.
func withKey(list []Alert, key string) (newest Alert, ok bool) {
	for _, a := range list {
		if a.Key == key && (!ok || a.Created.After(newest.Created)) {
			newest, ok = a, true
		}
	}
	return newest, ok
}

func (c *Client) askAlerts(ctx context.Context, incidentID string) ([]Alert, error) {
	var list []Alert
	for n := range uint(alertPages) {
		more := false
		err := c.restCall(ctx, opAlerts, func(ctx context.Context) error {
			answer, err := c.rest.ListIncidentAlertsWithContext(ctx, incidentID, library.ListIncidentAlertsOptions{Limit: alertPage, Offset: n * alertPage})
			if err != nil {
				return err
			}
			if answer.Alerts == nil {
				return incomplete(opAlerts, "the answer holds no list of alerts")
			}
			for _, a := range answer.Alerts {
				list = append(list, Alert{Key: a.AlertKey, Created: moment(a.CreatedAt), Suppressed: a.Suppressed, Quiet: a.Severity == "warning" || a.Severity == "info"})
			}
			more = answer.More
			return nil
		})
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	c.alerts.put(incidentID, list)
	return list, nil
}

// moment reads a time of PagerDuty's; one that cannot be read is zero.
func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
