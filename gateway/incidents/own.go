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
	f := Filter{Viewer: v}
	f.Viewer.Private = v.Private || v.Guest // the memo tells what guests are part of
	live, err := Filter{}.query()
	if err != nil {
		return nil, nil, err
	}
	scope, err := c.scopeOf(ctx, f.Viewer)
	if err != nil {
		return nil, nil, err
	}
	var token []byte
	for range maxOwnPages {
		var page []Listed
		if page, token, err = c.gather(ctx, f, scope.with(live, ""), MaxLimit, token); err != nil {
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
		if len(token) == 0 {
			return mine, others, nil
		}
	}
	older, err := c.commanded(ctx, live, v)
	for _, l := range older {
		if !slices.ContainsFunc(mine, func(m Listed) bool { return m.Number == l.Number }) {
			mine = append(mine, l)
		}
	}
	return mine, others, err
}

// commanded are those of a query that a person commands. That is no attribute of private ones.
func (c *Client) commanded(ctx context.Context, query string, v Viewer) ([]Listed, error) {
	person := incident.NormalPerson(v.Person)
	if person == "" {
		return nil, nil
	}
	found, _, err := c.gather(ctx, Filter{Viewer: v}, fmt.Sprintf("%s AND %s = %s AND %s = false", query, api.AttrCommander, quoted(person), api.AttrPrivate), MaxLimit, nil)
	return found, err
}
