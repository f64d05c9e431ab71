package slack

import (
	"context"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	knownTTL = 6 * time.Hour
	// confirmedTTL is how old Slack's word may be that somebody is a member whom news are for.
	confirmedTTL = 5 * time.Minute
	unknownTTL   = 5 * time.Minute // a new colleague should not wait long to be found
	// maxKnown bounds the memory of the directory: about 1 MB.
	maxKnown = 10_000
)

// directory remembers which e-mail address is which user, including that none is (an empty ID).
type directory struct{ *memory[string] }

func newDirectory(now func() time.Time) *directory { return &directory{newMemory[string](now)} }

func (d *directory) put(email, id string) {
	ttl := knownTTL
	if id == "" {
		ttl = unknownTTL
	}
	d.memory.put(email, id, ttl)
}

// userID finds a person's user ID by e-mail address, or takes it from what PersonOf made. Nobody is an empty ID and no error.
// Slack answers users_not_found for deactivated people too
// (https://docs.slack.dev/reference/methods/users.lookupByEmail).
func (c *Client) userID(ctx context.Context, person string) (string, error) {
	if id, nameless := UserOf(person); nameless {
		return id, nil
	}
	email := incident.NormalPerson(person)
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
		id, known := UserOf(p)
		if !known {
			id, known = c.people.get(incident.NormalPerson(p))
		}
		if !known && !down {
			var err error
			id, err = c.userID(ctx, p)
			if fault.IsClass(err, fault.Credential) || (err != nil && ctx.Err() != nil) {
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
