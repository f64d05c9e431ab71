package incidents

import (
	"context"
	"slices"

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
	// Search finds incidents of all times, those that a viewer may see.
	Search(ctx context.Context, q query.Query, v archive.Viewer, p archive.Page) (archive.Results, error)
}

// Archived gives an incident that Temporal does not keep any more to somebody who may see it, or the refusal
// that it was given for it. Of what runs its workflow has the last word: the archive is behind by seconds, or by as
// long as nothing could be written.
func (c *Client) Archived(ctx context.Context, number int, v Viewer, refusal error) (incident.Incident, error) {
	p, refused := incident.AsProblem(refusal)
	if c.Archive == nil || !refused || p.Code != incident.CodeNotFound || number < 1 {
		return incident.Incident{}, refusal
	}
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	seen, err := c.Archive.Seen(ctx, number, v.inArchive())
	if err != nil {
		c.Logger.WarnContext(ctx, "the archive was not asked", "incident", incident.Key(number), "error", err)
	}
	if err != nil || !seen || !c.forgotten(ctx, number) {
		return incident.Incident{}, refusal
	}
	i, err := c.Archive.Incident(ctx, number)
	if err != nil || i == nil || !v.Sees(i) {
		return incident.Incident{}, refusal
	}
	return *i, nil
}

// inArchive is the viewer as the archive knows them.
func (v Viewer) inArchive() archive.Viewer {
	return archive.Viewer{Person: v.Person, All: v.Private, Guest: v.Guest}
}

// forgotten reports whether Temporal keeps nothing of an incident any more, or nothing that goes on.
func (c *Client) forgotten(ctx context.Context, number int) bool {
	d, err := c.Temporal.DescribeWorkflowExecution(ctx, api.IncidentID(number), "")
	if err != nil {
		return isNotFound(err)
	}
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
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
