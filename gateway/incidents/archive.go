package incidents

import (
	"context"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"muster/archive"
	"muster/archive/query"
	"muster/incident"
	"muster/workflows/api"
)

// Archive is what outlives Temporal.
type Archive interface {
	// Incident gives the facts of an incident with its whole timeline, nil for none of that number.
	Incident(ctx context.Context, number int) (*incident.Incident, error)
	// Seen reports whether it holds an incident that a viewer may see.
	Seen(ctx context.Context, number int, v archive.Viewer) (bool, error)
	// Timeline gives the entries of an incident before one.
	Timeline(ctx context.Context, number, before int) ([]incident.Entry, error)
	// Highest is the highest number of an incident that is held.
	Highest(ctx context.Context) (int, error)
	// Installation says whose archive it is.
	Installation(ctx context.Context) (string, error)
	// Record gives the record of a workflow, nil for none, and Unfinished those of which something is expected.
	Record(ctx context.Context, workflow string) (*archive.Record, error)
	Unfinished(ctx context.Context, each func(archive.Record) error) error
	// Drop takes a record out, so that the next one takes its place whatever its workflow knows.
	Drop(ctx context.Context, workflow string) error
	// Search finds incidents of all times, those that a viewer may see.
	Search(ctx context.Context, q query.Query, v archive.Viewer, p archive.Page) (archive.Results, error)
	// List and FollowUps list those of all times, and Own is what concerns a person.
	List(ctx context.Context, w archive.Wanted, v archive.Viewer, p archive.Page) (archive.Listed, error)
	FollowUps(ctx context.Context, w archive.FollowUpsWanted, v archive.Viewer, p archive.FollowUpPage) (found []archive.FollowUp, more bool, err error)
	Own(ctx context.Context, v archive.Viewer, since time.Time) (archive.Own, error)
	// AsOf is the newest change that it knows of.
	AsOf(ctx context.Context) (time.Time, error)
}

// archived gives an incident that Temporal does not keep any more to somebody who may see it, or the refusal
// that it was given for it. Of what runs its workflow has the last word: the archive is behind by seconds, or by as
// long as nothing could be written.
func (c *Client) archived(ctx context.Context, number int, v Viewer, refusal error) (incident.Incident, error) {
	p, refused := incident.AsProblem(refusal)
	if c.Archive == nil || !refused || p.Code != incident.CodeNotFound || number < 1 {
		return incident.Incident{}, refusal
	}
	i := c.held(ctx, number, v, c.leftTo)
	if i == nil {
		return incident.Incident{}, refusal
	}
	return *i, nil
}

// held gives what the archive holds of an incident to somebody who may see it, nil for nothing. may is asked as well,
// where it is given.
func (c *Client) held(ctx context.Context, number int, v Viewer, may func(context.Context, int, Viewer) bool) *incident.Incident {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	seen, err := c.Archive.Seen(ctx, number, v.archive())
	if err != nil {
		c.Logger.WarnContext(ctx, "the archive was not asked", "incident", incident.Key(number), "error", err)
	}
	if err != nil || !seen || may != nil && !may(ctx, number, v) {
		return nil
	}
	i, err := c.Archive.Incident(ctx, number)
	if err != nil || i == nil || !v.Sees(i) {
		return nil
	}
	return i
}

// leftTo reports whether it is left to the archive who sees an incident: Temporal keeps nothing of it any more, or
// what it keeps has ended and hides nothing from the viewer.
func (c *Client) leftTo(ctx context.Context, number int, v Viewer) bool {
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.IncidentID(number), "")
	if err != nil {
		return isNotFound(err)
	}
	info := d.GetWorkflowExecutionInfo()
	return info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED && (v.Private || c.admits(info.GetMemo(), number, v))
}

// Remembered gives an incident that Temporal does not keep any more to somebody who may see it.
func (c *Client) Remembered(ctx context.Context, number int, v Viewer) (incident.Incident, error) {
	return c.archived(ctx, number, v, NotFound(number))
}

// whole adds the entries that the incident's workflow has dropped. Without them there is its newest part.
func (c *Client) whole(ctx context.Context, i *incident.Incident) {
	if c.Archive == nil || len(i.Timeline) == 0 || len(i.Timeline) >= i.Entries {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	older, err := c.Archive.Timeline(ctx, i.Number, i.Timeline[0].Seq)
	if err != nil {
		c.Logger.WarnContext(ctx, "older entries were not read", "incident", i.Key(), "error", err)
		return
	}
	i.Timeline = slices.Concat(older, i.Timeline)
}
