package pagerduty

import (
	"cmp"
	"context"
	"regexp"
	"sync"
	"time"

	library "github.com/PagerDuty/go-pagerduty"
)

const opPerson = "users.get"

const (
	// emailAge is how long an address is believed. Addresses change rarely.
	emailAge = time.Hour
	// emailRoom is how many addresses are kept.
	emailRoom = 1000
)

// objectID is the shape of PagerDuty's IDs. The library puts them into paths unescaped.
var objectID = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)

// PersonEmail returns the e-mail address of a PagerDuty user. Addresses are remembered for an
// hour. The errors are *fault.Error: Permanent for an ID that cannot be one, Gone for a user
// who was deleted, otherwise as for Find.
func (c *Client) PersonEmail(ctx context.Context, userID string) (string, error) {
	if !objectID.MatchString(userID) {
		return "", refused(opPerson, "the ID is none of a PagerDuty user", "")
	}
	if email, ok := c.emails.get(userID); ok {
		return email, nil
	}
	var email string
	err := c.restCall(ctx, opPerson, func(ctx context.Context) error {
		user, err := c.rest.GetUserWithContext(ctx, userID, library.GetUserOptions{})
		if err != nil {
			return err
		}
		if user.ID != userID || user.Email == "" {
			return incomplete(opPerson, "the answer holds no e-mail address of the user")
		}
		email = user.Email
		return nil
	})
	if err != nil {
		return "", err
	}
	c.emails.put(userID, email)
	return email, nil
}

// nameOf is the e-mail address of a user or, where it cannot be had, PagerDuty's name: that
// somebody acknowledged matters more than who.
func (c *Client) nameOf(ctx context.Context, user library.APIObject) string {
	email, err := c.PersonEmail(ctx, user.ID)
	if err != nil {
		c.log.WarnContext(ctx, "pagerduty: e-mail address of a responder is unknown", "user_id", user.ID, "error", err)
		return cmp.Or(user.Summary, user.ID)
	}
	return email
}

// emailCache remembers e-mail addresses by user ID. It is safe for concurrent use.
type emailCache struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]knownEmail
}

type knownEmail struct {
	email string
	at    time.Time
}

func newEmailCache(now func() time.Time) *emailCache {
	return &emailCache{now: now, known: map[string]knownEmail{}}
}

func (e *emailCache) get(userID string) (string, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	entry, ok := e.known[userID]
	if !ok || e.now().Sub(entry.at) >= emailAge {
		return "", false
	}
	return entry.email, true
}

// put remembers an address; when there is no room, any other one is forgotten.
func (e *emailCache) put(userID, email string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, replaces := e.known[userID]; !replaces && len(e.known) >= emailRoom {
		for other := range e.known {
			delete(e.known, other)
			break
		}
	}
	e.known[userID] = knownEmail{email: email, at: e.now()}
}
