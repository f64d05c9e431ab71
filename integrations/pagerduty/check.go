package pagerduty

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
	"muster/integrations/fault"
)

// The operations, as they appear in errors.
const (
	opAbilities = "abilities.list"
	opMe        = "users.me"
	opUsers     = "users.list"
)

// Check asks PagerDuty whether the REST settings work. It returns one sentence with a mend for
// each thing that deserves a person's attention, none when all is well. The error, if any, is
// a *fault.Error that says why the check itself failed: Off without a token, Credential for a
// token that is refused.
//
// It pages nobody, and so says nothing about routing keys: PagerDuty accepts events for any
// well-formed one.
func (c *Client) Check(ctx context.Context) ([]string, error) {
	err := c.restCall(ctx, opAbilities, func(ctx context.Context) error {
		answer, err := c.rest.ListAbilitiesWithContext(ctx)
		if err == nil && answer.Abilities == nil {
			return incomplete(opAbilities, "the answer holds no list of abilities")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	owner, err := c.checkOwner(ctx)
	if err != nil {
		return nil, err
	}
	from, err := c.checkFrom(ctx)
	return append(owner, from...), err
}

// checkOwner warns of a token that is a person's own. PagerDuty answers 400 to an account's
// key, which has no user, and 403 to an app's token that may not read users.
func (c *Client) checkOwner(ctx context.Context) ([]string, error) {
	var me *library.User
	err := c.restCall(ctx, opMe, func(ctx context.Context) (err error) {
		me, err = c.rest.GetCurrentUserWithContext(ctx, library.GetCurrentUserOptions{})
		if err == nil && me.ID == "" {
			return incomplete(opMe, "the answer holds no user")
		}
		return err
	})
	if e, ok := fault.As(err); ok && (e.Status == http.StatusBadRequest || e.Status == http.StatusForbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("the PagerDuty token belongs to %s and ends with their account; use an account key or a scoped app token", incident.Clip(me.Name, 80))}, nil
}

// checkFrom warns of an address that PagerDuty would refuse in the From header.
func (c *Client) checkFrom(ctx context.Context) ([]string, error) {
	if c.from == "" {
		return nil, nil
	}
	var known bool
	err := c.restCall(ctx, opUsers, func(ctx context.Context) error {
		answer, err := c.rest.ListUsersWithContext(ctx, library.ListUsersOptions{Query: c.from, Limit: 100})
		if err != nil {
			return err
		}
		for _, user := range answer.Users {
			known = known || strings.EqualFold(user.Email, c.from)
		}
		return nil
	})
	if err != nil || known {
		return nil, err
	}
	return []string{fmt.Sprintf("PagerDuty knows no user %s; make a bot user with this address or set another", c.from)}, nil
}
