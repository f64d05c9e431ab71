package pagerduty

import (
	"context"
	"fmt"
	"strings"
	"time"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations/fault"
)

// The operations, as they appear in errors.
const (
	opCreate        = "incidents.create"
	opManage        = "incidents.manage"
	opScheduleUsers = "schedules.users"
)

// target is whom an incident is for.
type target struct {
	kind string // as incident.Reach has it
	name string // an e-mail address, or PagerDuty's ID
	// users are PagerDuty's IDs of people, none for a policy.
	users []string
}

// reach pages a person, an escalation policy or a schedule: no routing key leads there, so that an
// incident is made through the REST API, on a service of Muster's own, with the page's key. While
// it is open, making it again changes nothing.
//
// The errors are *fault.Error: Off when the settings for it are not there; Permanent with
// fault.PersonUnknown for a person whom PagerDuty does not know, with fault.NobodyOnCall for a
// schedule or policy without anybody on call, and without a meaning for what else a person must
// mend; otherwise as for Find.
func (c *Client) reach(ctx context.Context, call incident.PageRequest) error {
	if err := c.canWrite(opCreate); err != nil {
		return err
	}
	if call.Key == "" || len([]rune(call.Key)) > maxKey {
		return refused(opCreate, fmt.Sprintf("the page has no key, or one longer than %d characters", maxKey), "")
	}
	to, err := c.aim(ctx, call.Reach)
	if err != nil {
		return err
	}
	made, err := c.create(ctx, call, to)
	if err != nil {
		return err
	}
	c.addOthers(ctx, made, to)
	return nil
}

// canWrite says which settings are missing to make and to change incidents.
func (c *Client) canWrite(operation string) error {
	var missing []string
	if c.auth.none() {
		missing = append(missing, "PAGERDUTY_TOKEN")
	}
	if c.from == "" {
		missing = append(missing, "PAGERDUTY_FROM")
	}
	if c.service == "" {
		missing = append(missing, "PAGERDUTY_SERVICE")
	}
	if len(missing) == 0 {
		return nil
	}
	return &fault.Error{
		Vendor: vendorName, Operation: operation, Class: fault.Off,
		Reason: "paging people, escalation policies and schedules is not set up",
		Mend:   "set " + strings.Join(missing, ", ") + " for the worker",
	}
}

// aim reads whom to reach and finds who that is at PagerDuty.
func (c *Client) aim(ctx context.Context, reach string) (target, error) {
	r, ok := incident.ParseReach(reach)
	to := target{kind: r.Kind, name: r.ID}
	switch {
	case !ok:
	case r.Kind == incident.ReachPerson:
		id, err := c.userID(ctx, to.name)
		to.users = []string{id}
		return to, err
	case r.Kind == incident.ReachPolicy && objectID.MatchString(to.name):
		return to, nil
	case r.Kind == incident.ReachSchedule && objectID.MatchString(to.name):
		users, err := c.onSchedule(ctx, to.name)
		to.users = users
		return to, err
	}
	return target{}, refused(opCreate, fmt.Sprintf("%q is nobody whom PagerDuty can reach", incident.Clip(incident.CleanLine(reach), 80)),
		"write person: and an e-mail address, or policy: or schedule: and PagerDuty's ID of it")
}

// userID finds a user by e-mail address. PagerDuty notifies nobody of an incident that is assigned to
// the one who makes it, so nobody can be reached in whose name Muster writes.
func (c *Client) userID(ctx context.Context, email string) (string, error) {
	if incident.NormalPerson(email) == incident.NormalPerson(c.from) {
		return "", c.itself(email)
	}
	key := incident.NormalPerson(email)
	if id, ok := c.users.get(key); ok {
		return id, nil
	}
	var id string
	err := c.restCall(ctx, opUsers, func(ctx context.Context) error {
		answer, err := c.rest.ListUsersWithContext(ctx, library.ListUsersOptions{Query: email, Limit: 100})
		if err != nil {
			return err
		}
		if answer.Users == nil {
			return incomplete(opUsers, "the answer holds no list of users")
		}
		for _, user := range answer.Users {
			if incident.NormalPerson(user.Email) == incident.NormalPerson(email) && objectID.MatchString(user.ID) {
				id = user.ID
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if id == "" {
		return "", &fault.Error{
			Vendor: vendorName, Operation: opUsers, Class: fault.Permanent, Meaning: fault.PersonUnknown,
			Reason: fmt.Sprintf("PagerDuty knows no user %s", incident.Clip(email, 80)),
			Mend:   "invite them to PagerDuty, or page a service that they are on call for",
		}
	}
	c.users.put(key, id)
	return id, nil
}

func (c *Client) itself(email string) error {
	return refused(opCreate, fmt.Sprintf("PagerDuty notifies nobody of what they assign to themselves, and Muster writes in the name of %s", incident.Clip(email, 80)),
		"set PAGERDUTY_FROM to the address of a PagerDuty user that is Muster's alone")
}

// onSchedule finds who is on call now by a schedule: by PagerDuty's clock where an escalation policy
// asks the schedule, and for one that no policy asks, which has no on-calls, by ours.
func (c *Client) onSchedule(ctx context.Context, schedule string) ([]string, error) {
	users, err := c.onCall(ctx, library.ListOnCallOptions{ScheduleIDs: []string{schedule}})
	if err == nil && len(users) == 0 {
		users, err = c.scheduled(ctx, schedule)
	}
	if err != nil {
		return nil, err
	}
	if len(users) == 0 {
		return nil, nobodyOnCall("the schedule " + schedule)
	}
	var ids []string
	for _, u := range users {
		if incident.NormalPerson(u.email) != incident.NormalPerson(c.from) {
			ids = append(ids, u.id)
		}
	}
	if len(ids) == 0 {
		return nil, c.itself(c.from)
	}
	return ids, nil
}

// scheduled asks for who is on a schedule now, whatever policy asks it.
func (c *Client) scheduled(ctx context.Context, schedule string) ([]onCallUser, error) {
	now := c.now().UTC()
	var users []onCallUser
	err := c.restCall(ctx, opScheduleUsers, func(ctx context.Context) error {
		list, err := c.rest.ListOnCallUsersWithContext(ctx, schedule, library.ListOnCallUsersOptions{
			Since: now.Format(time.RFC3339), Until: now.Add(time.Second).Format(time.RFC3339),
		})
		for _, u := range list {
			if objectID.MatchString(u.ID) {
				users = append(users, onCallUser{id: u.ID, email: u.Email})
			}
		}
		return err
	})
	if fault.IsClass(err, fault.Gone) {
		return nil, refused(opScheduleUsers, "PagerDuty has no schedule "+schedule, "look its ID up in the address of the schedule's page")
	}
	return users, err
}

func nobodyOnCall(what string) error {
	return &fault.Error{
		Vendor: vendorName, Operation: opCreate, Class: fault.Permanent, Meaning: fault.NobodyOnCall,
		Reason: "nobody is on call for " + what, Mend: "put somebody on call in PagerDuty",
	}
}
