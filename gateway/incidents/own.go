package incidents

import (
	"context"
	"fmt"
	"slices"

	"muster/incident"
	"muster/workflows/api"
)

// maxOwnPages is how many pages of live incidents, of MaxLimit each and the newest first, are looked through for
// a person's own. Of older ones those are found that they command.
const maxOwnPages = 4

// Own divides the incidents of which something is still expected into those of which the viewer is part and the
// others, the newest first. A private incident has no title here. It asks no worker, so that its cost is that of
// the list; guests get no others.
func (c *Client) Own(ctx context.Context, v Viewer) (mine, others []Listed, err error) {
	f := Filter{Viewer: v, Limit: MaxLimit}
	f.Viewer.Private = v.Private || v.Guest // the memo tells what guests are part of
	for range maxOwnPages {
		page, next, err := c.List(ctx, f)
		if err != nil {
			return mine, others, err
		}
		for _, l := range page {
			switch {
			case l.Part:
				mine = append(mine, l)
			case !v.Guest:
				others = append(others, l)
			}
		}
		if f.PageToken = next; next == "" {
			return mine, others, nil
		}
	}
	older, err := c.commanded(ctx, v)
	for _, l := range older {
		if !slices.ContainsFunc(mine, func(m Listed) bool { return m.Number == l.Number }) {
			mine = append(mine, l)
		}
	}
	return mine, others, err
}

// commanded are the incidents that a person commands. That is no attribute of private ones.
func (c *Client) commanded(ctx context.Context, v Viewer) ([]Listed, error) {
	person := incident.NormalPerson(v.Person)
	if person == "" {
		return nil, nil
	}
	query, err := Filter{}.query()
	if err != nil {
		return nil, err
	}
	f := Filter{Viewer: v}
	found, _, err := c.gather(ctx, f, fmt.Sprintf("%s AND %s = %s AND %s = false", query, api.AttrCommander, quoted(person), api.AttrPrivate), MaxLimit, nil)
	return found, err
}
