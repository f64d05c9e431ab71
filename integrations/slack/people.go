package slack

import (
	"context"
	"strings"
	"sync"
	"time"

	"muster/integrations/vendor"
)

const (
	knownTTL   = 6 * time.Hour
	unknownTTL = 5 * time.Minute // a new colleague should not wait long to be found
	// maxKnown bounds the memory of the directory: about 1 MB.
	maxKnown = 10_000
)

// directory remembers which e-mail address is which user, including that none is.
type directory struct {
	now func() time.Time

	mu      sync.Mutex
	entries map[string]dirEntry
}

type dirEntry struct {
	id    string // empty: Slack knows nobody by the address
	until time.Time
}

func newDirectory(now func() time.Time) *directory {
	return &directory{now: now, entries: map[string]dirEntry{}}
}

func (d *directory) get(email string) (id string, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.entries[email]
	if !ok || !d.now().Before(e.until) {
		return "", false
	}
	return e.id, true
}

func (d *directory) put(email, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.entries) >= maxKnown {
		d.shrink()
	}
	ttl := knownTTL
	if id == "" {
		ttl = unknownTTL
	}
	d.entries[email] = dirEntry{id: id, until: d.now().Add(ttl)}
}

// shrink drops what is out of date, and any half of the rest if that is not enough.
func (d *directory) shrink() {
	for email, e := range d.entries {
		if !d.now().Before(e.until) {
			delete(d.entries, email)
		}
	}
	for email := range d.entries {
		if len(d.entries) < maxKnown/2 {
			return
		}
		delete(d.entries, email)
	}
}

// userID finds a person's user ID by e-mail address. Nobody is an empty ID and no error.
// Slack answers users_not_found for deactivated people too
// (https://docs.slack.dev/reference/methods/users.lookupByEmail).
func (c *Client) userID(ctx context.Context, person string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(person))
	if !isEmail(email) {
		return "", nil
	}
	if id, ok := c.people.get(email); ok {
		return id, nil
	}
	const operation = "users.lookupByEmail"
	user, err := c.api.GetUserByEmailContext(ctx, email)
	switch {
	case hasReason(err, "users_not_found"):
		c.people.put(email, "")
		return "", nil
	case err != nil:
		return "", c.fail(operation, err)
	case user.ID == "":
		return "", emptyAnswer(operation)
	}
	c.people.put(email, user.ID)
	return user.ID, nil
}

// isEmail keeps the names that vendors have for people without addresses from being looked up.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsAny(s, " <>|\n\t")
}

// mentions finds how the people of a message are shown. A message is worth more than the
// names in it: after one failed look-up the rest are shown by what we already know.
func (c *Client) mentions(ctx context.Context, people []string) (map[string]string, error) {
	shown := make(map[string]string, len(people))
	down := false
	for _, p := range people {
		if _, done := shown[p]; done {
			continue
		}
		id, known := c.people.get(strings.ToLower(strings.TrimSpace(p)))
		if !known && !down {
			var err error
			id, err = c.userID(ctx, p)
			if vendor.IsClass(err, vendor.Credential) || (err != nil && ctx.Err() != nil) {
				return nil, err
			}
			if err != nil {
				c.log.WarnContext(ctx, "people are shown by address", "failure", err)
				down = true
			}
		}
		if id != "" {
			shown[p] = "<@" + id + ">"
		}
	}
	return shown, nil
}
