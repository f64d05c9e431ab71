package incidents

import (
	"context"
	"errors"

	"muster/incident"
)

// Shown is how an incident stands.
type Shown struct {
	incident.Incident
	// Source is who has answered.
	Source Source
	// Note says how old it may be; it is empty when that is how it stands now.
	Note string
}

// Show gives an incident to somebody, as SnapshotFor does. While Temporal or its workers do not answer it is shown as
// the archive knows it, and Note says so.
func (c *Client) Show(ctx context.Context, number int, v Viewer) (Shown, error) {
	asking, cancel := c.leavingRoom(ctx)
	defer cancel()
	i, source, err := c.snapshotFor(asking, number, v)
	if err != nil {
		return c.recall(ctx, number, v, err)
	}
	return Shown{Incident: i, Source: source}, nil
}

// Recall gives what the archive knows of an incident about which Temporal or its workers did not answer, or the error
// that away is. Whom Temporal still refuses gets nothing; otherwise the archive decides who may see it, as in lists. One
// that it hides and one that it does not know are answered alike.
func (c *Client) Recall(ctx context.Context, number int, v Viewer, away error) (Shown, error) {
	if c.Archive == nil || !isAway(away) {
		return Shown{}, away
	}
	asking, cancel := c.leavingRoom(ctx)
	defer cancel()
	if err := c.exists(asking, number, v); err != nil && !isPassing(err) {
		return Shown{}, readError("show "+incident.Key(number), err)
	}
	return c.recall(ctx, number, v, away)
}

// recall is Recall for whom Temporal has not refused.
func (c *Client) recall(ctx context.Context, number int, v Viewer, away error) (Shown, error) {
	if c.Archive == nil || number < 1 || !isAway(away) {
		return Shown{}, away
	}
	i := c.held(ctx, number, v, nil)
	if i == nil {
		return Shown{}, away
	}
	return Shown{Incident: *i, Source: SourceArchive, Note: c.instead(ctx, "Temporal or its workers do not answer")}, nil
}

// isAway reports whether nobody has answered, as opposed to a refusal or a defect.
func isAway(err error) bool {
	if errors.Is(err, ErrAway) {
		return true
	}
	lost, ok := errors.AsType[*NotRecordedError](err)
	return ok && (isPassing(lost.Err) || isUnpolled(lost.Err))
}
