package incidents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"muster/archive"
	"muster/incident"
	"muster/workflows/api"
)

// skippedAtLoss is how many numbers are left out after Temporal's data was lost: those that were handed out just
// before and had not reached the archive have pages, channels and issues of their own at vendors.
const skippedAtLoss = 20

// RestoredAll says what RestoreArchived has done.
type RestoredAll struct {
	// Incidents and Others count what was started, Running what ran already.
	Incidents int `json:"incidents"`
	Others    int `json:"others"`
	Running   int `json:"running"`
	// Held are incidents that page nobody before somebody asks for it: a page of theirs is not in the archive.
	Held []string `json:"held,omitempty"`
	// Last is the highest number that was handed out; the next ones begin some numbers after it.
	Last int `json:"last"`
}

// RestoreArchived starts everything of which something is still expected from its record, in a namespace that
// has lost it, or in another one: Register first, so that numbers and the installation go on; then incidents,
// and what belongs to them. What runs already is left as it is, so that it may be called again. Nobody is paged
// or told twice: everything looks at the vendors before it calls them.
func (c *Client) RestoreArchived(ctx context.Context, by incident.Actor, each func(workflow string, err error)) (RestoredAll, error) {
	var out RestoredAll
	if c.Archive == nil {
		return out, NoArchive()
	}
	records, pages, err := c.unfinished(ctx)
	if err != nil {
		return out, err
	}
	if out.Last, err = c.restoreRegister(ctx); err != nil {
		return out, err
	}
	now := c.Now().UTC()
	var failed []error
	for _, r := range records {
		child, ok := api.ParseID(r.Workflow)
		if !ok {
			continue // Register
		}
		in := api.Restored{Actor: by, How: "lost with Temporal's data", Archived: true, Page: true}
		if child.Part == "" {
			if in.Pages, err = c.missingPages(ctx, child.Incident, pages); err != nil {
				failed = append(failed, err)
				each(r.Workflow, err)
				continue
			}
			in.Page = len(in.Pages) == 0
			in.At = lastSeen(r, now)
		}
		err := c.startArchived(ctx, r, in)
		each(r.Workflow, err)
		switch {
		case errors.Is(err, ErrRuns):
			out.Running++
		case err != nil:
			failed = append(failed, err)
		case child.Part == "":
			out.Incidents++
			if !in.Page {
				out.Held = append(out.Held, r.Workflow)
			}
		default:
			out.Others++
		}
	}
	return out, errors.Join(failed...)
}

// NoArchive is the refusal of what needs an archive where there is none.
func NoArchive() *incident.Problem {
	return &incident.Problem{Code: incident.CodeIllegal, Field: "archive", Reason: "there is no archive here", Mend: "set MUSTER_ARCHIVE, see docs/archive.md"}
}

// unfinished reads the records of what goes on, and which pages are among them.
func (c *Client) unfinished(ctx context.Context) ([]archive.Record, map[string]bool, error) {
	var records []archive.Record
	pages := map[string]bool{}
	err := c.Archive.Unfinished(ctx, func(r archive.Record) error {
		r.Facts = nil
		records = append(records, r)
		pages[r.Workflow] = true
		return nil
	})
	return records, pages, err
}

// restoreRegister has Register run, which takes what it knew from the archive, and leaves numbers out.
func (c *Client) restoreRegister(ctx context.Context) (int, error) {
	if err := c.EnsureRegister(ctx); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		s, err := c.Register(ctx)
		if err == nil && s.Recovered {
			return s.Last, c.Deliver(ctx, api.RegisterID, api.SkipNumbers, api.SkipNumbersInput{Last: s.Last + skippedAtLoss})
		}
		if waited := c.pause(ctx, 100*time.Millisecond); waited != nil {
			return 0, fmt.Errorf("register does not say what it knows; a worker must run: %w", errors.Join(err, waited))
		}
	}
}

// missingPages are the live pages of an incident that the archive does not hold.
func (c *Client) missingPages(ctx context.Context, number int, held map[string]bool) ([]int, error) {
	facts, err := c.Archive.Incident(ctx, number)
	if err != nil || facts == nil {
		return nil, err
	}
	var missing []int
	for _, p := range facts.Pages {
		if p.Status != incident.PageWithdrawn && !held[api.PageID(number, p.Number)] {
			missing = append(missing, p.Number)
		}
	}
	return missing, nil
}

// lastSeen is when the record was written, which its version says.
func lastSeen(r archive.Record, now time.Time) time.Time {
	at := time.UnixMicro(r.Version).UTC()
	if at.After(now) {
		return now
	}
	return at
}
