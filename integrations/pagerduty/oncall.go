package pagerduty

import (
	"context"
	"slices"
	"time"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
)

const opOnCalls = "oncalls.list"

const (
	// onCallAge is how long it is believed who is on call by a policy, or that PagerDuty does not say.
	onCallAge = time.Minute
	// onCallRoom is of how many policies it is remembered.
	onCallRoom = 1000
	// askedTimeout bounds what is only good to know beside the state of a page: who is asked, and
	// the addresses of people.
	askedTimeout = time.Second
)

// asked are the e-mail addresses of the people whom PagerDuty asks for an incident, or will ask
// when it escalates: its assignees first, then who is on call by its escalation policy. What
// cannot be learnt in time is left out.
func (c *Client) asked(ctx context.Context, found *library.Incident) []string {
	ctx, cancel := context.WithTimeout(ctx, askedTimeout)
	defer cancel()
	var list []string
	add := func(email string) {
		if email = incident.NormalPerson(email); !slices.Contains(list, email) {
			list = append(list, email)
		}
	}
	for _, a := range found.Assignments {
		if !isUser(a.Assignee) {
			continue
		}
		if email, err := c.PersonEmail(ctx, a.Assignee.ID); err == nil {
			add(email)
		}
	}
	if found.AssignedVia != "direct_assignment" && found.EscalationPolicy.ID != "" {
		for _, email := range c.onCallBy(ctx, found.EscalationPolicy.ID) {
			add(email)
		}
	}
	return list
}

// onCallBy gives the e-mail addresses of who is on call by an escalation policy, level by level;
// none if PagerDuty does not say.
func (c *Client) onCallBy(ctx context.Context, policy string) []string {
	if known, ok := c.onCalls.get(policy); ok {
		return known
	}
	users, err := c.onCall(ctx, library.ListOnCallOptions{EscalationPolicyIDs: []string{policy}})
	if err != nil {
		c.log.WarnContext(ctx, "pagerduty: who is on call is not known", "policy", policy, "error", err)
	}
	emails := make([]string, 0, len(users))
	for _, u := range users {
		emails = append(emails, u.email)
	}
	c.onCalls.put(policy, emails)
	return emails
}

// onCallUser is somebody on call.
type onCallUser struct{ id, email string }

// onCall asks who is on call now, by PagerDuty's clock, in the order of the levels.
func (c *Client) onCall(ctx context.Context, o library.ListOnCallOptions) ([]onCallUser, error) {
	o.Includes, o.Limit = []string{"users"}, 100
	var duties []library.OnCall
	err := c.restCall(ctx, opOnCalls, func(ctx context.Context) error {
		answer, err := c.rest.ListOnCallsWithContext(ctx, o)
		if err == nil && answer.OnCalls == nil {
			return incomplete(opOnCalls, "the answer holds no list of on-calls")
		}
		if err == nil {
			duties = answer.OnCalls
		}
		return err
	})
	slices.SortStableFunc(duties, func(a, b library.OnCall) int { return int(a.EscalationLevel) - int(b.EscalationLevel) })
	var users []onCallUser
	for _, d := range duties {
		u := onCallUser{id: d.User.ID, email: d.User.Email}
		if u.email == "" {
			u.email, _ = c.PersonEmail(ctx, u.id)
		}
		if incident.CheckPerson("", u.email) == nil && !slices.ContainsFunc(users, func(o onCallUser) bool { return o.id == u.id }) {
			users = append(users, u)
		}
	}
	return users, err
}
