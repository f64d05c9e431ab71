package pagerduty

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	opLog      = "incidents.log_entries"
	opIncident = "incidents.get"
)

const (
	// logPage is the most entries that PagerDuty gives in one page, logPages how many pages are read
	// of one incident, the newest first.
	logPage  = 100
	logPages = 10
)

// notifyEntry is the kind of the entries of an incident's log that say whom PagerDuty has notified.
const notifyEntry = "notify_log_entry"

// logEntry is what is read of an entry. The library's own type is not used: it panics where the type
// of a channel is no text, and fails for a whole page where one entry's details are no texts.
type logEntry struct {
	ID           string            `json:"id"`
	Type         string            `json:"type"`
	CreatedAt    string            `json:"created_at"`
	User         library.APIObject `json:"user"`
	Notification typed             `json:"notification"`
	Channel      struct {
		Type         any   `json:"type"`
		Notification typed `json:"notification"`
	} `json:"channel"`
}

type typed struct {
	Type any `json:"type"`
}

// Notified says whom PagerDuty has notified for the page with the key, when and by which means, as its
// log of the incident says, the oldest first. knownID is PagerDuty's ID of the incident as it was found
// before, or empty: an incident that was merged into another one is not found by the key any more.
// What PagerDuty notified of an incident before the page's alert was added to it is left out. more
// means that there was more than is read. A page that PagerDuty does not have gives nothing.
//
// People are named by their e-mail addresses and, where PagerDuty has none or says nothing of them,
// by their names. Entries appear late: nothing follows from one that is missing.
//
// The errors are those of Find, and Gone for an incident that PagerDuty shows no more.
func (c *Client) Notified(ctx context.Context, key, knownID string) (list []incident.Woken, more bool, err error) {
	if key == "" {
		return nil, false, refused(opLog, "an empty key would find any incident", "")
	}
	logs, err := c.logsOf(ctx, key, knownID)
	if err != nil {
		return nil, false, err
	}
	names := map[string]string{}
	for _, l := range logs {
		entries, rest, err := c.notifications(ctx, l)
		if err != nil {
			return nil, false, err
		}
		more = more || rest
		for _, e := range entries {
			if slices.ContainsFunc(list, func(w incident.Woken) bool { return w.ID == e.ID }) {
				continue // the pages moved on while they were read
			}
			who, err := c.notifiedName(ctx, e.User, names)
			if err != nil {
				return nil, false, err
			}
			list = append(list, incident.Woken{ID: e.ID, Person: who, At: moment(e.CreatedAt), Means: e.means()})
		}
	}
	slices.SortStableFunc(list, func(a, b incident.Woken) int { return a.At.Compare(b.At) })
	return list, more, nil
}

// incidentLog is an incident's log, as far as it is a page's.
type incidentLog struct {
	id    string
	since time.Time
}

// logsOf finds the incidents in which the page's alert is or was.
func (c *Client) logsOf(ctx context.Context, key, knownID string) ([]incidentLog, error) {
	found, err := c.list(ctx, key)
	if err != nil {
		return nil, err
	}
	var logs []incidentLog
	for k := range found {
		if found[k].ResolveReason.Type == mergeReason && found[k].IncidentKey != key {
			continue // that it was the page's, only its ID tells
		}
		alert, mine, err := c.belongs(ctx, &found[k], key)
		if err != nil {
			return nil, err
		}
		if mine {
			logs = append(logs, incidentLog{id: found[k].ID, since: alert.Created})
		}
	}
	known := func(l incidentLog) bool { return l.id == knownID }
	if !objectID.MatchString(knownID) || slices.ContainsFunc(logs, known) {
		return logs, nil
	}
	return c.withMerged(ctx, logs, knownID)
}

// withMerged adds the log of an incident that the key does not lead to any more. Of the one into which
// it was merged only what came after is the page's.
func (c *Client) withMerged(ctx context.Context, logs []incidentLog, knownID string) ([]incidentLog, error) {
	var known *library.Incident
	err := c.restCall(ctx, opIncident, func(ctx context.Context) (err error) {
		known, err = c.rest.GetIncidentWithContext(ctx, knownID)
		if err == nil && known.ID != knownID {
			return incomplete(opIncident, "the answer holds no incident")
		}
		return err
	})
	switch {
	case fault.IsClass(err, fault.Gone):
		return logs, nil
	case err != nil:
		return nil, err
	}
	own := incidentLog{id: knownID}
	if known.ResolveReason.Type == mergeReason {
		for k := range logs {
			if logs[k].id == known.ResolveReason.Incident.ID {
				own.since = logs[k].since // as old as the alert, which was moved
				logs[k].since = moment(cmp.Or(known.ResolvedAt, known.LastStatusChangeAt))
			}
		}
	}
	return append(logs, own), nil
}

// notifications reads a log, the newest entries first, as far as it is the page's.
func (c *Client) notifications(ctx context.Context, l incidentLog) (out []logEntry, more bool, err error) {
	path := fmt.Sprintf("/incidents/%s/log_entries?limit=%d", l.id, logPage)
	if !l.since.IsZero() { // a second more, whatever PagerDuty makes of the bound itself
		path += "&since=" + l.since.UTC().Add(-time.Second).Format(time.RFC3339)
	}
	for n := range logPages {
		var answer struct {
			Entries []logEntry `json:"log_entries"`
			More    bool       `json:"more"`
		}
		err := c.restCall(ctx, opLog, func(ctx context.Context) error {
			err := c.do(ctx, http.MethodGet, fmt.Sprintf("%s&offset=%d", path, n*logPage), nil, &answer)
			if err == nil && answer.Entries == nil {
				return incomplete(opLog, "the answer holds no list of log entries")
			}
			return err
		})
		if err != nil {
			return nil, false, err
		}
		for _, e := range answer.Entries {
			at := moment(e.CreatedAt)
			if e.Type == notifyEntry && e.ID != "" && e.User.ID != "" && !at.IsZero() && !at.Before(l.since) {
				out = append(out, e)
			}
		}
		if !answer.More {
			return out, false, nil
		}
	}
	return out, true, nil
}

// means reads how somebody was notified. PagerDuty's description has phone_notification and the like,
// its own agent knows ios_push_notification and short_email, and older entries name the means alone.
func (e logEntry) means() incident.Means {
	for _, of := range []any{e.Channel.Notification.Type, e.Notification.Type, e.Channel.Type} {
		text, _ := of.(string)
		for _, m := range []incident.Means{incident.MeansPush, incident.MeansPhone, incident.MeansSMS, incident.MeansEmail} {
			if strings.Contains(text, string(m)) {
				return m
			}
		}
	}
	return incident.MeansUnknown
}

// notifiedName is the e-mail address of who was notified, or a name where PagerDuty has no address for
// the ID. What only failed now is an error, so that nobody stays without an address for that.
func (c *Client) notifiedName(ctx context.Context, user library.APIObject, known map[string]string) (string, error) {
	if name, ok := known[user.ID]; ok {
		return name, nil
	}
	email, err := c.PersonEmail(ctx, user.ID)
	switch {
	case err == nil:
		known[user.ID] = incident.NormalPerson(email)
	case fault.IsClass(err, fault.Retryable) && !answered(err):
		return "", err
	default:
		known[user.ID] = NameOnly(user.Summary, user.ID)
	}
	return known[user.ID], nil
}

// answered reports whether PagerDuty did answer, and with nothing that is an address.
func answered(err error) bool {
	e, ok := fault.As(err)
	return ok && e.Status == http.StatusOK
}
