package incidents

import (
	"context"
	"errors"

	"muster/incident"
)

// Shown is how an incident stands.
type Shown struct {
	incident.Incident
	// Note says how old it may be; it is empty when the incident itself has answered.
	Note string
}

// Show gives an incident to somebody, as SnapshotFor does. While Temporal or its workers do not answer it is shown as
// the archive knows it, and Note says so.
func (c *Client) Show(ctx context.Context, number int, v Viewer) (Shown, error) {
	asking, cancel := c.leavingRoom(ctx)
	defer cancel()
	i, err := c.SnapshotFor(asking, number, v)
	if err != nil {
		return c.Recall(ctx, number, v, err)
	}
	return Shown{Incident: i}, nil
}

// Recall gives what the archive knows of an incident about which Temporal or its workers did not answer, or the error
// that away is. Who may see it the archive decides, as in lists; one that it hides and one that it does not know are
// answered alike.
func (c *Client) Recall(ctx context.Context, number int, v Viewer, away error) (Shown, error) {
	if c.Archive == nil || number < 1 || !errors.Is(away, ErrAway) && !errors.Is(away, ErrNotRecorded) {
		return Shown{}, away
	}
	i := c.held(ctx, number, v, nil)
	if i == nil {
		return Shown{}, away
	}
	return Shown{Incident: *i, Note: c.instead(ctx, "Temporal or its workers do not answer")}, nil
}
