package pagerduty

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations/fault"
)

// Limits of the Events API v2, in characters except where said:
// https://developer.pagerduty.com/docs/send-alert-event
const (
	maxKey        = 255
	maxSummary    = 1024
	routingKeyLen = 32
	// An event may have 512 KB; what is sent here stays far below with these.
	maxLinks    = 20
	maxLinkText = 250
)

// The operations, as they appear in errors.
const (
	opTrigger     = "events.trigger"
	opAcknowledge = "events.acknowledge"
	opResolve     = "events.resolve"
)

// Trigger pages whoever is on call for the service that the routing key belongs to or, when
// call.Reach is set, whom it names. While an alert or an incident with call.Key is open at
// PagerDuty, triggering again wakes nobody anew, and an alert takes the new words and severity;
// after it was resolved, triggering again pages again, so a caller that repeats a call asks Find
// first.
//
// PagerDuty answers an event before it acts: no error means that it accepted the event, not that a
// person was reached. It drops it when nobody is on call, in a maintenance window, and by rules of
// the account: then Find finds nothing, however long one waits. The errors are *fault.Error:
// Permanent when PagerDuty refuses the event (400), as it does where nobody has the routing key, or
// it was not sent because the key or the routing key cannot be right, Retryable with RetryAfter for
// 429, and Retryable for 5xx, timeouts, broken connections and answers that do not name the key.
// Those for Reach are told in reach.go.
func (c *Client) Trigger(ctx context.Context, routingKey fault.Secret, call incident.PageRequest) error {
	if call.Reach != "" {
		return c.reach(ctx, call)
	}
	if err := checkEvent(opTrigger, routingKey, call.Key, call.Credential); err != nil {
		return err
	}
	err := c.send(ctx, opTrigger, routingKey, &library.V2Event{
		Action:   "trigger",
		DedupKey: call.Key,
		Client:   "Muster",
		Links:    eventLinks(call.Links),
		Payload: &library.V2Payload{
			Summary:   summary(call),
			Source:    "muster",
			Severity:  severity(call),
			Component: call.Service,
			Details:   details(call),
		},
	})
	return unknownKey(err, call.Credential)
}

// unknownKey says of a refusal which credential is wrong, when PagerDuty says that nobody has the
// routing key: robusta-dev/robusta#571.
func unknownKey(err error, credential string) error {
	e, ok := fault.As(err)
	if !ok || e.Status != http.StatusBadRequest || !strings.Contains(strings.ToLower(e.Reason), "invalid routing key") {
		return err
	}
	where := cmp.Or(credential, "the credential")
	e.Reason = fmt.Sprintf("PagerDuty knows no integration with the routing key in %s", incident.Clip(where, 100))
	e.Mend = keyMend(credential) + "; for an account in the EU, set PAGERDUTY_EVENTS_URL to https://events.eu.pagerduty.com too"
	return e
}

func keyMend(credential string) string {
	where := cmp.Or(credential, "the credential")
	return fmt.Sprintf("put the %d-character integration key of the service's Events API v2 integration into %s", routingKeyLen, incident.Clip(where, 100))
}

// Acknowledge acknowledges the open alert with the key. PagerDuty accepts it, and nothing
// happens, when no such alert is open. Errors are as for Trigger.
func (c *Client) Acknowledge(ctx context.Context, routingKey fault.Secret, key string) error {
	if err := checkEvent(opAcknowledge, routingKey, key, ""); err != nil {
		return err
	}
	return c.send(ctx, opAcknowledge, routingKey, &library.V2Event{Action: "acknowledge", DedupKey: key})
}

// Resolve resolves the open alert with the key. PagerDuty accepts it, and nothing happens,
// when no such alert is open. Errors are as for Trigger.
func (c *Client) Resolve(ctx context.Context, routingKey fault.Secret, key string) error {
	if err := checkEvent(opResolve, routingKey, key, ""); err != nil {
		return err
	}
	return c.send(ctx, opResolve, routingKey, &library.V2Event{Action: "resolve", DedupKey: key})
}

func (c *Client) send(ctx context.Context, operation string, routingKey fault.Secret, event *library.V2Event) error {
	event.RoutingKey = routingKey.Reveal()
	return c.call(ctx, eventsAPI, operation, routingKey, func(ctx context.Context) error {
		answer, err := c.events.ManageEventWithContext(ctx, event)
		switch {
		case err != nil:
			return err
		case answer.Status != "success" || answer.DedupKey != event.DedupKey:
			return incomplete(operation, "the answer does not say that the event was accepted")
		}
		return nil
	})
}

// checkEvent refuses what PagerDuty would refuse, or worse, would accept and drop.
func checkEvent(operation string, routingKey fault.Secret, key, credential string) error {
	mend := keyMend(credential)
	switch {
	case routingKey.Empty():
		return refused(operation, "the credential with the routing key is empty", mend)
	case !wellFormed(routingKey):
		return refused(operation, fmt.Sprintf("the credential is malformed: a routing key has exactly %d characters, no spaces and no line break", routingKeyLen), mend)
	case key == "":
		return refused(operation, "the page has no key", "")
	case utf8.RuneCountInString(key) > maxKey:
		return refused(operation, fmt.Sprintf("the page's key is longer than %d characters", maxKey), "")
	}
	return nil
}

func wellFormed(routingKey fault.Secret) bool {
	key := routingKey.Reveal()
	return len(key) == routingKeyLen && strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// drillMark begins the text of every page of a drill.
const drillMark = "DRILL"

// summary is what a responder hears on the phone. PagerDuty refuses an event without one.
func summary(call incident.PageRequest) string {
	text := cmp.Or(incident.CleanLine(call.Headline), incident.CleanLine(call.Incident), call.Key)
	if call.Kind == incident.KindDrill && !marked(text) {
		text = drillMark + " - " + text
	}
	return incident.Clip(text, maxSummary)
}

// marked reports whether the text has the mark as its first word already.
func marked(text string) bool {
	rest, ok := strings.CutPrefix(text, drillMark)
	if !ok {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// severity maps ours to PagerDuty's. What is wanted now is critical, since warning and info are of low
// urgency on services whose urgency follows severity, and wake nobody. So is one that is out of
// bounds: a page that is too loud is better than one that waits for the morning.
// https://support.pagerduty.com/docs/dynamic-notifications
func severity(call incident.PageRequest) string {
	if call.Urgent {
		return "critical"
	}
	switch call.Severity {
	case 2:
		return "error"
	case 3:
		return "warning"
	case 4, 5:
		return "info"
	default:
		return "critical"
	}
}

// eventLinks leaves out what PagerDuty might refuse: a page must not be lost for a link.
func eventLinks(links []incident.Link) []any {
	var list []any
	for _, link := range links {
		u, err := url.Parse(link.URL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			continue
		}
		entry := map[string]string{"href": u.String()}
		if text := incident.CleanLine(link.Label); text != "" {
			entry["text"] = incident.Clip(text, maxLinkText)
		}
		if list = append(list, entry); len(list) == maxLinks {
			break
		}
	}
	return list
}

// details are shown beside the alert.
func details(call incident.PageRequest) map[string]any {
	d := map[string]any{"severity": int(call.Severity)}
	for name, value := range map[string]string{"incident": call.Incident, "kind": string(call.Kind), "service": call.Service} {
		if value != "" {
			d[name] = value
		}
	}
	return d
}
