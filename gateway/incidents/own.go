package incidents

import (
	"context"
	"fmt"
	"slices"
	"time"

	"muster/archive"
	"muster/incident"
	"muster/workflows/api"
)

// maxOwnPages is how many pages of live incidents, of MaxLimit each and the newest first, are looked through for
// a person's own where there is no archive. Of older ones those are found that they command.
const maxOwnPages = 4

// Lately is for how long a person is shown what has ended of theirs.
const Lately = 14 * 24 * time.Hour

// Own is what concerns a person.
type Own struct {
	// Mine are the incidents of which something is still expected and the person is part, Others all further
	// ones, the newest first. Guests get no others. A private incident has no title, unless the archive told it.
	Mine, Others []Listed
	// Told are those of Mine of which the archive has told what their members may read.
	Told map[int]bool
	// Ended are those of the person that have ended lately, as far as there is an archive.
	Ended []Listed
	// FollowUps are the open ones that the person owns.
	FollowUps FollowUpList
	// Source is who has answered.
	Source Source
	// Note says in a line what is lacking or how old it may be, empty for nothing.
	Note string
}

// Own gives what concerns a viewer. It asks no worker for incidents, so that its cost is that of the list.
//
// What is a person's the archive finds among all incidents at once, with what members may read of private ones.
// Visibility then has the last word on what still runs, and adds what began seconds ago.
func (c *Client) Own(ctx context.Context, v Viewer) (Own, error) {
	var held archive.Own
	var missing error
	if c.Archive != nil {
		if held, missing = c.archivedOwn(ctx, v); missing != nil {
			c.Logger.WarnContext(ctx, "the archive told nothing of a person's own", "error", missing)
		}
	}
	if c.Archive == nil || missing != nil {
		own, err := c.ownOfTemporal(ctx, v)
		own.Note = ownWithout(missing)
		return own, err
	}
	asking, cancel := c.leavingRoom(ctx)
	defer cancel()
	own, err := c.ownOfBoth(asking, v, held)
	if c.standsIn(err, "") {
		return c.ownOfArchive(ctx, v, held), nil
	}
	return own, err
}

func ownWithout(missing error) string {
	if missing != nil {
		return "the archive does not answer, so that nothing that has ended is shown"
	}
	return "there is no archive, so that nothing that has ended is shown"
}

func (c *Client) archivedOwn(ctx context.Context, v Viewer) (archive.Own, error) {
	ctx, cancel := context.WithTimeout(ctx, freshWait)
	defer cancel()
	held, err := c.Archive.Own(ctx, v.archive(), c.Now().Add(-Lately))
	if err != nil {
		return held, archiveError("find a person's own", err)
	}
	return held, nil
}

// ownOfArchive is what there is while Temporal does not answer.
func (c *Client) ownOfArchive(ctx context.Context, v Viewer, held archive.Own) Own {
	own := Own{
		Mine: listedHits(held.Live), Ended: listedHits(held.Ended), Source: SourceArchive, Note: c.old(ctx), Told: map[int]bool{},
		FollowUps: FollowUpList{FollowUps: archivedAll(held.FollowUps, c.Now()), Source: SourceArchive},
	}
	for _, l := range own.Mine {
		own.Told[l.Number] = true
	}
	if v.Guest {
		return own
	}
	rest, err := c.askArchive(ctx, Filter{Viewer: v}, archive.Page{Limit: MaxLimit})
	if err != nil {
		own.Note += "; other incidents are not shown"
		return own
	}
	for _, l := range listedHits(rest.Hits) {
		if !l.Part {
			own.Others = append(own.Others, l)
		}
	}
	return own
}

// ownOfBoth joins what the archive has found with one page of visibility.
func (c *Client) ownOfBoth(ctx context.Context, v Viewer, held archive.Own) (Own, error) {
	own := Own{Source: SourceArchive, Told: map[int]bool{}}
	mine, others, all, err := c.ownPages(ctx, v, 1)
	if err != nil {
		return own, err
	}
	own.Others = others
	known := map[int]archive.Hit{}
	for _, h := range held.Live {
		known[h.Number] = h
	}
	for _, l := range mine {
		if h, told := known[l.Number]; told {
			l = listedHit(h).with(l)
			own.Told[l.Number] = true
			delete(known, l.Number)
		}
		own.Mine = append(own.Mine, l)
	}
	if !all {
		older := slices.DeleteFunc(listedHits(held.Live), func(l Listed) bool {
			_, left := known[l.Number]
			return !left || slices.ContainsFunc(others, func(o Listed) bool { return o.Number == l.Number })
		})
		if err := c.addOlder(ctx, v, &own, older); err != nil {
			return own, err
		}
	}
	if own.Ended, err = c.freshen(ctx, listedHits(held.Ended), v); err != nil {
		return own, err
	}
	own.Ended = slices.DeleteFunc(own.Ended, func(l Listed) bool { return slices.Contains(expected, l.Status) })
	own.FollowUps, err = c.ownFollowUps(ctx, v, held.FollowUps)
	return own, err
}

// addOlder adds those of which visibility's first page said nothing, as far as they run and are the viewer's still.
func (c *Client) addOlder(ctx context.Context, v Viewer, own *Own, older []Listed) error {
	numbers := make([]int, len(older))
	for k, l := range older {
		numbers[k] = l.Number
	}
	now, err := c.fresh(ctx, numbers, v)
	if err != nil {
		return err
	}
	for _, l := range older {
		if n, runs := now[l.Number]; runs && n.Part && slices.Contains(expected, n.Status) {
			own.Mine = append(own.Mine, l.with(n))
			own.Told[l.Number] = true
		}
	}
	return nil
}

// ownFollowUps lists the viewer's. What members may read of those of private incidents the archive has told.
func (c *Client) ownFollowUps(ctx context.Context, v Viewer, held []archive.FollowUp) (FollowUpList, error) {
	if v.Person == "" {
		return FollowUpList{Source: SourceTemporal}, nil
	}
	f := FollowUpFilter{Owner: v.Person, Viewer: v, told: map[followUpID]ListedFollowUp{}}
	for _, l := range archivedAll(held, c.Now()) {
		f.told[followUpID{l.Incident, l.Number}] = l
	}
	return c.FollowUps(ctx, f)
}

// ownOfTemporal is what there is without an archive.
func (c *Client) ownOfTemporal(ctx context.Context, v Viewer) (own Own, err error) {
	own.Source = SourceTemporal
	var all bool
	own.Mine, own.Others, all, err = c.ownPages(ctx, v, maxOwnPages)
	if err != nil {
		return own, err
	}
	if !all {
		older, err := c.commanded(ctx, v)
		if err != nil {
			return own, err
		}
		for _, l := range older {
			if !slices.ContainsFunc(own.Mine, func(m Listed) bool { return m.Number == l.Number }) {
				own.Mine = append(own.Mine, l)
			}
		}
	}
	own.FollowUps, err = c.ownFollowUps(ctx, v, nil)
	return own, err
}

// ownPages divides some pages of what is live, and says whether that is all of it.
func (c *Client) ownPages(ctx context.Context, v Viewer, pages int) (mine, others []Listed, all bool, err error) {
	f := Filter{Viewer: v}
	f.Viewer.Private = v.Private || v.Guest // the memo tells what guests are part of
	live, err := Filter{}.query()
	if err != nil {
		return nil, nil, false, err
	}
	scope, err := c.scopeOf(ctx, f.Viewer)
	if err != nil {
		return nil, nil, false, err
	}
	var token []byte
	for range pages {
		var page []Listed
		if page, token, err = c.gather(ctx, f, scope.with(live, ""), MaxLimit, token); err != nil {
			return mine, others, false, err
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
			return mine, others, true, nil
		}
	}
	return mine, others, false, nil
}

// commanded are those live ones that a person commands. That is no attribute of private ones.
func (c *Client) commanded(ctx context.Context, v Viewer) ([]Listed, error) {
	person := incident.NormalPerson(v.Person)
	if person == "" {
		return nil, nil
	}
	live, err := Filter{}.query()
	if err != nil {
		return nil, err
	}
	found, _, err := c.gather(ctx, Filter{Viewer: v}, fmt.Sprintf("%s AND %s = %s AND %s = false", live, api.AttrCommander, quoted(person), api.AttrPrivate), MaxLimit, nil)
	return found, err
}
