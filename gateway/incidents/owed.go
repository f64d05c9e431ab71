package incidents

import (
	"context"

	"muster/workflows/api"
)

// OwedTo lists what a person will be told in their next digest.
func (c *Client) OwedTo(ctx context.Context, person string) ([]api.OwedInput, error) {
	var s api.PersonState
	err := c.query(ctx, api.PersonID(person), api.State, &s)
	switch {
	case err == nil:
		return s.Owed, nil
	case isNotFound(err):
		return nil, nil
	}
	return nil, readError("ask what is owed", err)
}
