package jira

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	opUser = "user.search"
	// People seldom change accounts; a new colleague should not stay unknown for long.
	knownUserFor   = time.Hour
	unknownUserFor = 5 * time.Minute
	maxCachedUsers = 10_000
)

// userCache remembers who is who: user searches share one rate limit with the whole site.
type userCache struct {
	mu      sync.Mutex
	byEmail map[string]cachedUser
	emails  map[string]string // by account ID
}

type cachedUser struct {
	id    string // empty: Jira knows nobody of that address
	until time.Time
}

func (u *userCache) get(email string, now time.Time) (cachedUser, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	known, ok := u.byEmail[email]
	return known, ok && now.Before(known.until)
}

func (u *userCache) put(email, id string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byEmail == nil || len(u.byEmail) >= maxCachedUsers {
		u.byEmail, u.emails = map[string]cachedUser{}, map[string]string{}
	}
	keep := unknownUserFor
	if id != "" {
		keep = knownUserFor
		u.emails[id] = email
	}
	u.byEmail[email] = cachedUser{id: id, until: now.Add(keep)}
}

// email is the address under which an account was found before; profiles may hide it.
func (u *userCache) email(id string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.emails[id]
}

// ownerField is the value for an issue's assignee; nil when there is no owner or Jira does not
// know the person.
func (c *Client) ownerField(ctx context.Context, email string) (map[string]any, error) {
	id, err := c.userID(ctx, email)
	if err != nil || id == "" {
		return nil, err
	}
	return c.site.person(id), nil
}

// userID finds the account (Cloud: accountId, Data Center: name) of an e-mail address.
func (c *Client) userID(ctx context.Context, email string) (string, error) {
	email = incident.NormalPerson(email)
	if email == "" {
		return "", nil
	}
	if known, ok := c.users.get(email, c.now()); ok {
		return known.id, nil
	}
	query := c.site.people(email)
	query.Set("maxResults", "10")
	var people []wireUser
	err := c.do(ctx, call{op: opUser, method: http.MethodGet, path: "user/search", query: query, out: &people})
	if e, ok := fault.As(err); ok && e.Class == fault.Permanent {
		// Without "Browse users and groups" nobody can be found, which is no reason to create nothing.
		c.log.WarnContext(ctx, "jira: people cannot be looked up, issues stay unassigned", "error", err)
		people, err = nil, nil
	}
	if err != nil {
		return "", err
	}
	id := pickUser(people, email)
	c.users.put(email, id, c.now())
	return id, nil
}

// pickUser finds the address among the answers. A search matches the beginning of names and
// addresses, and also addresses that it then does not show. Whoever has hidden their own and chosen
// a name with an address in it is not taken for the person whose address it is.
func pickUser(people []wireUser, email string) string {
	var hidden []string
	for _, p := range people {
		switch {
		case !p.Active || p.id() == "" || p.AccountType == "app":
		case incident.NormalPerson(p.Email) == email:
			return p.id()
		case p.Email == "" && !strings.Contains(p.DisplayName, "@"):
			hidden = append(hidden, p.id())
		}
	}
	if len(hidden) == 1 {
		return hidden[0]
	}
	return ""
}
