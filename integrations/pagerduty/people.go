package pagerduty

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"

	library "github.com/PagerDuty/go-pagerduty"

	"muster/incident"
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
		if user.ID != userID || incident.CheckPerson("", user.Email) != nil {
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
	bounded, cancel := context.WithTimeout(ctx, askedTimeout)
	defer cancel()
	email, err := c.PersonEmail(bounded, user.ID)
	if err != nil {
		c.log.WarnContext(ctx, "pagerduty: e-mail address of a responder is unknown", "user_id", user.ID, "error", err)
		return NameOnly(user.Summary, user.ID)
	}
	return email
}

// NameOnly is how a user is called whose address is not known. Anybody may choose any display
// name, so one that looks like an address is not repeated: Muster would take it for that person.
func NameOnly(name, userID string) string {
	return incident.NameOnly(name, "PagerDuty user "+strings.ReplaceAll(userID, "@", " "))
}

// webLink gives an address that people may be shown, or nothing.
func webLink(address string) string {
	if u, err := url.Parse(incident.WebLink(address)); err == nil {
		return u.String()
	}
	return ""
}
