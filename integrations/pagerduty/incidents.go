package pagerduty

import (
	"cmp"
	"context"
	"slices"
	"sync"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations/fault"
)

const opFind = "incidents.list"

const (
	// findLimit is how many incidents of one key are looked at, the newest first. An attempt
	// has a key of its own, so there is ordinarily one.
	findLimit = 25
	// findParallel is how many look-ups FindMany makes at once. PagerDuty allows 960 requests
	// a minute for the whole account.
	findParallel = 4
)

// Find says what PagerDuty knows of the page with the key, however old: the newest incident
// that has the key or an alert with it. Found is false if there is none, which shortly after
// Trigger can also mean that PagerDuty has not come to it yet.
//
// It is acknowledged only if somebody acknowledged the incident at or after the moment at which the
// page's alert was added to it; Silent says why nobody is notified otherwise. By is the e-mail
// address of the first user who acknowledged, and of a resolved incident that of the user who
// resolved it; it is PagerDuty's name for them when the address cannot be read, and empty when no
// user did it, or Muster itself.
//
// The errors are *fault.Error: Off without a token, Permanent for an empty key, Credential
// for 401 and 403, Retryable for 429 (RetryAfter from ratelimit-reset), 5xx, broken
// connections and answers that are no list.
func (c *Client) Find(ctx context.Context, key string) (incident.PageState, error) {
	if key == "" {
		// PagerDuty takes an empty incident_key for none and lists every incident there is:
		// https://github.com/airbnb/streamalert/issues/567
		return incident.PageState{}, refused(opFind, "an empty key would find any incident", "")
	}
	found, alert, err := c.newest(ctx, key)
	if err != nil || found == nil {
		return incident.PageState{}, err
	}
	return c.stateOf(ctx, found, alert), nil
}

// FindMany is Find for several keys; keys that occur twice are looked up once, empty ones not
// at all. It makes one request for each key (PagerDuty has no look-up of several), a few at
// a time, and some for incidents, policies and users not seen lately. It goes on after a failure
// that concerns one key alone, and stops at one that the others would meet too. What it knows it
// returns beside the first error.
func (c *Client) FindMany(ctx context.Context, keys []string) (map[string]incident.PageState, error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	keys = slices.DeleteFunc(keys, func(key string) bool { return key == "" })
	var (
		mu     sync.Mutex
		first  error
		states = make(map[string]incident.PageState, len(keys))
		work   = make(chan string)
		wait   sync.WaitGroup
	)
	stop := make(chan struct{})
	note := func(key string, state incident.PageState, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			states[key] = state
			return
		}
		if first == nil || (fault.General(err) && !fault.General(first)) {
			first = err
		}
		if fault.General(err) {
			select {
			case <-stop:
			default:
				close(stop)
			}
		}
	}
	for range min(findParallel, len(keys)) {
		wait.Go(func() {
			for key := range work {
				state, err := c.Find(ctx, key)
				note(key, state, err)
			}
		})
	}
	for _, key := range keys {
		select {
		case work <- key:
			continue
		case <-stop:
		}
		break
	}
	close(work)
	wait.Wait()
	return states, first
}

// newest returns the newest incident that belongs to the key, with the key's alert, or nil.
func (c *Client) newest(ctx context.Context, key string) (*library.Incident, Alert, error) {
	list, err := c.list(ctx, key)
	if err != nil {
		return nil, Alert{}, err
	}
	slices.SortStableFunc(list, func(a, b library.Incident) int {
		return cmp.Compare(b.IncidentNumber, a.IncidentNumber)
	})
	for i := range list {
		if list[i].ResolveReason.Type == mergeReason && list[i].IncidentKey != key {
			continue // its alerts are in another one
		}
		alert, mine, err := c.belongs(ctx, &list[i], key)
		if err != nil || mine {
			return &list[i], alert, err
		}
	}
	return nil, Alert{}, nil
}

// mergeReason is how PagerDuty calls it when it resolved an incident because somebody merged it into
// another. That is no answer to anything.
const mergeReason = "merge_resolve_reason"

func (c *Client) list(ctx context.Context, key string) ([]library.Incident, error) {
	var list []library.Incident
	err := c.restCall(ctx, opFind, func(ctx context.Context) error {
		answer, err := c.rest.ListIncidentsWithContext(ctx, library.ListIncidentsOptions{
			IncidentKey: key,
			// Without it PagerDuty looks back one month only.
			DateRange: "all",
			Statuses:  []string{"triggered", "acknowledged", "resolved"},
			SortBy:    "created_at:desc",
			Limit:     findLimit,
		})
		if err != nil {
			return err
		}
		if answer.Incidents == nil {
			// "Not found" may make a caller page again, so it must have been said.
			return incomplete(opFind, "the answer holds no list of incidents")
		}
		list = answer.Incidents
		return nil
	})
	return list, err
}

// belongs reports whether the incident is the key's. PagerDuty answers with the incidents that
// have an alert with the key; their own key is then that of their first alert, or missing. An
// incident of another key is believed only if it has our alert (because alerts were grouped,
// or somebody merged incidents): to take a stranger's incident for our page would keep us from
// paging.
func (c *Client) belongs(ctx context.Context, found *library.Incident, key string) (Alert, bool, error) {
	if found.ID == "" {
		return Alert{}, false, incomplete(opFind, "the answer holds an incident without an ID")
	}
	if found.IncidentKey == key {
		return Alert{Key: key, Created: moment(found.CreatedAt)}, true, nil
	}
	return c.alertOf(ctx, found.ID, key)
}

func isUser(o library.APIObject) bool { return o.Type == "user_reference" || o.Type == "user" }
