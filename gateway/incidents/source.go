package incidents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"muster/archive"
	"muster/incident"
	"muster/workflows/api"
)

// Source is who has answered a list.
type Source string

// The sources. What the archive gives is freshened by what Temporal still has of it.
const (
	SourceTemporal Source = "temporal"
	SourceArchive  Source = "archive"
)

// name is how people call a source.
func (s Source) name() string {
	if s == SourceArchive {
		return "the archive"
	}
	return "Temporal"
}

// other is the other source.
func (s Source) other() Source {
	if s == SourceArchive {
		return SourceTemporal
	}
	return SourceArchive
}

// token names a list of a source and its reader, for whom alone its page tokens are.
func (s Source) token(v Viewer, list string) string {
	if s == SourceArchive {
		list = "archive\n" + list
	}
	return v.token(list)
}

// resume opens a page token of a list that a source answers. One of the other source is refused, and says so: what
// one has shown the other does not know.
func (c *Client) resume(ctx context.Context, s Source, v Viewer, list, sealed string) ([]byte, error) {
	token, err := c.openToken(ctx, s.token(v, list), sealed)
	if p, refused := incident.AsProblem(err); !refused || p.Field != "page_token" {
		return token, err
	}
	if _, foreign := c.openToken(ctx, s.other().token(v, list), sealed); foreign == nil {
		return nil, invalid("page_token", "leave it out to begin anew", "goes on with a list that %s has answered, and %s answers now", s.other().name(), s.name())
	}
	return nil, err
}

// NoArchiveNote is said of a list of all times where there is no archive.
const NoArchiveNote = "there is no archive: incidents that Temporal does not keep any more are not listed"

// past says what a list of all times lacks that Temporal has answered, and why.
func (c *Client) past(failed error) string {
	if failed != nil {
		return "the archive does not answer: incidents that Temporal does not keep any more are not listed"
	}
	if c.Archive == nil {
		return NoArchiveNote
	}
	return ""
}

// lost says that the archive knows incidents as open of which Temporal holds nothing: an empty list would be the
// first that people see of a database that was lost.
func (c *Client) lost(ctx context.Context, f Filter) string {
	if c.Archive == nil {
		return ""
	}
	held, err := c.askArchive(ctx, f, archive.Page{Limit: 1})
	if err != nil || len(held.Hits) == 0 {
		return ""
	}
	newest := held.Hits[0].Number
	if _, err := c.Temporal.DescribeWorkflowExecution(ctx, api.IncidentID(newest), ""); err == nil || !isNotFound(err) {
		return "" // the archive is behind, by seconds
	}
	return incident.Key(newest) + " is open in the archive, and Temporal holds nothing of it; if Temporal's data was lost, run `starter archive restore`"
}

// leavingRoom bounds what is asked of Temporal where the archive can stand in for it: a caller's deadline leaves time for that.
func (c *Client) leavingRoom(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.Archive == nil {
		return context.WithCancel(ctx)
	}
	wait := 2 * readWait // each question is bounded by itself
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline)*2/3)
	}
	return context.WithTimeout(ctx, wait)
}

// freshWait bounds what is asked of Temporal about what the archive has answered already.
const freshWait = 2 * time.Second

// old says that the archive has answered a list alone, and how old that may be.
func (c *Client) old(ctx context.Context) string { return c.instead(ctx, "Temporal does not answer") }

// instead says that the archive has answered in the place of who is away, and how old that may be.
func (c *Client) instead(ctx context.Context, away string) string {
	alone := away + "; this is from the archive"
	at, err := c.Archive.AsOf(ctx)
	if err != nil || at.IsZero() {
		return alone + ", and it is not known how old it is"
	}
	return alone + ", whose newest change is of " + at.Format("2006-01-02 15:04:05 MST")
}

// moreToCome is said of a list that cannot be continued, since its token would be Temporal's to make.
const moreToCome = "; there is more, which cannot be asked for meanwhile: ask for fewer"

// alone is what a list says that the archive has answered alone, and that may have more.
func (c *Client) alone(ctx context.Context, more bool) string {
	if more {
		return c.old(ctx) + moreToCome
	}
	return c.old(ctx)
}

// goesOn gives the token of the next page of a list that the archive has answered, or says why there is none. next
// is where it begins, nil at the end; away is why Temporal does not answer, nil where it does.
func (c *Client) goesOn(ctx context.Context, v Viewer, name string, next []byte, away error) (token, note string) {
	switch {
	case away != nil:
		return "", c.alone(ctx, next != nil)
	case next == nil:
		return "", ""
	}
	token, err := c.sealToken(ctx, SourceArchive.token(v, name), next)
	if err != nil {
		c.Logger.WarnContext(ctx, "a list cannot be continued", "error", err)
		return "", c.alone(ctx, true)
	}
	return token, ""
}

// archive is who asks, as the archive knows them.
func (v Viewer) archive() archive.Viewer {
	return archive.Viewer{Person: v.Person, All: v.Private, Guest: v.Guest}
}

// listedHit is what a list shows of an incident in the archive.
func listedHit(h archive.Hit) Listed {
	return Listed{
		Number: h.Number, Key: h.Key, Title: h.Title, Status: h.Status, Kind: h.Kind, Severity: h.Severity, Commander: h.Commander, Services: h.Services,
		OpenFollowUps: h.OpenFollowUps, Snags: h.Snags, Links: h.Links, Private: h.Private, Part: h.Part, DeclaredAt: h.DeclaredAt,
	}
}

func listedHits(hits []archive.Hit) []Listed {
	out := make([]Listed, 0, len(hits))
	for _, h := range hits {
		out = append(out, listedHit(h))
	}
	return out
}

// fresh is what Temporal still has of incidents, whoever may see them.
func (c *Client) fresh(ctx context.Context, numbers []int, v Viewer) (map[int]Listed, error) {
	ctx, cancel := context.WithTimeout(ctx, freshWait)
	defer cancel()
	has := map[int]Listed{}
	for part := range slices.Chunk(numbers, maxMine) {
		s := scope{}
		for _, n := range part {
			s.mine = append(s.mine, incident.Key(n))
		}
		resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: c.Namespace, PageSize: int32(len(part)), //nolint:gosec // at most maxMine
			Query: fmt.Sprintf("WorkflowType = %s AND ExecutionStatus = 'Running' AND %s", quoted(api.TypeIncident), s.isMine()),
		})
		if err != nil {
			return nil, readError("list incidents", err)
		}
		for _, e := range resp.GetExecutions() {
			if l, ok := c.listed(e, v); ok {
				has[l.Number] = l
			}
		}
	}
	return has, nil
}

// freshen puts what Temporal still has of incidents in place of what the archive knew some seconds ago, and leaves
// out those that the viewer may not see any more.
func (c *Client) freshen(ctx context.Context, found []Listed, v Viewer) ([]Listed, error) {
	if len(found) == 0 {
		return found, nil
	}
	numbers := make([]int, len(found))
	for k := range found {
		numbers[k] = found[k].Number
	}
	now, err := c.fresh(ctx, numbers, v)
	if err != nil {
		return found, err
	}
	out := make([]Listed, 0, len(found))
	for _, l := range found {
		if n, runs := now[l.Number]; runs {
			if n.hiddenFrom(v) {
				continue
			}
			l = l.with(n)
		}
		out = append(out, l)
	}
	return out, nil
}

// hiddenFrom reports whether what visibility shows of an incident is nothing for the viewer.
func (l Listed) hiddenFrom(v Viewer) bool { return l.Private && !v.Private && !l.Part }

// with takes over what visibility knows better. Of private incidents it knows little.
func (l Listed) with(now Listed) Listed {
	l.Status, l.Kind, l.Severity, l.Snags, l.OpenFollowUps, l.Part = now.Status, now.Kind, now.Severity, now.Snags, now.OpenFollowUps, now.Part
	if now.Private {
		l.Private = true
		return l
	}
	now.DeclaredAt = l.DeclaredAt
	return now
}

// standsIn reports whether Temporal's visibility has not answered, so that the archive answers in its place.
func (c *Client) standsIn(err error, token string) bool {
	return c.Archive != nil && token == "" && errors.Is(err, ErrAway)
}
