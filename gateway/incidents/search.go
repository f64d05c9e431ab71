package incidents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"muster/archive"
	"muster/archive/query"
	"muster/incident"
	"muster/integrations/fault"
)

// ErrArchiveAway means that the archive does not answer now.
var ErrArchiveAway = errors.New("the archive does not answer")

// Search is a question to the archive.
type Search struct {
	// Text is as package archive/query reads it: checkout severity<=2 since:90d.
	Text string
	// Zone is where days begin, UTC when nil.
	Zone *time.Location
	// Limit is how many hits at most, archive.DefaultHits when zero.
	Limit int
	// PageToken continues a search where the one that returned it ended.
	PageToken string
	Viewer    Viewer
}

// Found are incidents that a search has found, newest first.
type Found struct {
	archive.Results

	NextPageToken string `json:"next_page_token"`
	// Rest says why there is more and no token for it; empty otherwise.
	Rest string `json:"rest,omitempty"`
}

// Search finds incidents of all times, those that a viewer may see. It asks no worker, and as long as one
// page is enough, not even Temporal.
func (c *Client) Search(ctx context.Context, s Search) (Found, error) {
	if c.Archive == nil {
		return Found{}, NoArchive()
	}
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	q, err := query.Parse(s.Text, c.Now().In(zone))
	if err != nil {
		return Found{}, err
	}
	list := s.Viewer.token("search\n" + s.Text)
	page := archive.Page{Limit: s.Limit}
	if page.Before, err = c.continued(ctx, list, s.PageToken); err != nil {
		return Found{}, err
	}
	results, err := c.Archive.Search(ctx, q, s.Viewer.archive(), page)
	if err != nil {
		return Found{}, archiveError("search", err)
	}
	results.Hits = c.notHidden(ctx, s.Viewer, results.Hits)
	out := Found{Results: results}
	if results.Next == 0 {
		return out, nil
	}
	if out.NextPageToken, err = c.sealToken(ctx, list, []byte(strconv.Itoa(results.Next))); err != nil {
		c.Logger.WarnContext(ctx, "a search cannot be continued", "error", err)
		out.Rest = "there is more, which cannot be asked for while Temporal does not answer: ask for fewer"
	}
	return out, nil
}

// notHidden leaves out hits that have become private since their record was written: the archive is behind by
// seconds, or by as long as nothing could be written. While Temporal is away nothing changes either.
func (c *Client) notHidden(ctx context.Context, v Viewer, hits []archive.Hit) []archive.Hit {
	if v.Private || !slices.ContainsFunc(hits, func(h archive.Hit) bool { return !h.Private }) {
		return hits
	}
	numbers := make([]int, len(hits))
	for k := range hits {
		numbers[k] = hits[k].Number
	}
	now, err := c.fresh(ctx, numbers, v)
	if err != nil {
		c.Logger.WarnContext(ctx, "whether hits have become private is not known", "error", err)
		return hits
	}
	return slices.DeleteFunc(hits, func(h archive.Hit) bool { n, runs := now[h.Number]; return runs && n.hiddenFrom(v) })
}

// continued reads before which incident a page begins, 0 for the first page.
func (c *Client) continued(ctx context.Context, list, sealed string) (int, error) {
	token, err := c.openToken(ctx, list, sealed)
	if err != nil {
		return 0, err
	}
	return beforeOf(token)
}

// beforeOf reads a token of ours, which is the number of the last incident of the page before.
func beforeOf(token []byte) (int, error) {
	if len(token) == 0 {
		return 0, nil
	}
	n, err := strconv.Atoi(string(token))
	if err != nil {
		return 0, fmt.Errorf("continue a list of the archive: %w", err)
	}
	return n, nil
}

// archiveError explains why the archive gave no answer.
func archiveError(what string, err error) error {
	if _, refused := incident.AsProblem(err); refused {
		return err
	}
	if e, ok := fault.As(err); ok && e.Class == fault.Retryable {
		return fmt.Errorf("%s: %w: %s; try again", what, ErrArchiveAway, e.Reason)
	}
	return fmt.Errorf("%s: %w", what, err)
}
