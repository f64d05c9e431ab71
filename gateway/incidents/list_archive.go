package incidents

import (
	"context"
	"slices"
	"strconv"

	"muster/archive"
	"muster/incident"
)

// List is a part of a list of incidents.
type List struct {
	Incidents []Listed
	// NextPageToken continues the list; empty at its end.
	NextPageToken string
	// Source is who has answered.
	Source Source
	// Note says in a line what the list lacks or how old it may be, empty for nothing.
	Note string
}

// allTimes reports whether a filter asks for what has ended, which Temporal keeps for a while only.
func (f Filter) allTimes() bool {
	return f.All || slices.ContainsFunc(f.Statuses, func(s incident.Status) bool {
		known, err := incident.ParseStatus(string(s))
		return err == nil && !slices.Contains(expected, known)
	})
}

// wanted is what the archive is asked for.
func (f Filter) wanted() archive.Wanted {
	w := archive.Wanted{Severity: f.Severity, Service: f.Service}
	if f.All {
		return w
	}
	w.Statuses = expected
	if len(f.Statuses) > 0 {
		w.Statuses = nil
		for _, s := range f.Statuses {
			if known, err := incident.ParseStatus(string(s)); err == nil { // query has refused others
				w.Statuses = append(w.Statuses, known)
			}
		}
	}
	return w
}

// fromArchive lists incidents of all times.
func (c *Client) fromArchive(ctx context.Context, f Filter, name string, limit int) (List, error) {
	token, err := c.resume(ctx, SourceArchive, f.Viewer, name, f.PageToken)
	if err != nil {
		return List{}, err
	}
	page := archive.Page{Limit: limit}
	if page.Before, err = beforeOf(token); err != nil {
		return List{}, err
	}
	held, err := c.askArchive(ctx, f, page)
	if err != nil {
		return List{}, err
	}
	list := List{Incidents: listedHits(held.Hits), Source: SourceArchive}
	var away error
	if list.Incidents, away = c.freshen(ctx, list.Incidents, f.Viewer); away == nil && page.Before == 0 {
		var begun []Listed
		if begun, away = c.begun(ctx, f, limit, held.Newest); away == nil {
			list.Incidents = append(begun, list.Incidents...)
		}
	}
	if statuses := f.wanted().Statuses; len(statuses) > 0 {
		list.Incidents = slices.DeleteFunc(list.Incidents, func(l Listed) bool { return !slices.Contains(statuses, l.Status) })
	}
	if len(list.Incidents) > limit {
		list.Incidents = list.Incidents[:limit]
		held.Next = list.Incidents[limit-1].Number
	}
	var next []byte
	if held.Next != 0 {
		next = []byte(strconv.Itoa(held.Next))
	}
	list.NextPageToken, list.Note = c.goesOn(ctx, f.Viewer, name, next, away)
	return list, nil
}

func (c *Client) askArchive(ctx context.Context, f Filter, p archive.Page) (archive.Listed, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	held, err := c.Archive.List(ctx, f.wanted(), f.Viewer.archive(), p)
	if err != nil {
		return held, archiveError("list incidents", err)
	}
	return held, nil
}

// begun are the incidents of a list that the archive does not have yet.
func (c *Client) begun(ctx context.Context, f Filter, limit, newest int) ([]Listed, error) {
	ctx, cancel := context.WithTimeout(ctx, freshWait)
	defer cancel()
	query, err := f.query()
	if err != nil {
		return nil, err
	}
	scope, err := c.scopeOf(ctx, f.Viewer)
	if err != nil {
		return nil, err
	}
	found, _, err := c.gather(ctx, f, scope.with(query, f.Service), limit, nil)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(l Listed) bool { return l.Number <= newest })
	slices.SortStableFunc(found, func(a, b Listed) int { return b.Number - a.Number })
	return found, nil
}

// standIn lists what is open while Temporal does not answer.
func (c *Client) standIn(ctx context.Context, f Filter, limit int) (List, error) {
	held, err := c.askArchive(ctx, f, archive.Page{Limit: limit})
	if err != nil {
		return List{}, err
	}
	return List{Incidents: listedHits(held.Hits), Source: SourceArchive, Note: c.alone(ctx, held.Next != 0)}, nil
}
