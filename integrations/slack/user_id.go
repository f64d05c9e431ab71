package slack

import "context"

// UserID finds a person's user ID by their e-mail address, or in a name that Member.Person made of
// it. Somebody whom the workspace does not know, or whose account is deactivated, is an empty ID and
// no error.
func (c *Client) UserID(ctx context.Context, person string) (string, error) {
	return c.userID(ctx, person)
}
