package archive

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"muster/archive/query"
	"muster/incident"
)

// Wanted says which incidents a list holds. The zero value is all of them, but for the canary's drills.
type Wanted struct {
	// Statuses are those wanted, empty for any.
	Statuses []incident.Status
	// Severity is the wanted one, 0 for any.
	Severity incident.Severity
	// Service is one that the incident names, empty for any.
	Service string
}

// Listed is a page of a list, newest first.
type Listed struct {
	Hits []Hit
	// Next is Before of the next page, 0 where there is none.
	Next int
	// Newest is the highest number in the archive, whoever may see it.
	Newest int
}

// List lists incidents of all times, those that a viewer may see.
func (a *Archive) List(ctx context.Context, w Wanted, v Viewer, p Page) (Listed, error) {
	limit, err := p.limit()
	if err != nil {
		return Listed{}, err
	}
	q := query.Query{Statuses: w.Statuses}
	if w.Severity != 0 {
		q.Severities = []incident.Severity{w.Severity}
	}
	if w.Service != "" {
		q.Services = []query.Names{{Any: []string{strings.ToLower(w.Service)}}}
	}
	c, err := a.condition(&q, v)
	if err != nil {
		return Listed{}, err
	}
	c.and(notCanary)
	var found Listed
	err = a.read(ctx, "list", func(tx *tx) error {
		numbers, err := tx.find(ctx, c, p.Before, limit+1)
		if err != nil {
			return err
		}
		if len(numbers) > limit {
			numbers = numbers[:limit]
			found.Next = numbers[limit-1]
		}
		if found.Newest, err = tx.newest(ctx); err != nil {
			return err
		}
		found.Hits, err = tx.listed(ctx, numbers, v)
		return err
	})
	return found, err
}

func (t *tx) newest(ctx context.Context) (int, error) {
	var n sql.NullInt64
	err := t.QueryRowContext(ctx, "SELECT max(number) FROM incidents").Scan(&n)
	return int(n.Int64), err
}

// listed adds to hits what stands in lists alone.
func (t *tx) listed(ctx context.Context, numbers []int, v Viewer) ([]Hit, error) {
	hits, err := t.hits(ctx, numbers)
	if err != nil || len(hits) == 0 {
		return hits, err
	}
	in, args := among(numbers)
	err = t.rows(ctx, "SELECT incident, count(*) FROM snags WHERE incident IN "+in+" AND ended_at IS NULL GROUP BY incident", args,
		func(scan func(...any) error) error {
			var number, snags int
			err := scan(&number, &snags)
			if k, ok := indexOf(hits, number); ok {
				hits[k].Snags = snags
			}
			return err
		})
	who := incident.NormalPerson(v.Person)
	if err != nil || who == "" {
		return hits, err
	}
	return hits, t.rows(ctx, "SELECT incident FROM people WHERE incident IN "+in+" AND person = ? AND part = ?", append(args, who, partMember),
		func(scan func(...any) error) error {
			var number int
			err := scan(&number)
			if k, ok := indexOf(hits, number); ok {
				hits[k].Part = true
			}
			return err
		})
}

// limit is how many there are on a page.
func (p Page) limit() (int, error) {
	switch {
	case p.Limit == 0:
		return DefaultHits, nil
	case p.Limit < 0 || p.Limit > MaxHits:
		return 0, wrong("limit", fmt.Sprintf("write a number from 1 to %d", MaxHits), "%d is no limit", p.Limit)
	}
	return p.Limit, nil
}

// live are the statuses of which something is still expected, ended the others.
const (
	live  = "('open', 'mitigated', 'resolved')"
	ended = "('closed', 'cancelled', 'merged')"
)

// AsOf is the newest change that the archive knows of, by the records of Register and of what is not over: the
// zero time for none. What has happened since is not in it, and there may be nothing.
func (a *Archive) AsOf(ctx context.Context) (time.Time, error) {
	var at time.Time
	err := a.read(ctx, "say how old it is", func(tx *tx) error {
		var version sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT max(version) FROM (
			SELECT version FROM records WHERE workflow = 'register'
			UNION ALL SELECT r.version FROM incidents i JOIN records r ON r.incident = i.number WHERE i.status IN `+live+`) AS known`).Scan(&version)
		if version.Valid {
			at = time.UnixMicro(version.Int64).UTC() // a version is its workflow's clock: see docs/adr/0022-archive.md
		}
		return err
	})
	return at, err
}

// Own is what concerns a person.
type Own struct {
	// Live are the incidents of which they are part and something is still expected, newest first, and Ended
	// those that have ended lately.
	Live, Ended []Hit
	// FollowUps are the open ones that they own, those due first in front.
	FollowUps []FollowUp
}

// The bounds of what concerns one person. What ended lately was declared within half a year.
const (
	maxOwnLive      = 200
	maxOwnEnded     = 5
	maxOwnFollowUps = 50
	ownDeclared     = 180 * 24 * time.Hour
)

// Own gives what concerns a viewer, what has ended only since some time. They are part of all of it, so that
// nothing is hidden from them.
func (a *Archive) Own(ctx context.Context, v Viewer, since time.Time) (Own, error) {
	own := Own{Live: []Hit{}, Ended: []Hit{}}
	who := incident.NormalPerson(v.Person)
	if who == "" {
		return own, nil
	}
	err := a.read(ctx, "find a person's own", func(tx *tx) error {
		open, err := tx.numbers(ctx, `SELECT i.number FROM incidents i WHERE i.status IN `+live+`
			AND EXISTS (SELECT 1 FROM people m WHERE m.incident = i.number AND m.person = ? AND m.part = ?)
			AND `+notCanary+` ORDER BY i.number DESC LIMIT ?`, []any{who, partMember, maxOwnLive})
		if err != nil {
			return err
		}
		lately, err := tx.numbers(ctx, `SELECT i.number FROM people m JOIN incidents i ON i.number = m.incident WHERE m.person = ? AND m.part = ?
			AND m.incident >= (SELECT COALESCE(min(number + 0), 0) FROM incidents WHERE declared_at >= ?)
			AND i.status IN `+ended+` AND COALESCE(i.closed_at, i.merged_at, i.resolved_at, i.declared_at) >= ?
			AND `+notCanary+` ORDER BY m.incident DESC LIMIT ?`, []any{who, partMember, since.Add(-ownDeclared).UnixMilli(), since.UnixMilli(), maxOwnEnded})
		if err != nil {
			return err
		}
		if own.Live, err = tx.listed(ctx, open, v); err != nil {
			return err
		}
		if own.Ended, err = tx.listed(ctx, lately, v); err != nil {
			return err
		}
		own.FollowUps, err = tx.followUps(ctx, FollowUpsWanted{Open: true, Owner: v.Person}, v, FollowUpPage{Limit: maxOwnFollowUps})
		return err
	})
	return own, err
}
