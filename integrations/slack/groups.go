package slack

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

// groupsTTL bounds how long a new user group goes unnoticed.
const groupsTTL = 10 * time.Minute

// groupID matches the IDs of user groups, which no handle looks like: handles are lower case.
var groupID = regexp.MustCompile(`^S[A-Z0-9]{6,}$`)

// allGroups is the key under which the handles of the workspace are remembered.
const allGroups = "all"

// groupNamed finds a user group by its handle (with or without @) or its ID. None is an empty
// ID and no error.
func (c *Client) groupNamed(ctx context.Context, handle string) (string, error) {
	if groupID.MatchString(handle) {
		return handle, nil
	}
	handles, err := c.groupHandles(ctx)
	if err != nil {
		return "", err
	}
	return handles[strings.ToLower(strings.TrimPrefix(strings.TrimSpace(handle), "@"))], nil
}

// groupHandles are the IDs of the workspace's user groups by handle.
func (c *Client) groupHandles(ctx context.Context) (map[string]string, error) {
	if handles, known := c.groups.get(allGroups); known {
		return handles, nil
	}
	var answer struct {
		Groups listOf[struct {
			ID     loose `json:"id"`
			Handle loose `json:"handle"`
		}] `json:"usergroups"`
	}
	if err := c.wire.call(ctx, "usergroups.list", url.Values{}, &answer); err != nil {
		return nil, err
	}
	handles := make(map[string]string, len(answer.Groups))
	for _, g := range answer.Groups {
		handles[strings.ToLower(string(g.Handle))] = string(g.ID)
	}
	c.groups.put(allGroups, handles, groupsTTL)
	return handles, nil
}

// groupUsers lists the user IDs of a group.
func (c *Client) groupUsers(ctx context.Context, id string) ([]string, error) {
	var answer struct {
		Users listOf[loose] `json:"users"`
	}
	if err := c.wire.call(ctx, "usergroups.users.list", url.Values{"usergroup": {id}}, &answer); err != nil {
		return nil, err
	}
	users := make([]string, 0, len(answer.Users))
	for _, u := range answer.Users {
		if u != "" {
			users = append(users, string(u))
		}
	}
	return users, nil
}

// GroupMembers names the people of a user group, given by its handle or its ID, without
// deactivated accounts and bots. A group that does not exist has the class fault.Gone.
func (c *Client) GroupMembers(ctx context.Context, handleOrID string) ([]string, error) {
	id, err := c.groupNamed(ctx, handleOrID)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, asIf("usergroups.list", "no_such_subteam")
	}
	users, err := c.groupUsers(ctx, id)
	if err != nil {
		return nil, err
	}
	people := make([]string, 0, len(users))
	for _, u := range users {
		m, err := c.Member(ctx, u)
		switch {
		case fault.IsClass(err, fault.Gone):
		case err != nil:
			return nil, err
		case !m.Deleted && !m.Bot:
			people = append(people, m.Person())
		}
	}
	return people, nil
}

// groupGuests are the people of user groups who are to be invited. A group that cannot be
// read is reported, and keeps nobody else out.
func (c *Client) groupGuests(ctx context.Context, handles []string) ([]guest, []incident.Uninvited, error) {
	var guests []guest
	var out []incident.Uninvited
	for _, h := range handles {
		id, err := c.groupNamed(ctx, h)
		var users []string
		if err == nil && id != "" {
			users, err = c.groupUsers(ctx, id)
		}
		shown := "@" + strings.TrimPrefix(h, "@")
		switch {
		case err == nil && id == "", fault.IsClass(err, fault.Gone):
			out = append(out, incident.Uninvited{Person: shown, Reason: "Slack has no user group of this name"})
		case fault.Means(err, fault.ScopeMissing):
			out = append(out, incident.Uninvited{Person: shown, Reason: "the app may not see user groups; give it the scope usergroups:read"})
		case fault.IsClass(err, fault.Permanent):
			e, _ := fault.As(err)
			out = append(out, incident.Uninvited{Person: shown, Reason: reasonFor(e.Reason)})
		case err != nil:
			return nil, out, err
		}
		for _, u := range users {
			guests = append(guests, guest{person: PersonOf(u), id: u})
		}
	}
	return guests, out, nil
}
