package archive

import (
	"context"
	"slices"
	"time"

	"muster/archive/query"
	"muster/incident"
)

// The bounds of a search.
const (
	DefaultHits = 50
	MaxHits     = 500
	// maxCount is up to where what was found is counted.
	maxCount = 1000
)

// Viewer is who asks. What they may not see is not there for them: it is left out by the condition of the
// question itself, before anything is counted, ordered or excerpted.
type Viewer struct {
	// Person is an e-mail address, or empty when it is not known who asks.
	Person string
	// All says that the viewer may see every private incident.
	All bool
	// Guest says that the viewer sees only what they are part of, whether private or not.
	Guest bool
}

// Page is the part of a list that is wanted. The zero value is its beginning.
type Page struct {
	// Before is the number of an incident: the page has those before it. 0 is the beginning.
	Before int
	// Limit is how many hits there are at most, DefaultHits for 0.
	Limit int
}

// Results are a page of what was found, newest first.
type Results struct {
	Hits []Hit `json:"hits"`
	// Next is Before of the next page, 0 where there is none.
	Next int `json:"-"`
	// Count is how many were found in all, and with More at least so many. Only the first page counts.
	Count int  `json:"count,omitempty"`
	More  bool `json:"more,omitempty"`
}

// Hit is an incident that was found.
type Hit struct {
	Number   int               `json:"number"`
	Key      string            `json:"key"`
	Title    string            `json:"title"`
	Kind     incident.Kind     `json:"kind"`
	Status   incident.Status   `json:"status"`
	Severity incident.Severity `json:"severity"`
	Services []string          `json:"services,omitempty"`
	// Commander is an e-mail address, or empty.
	Commander     string          `json:"commander,omitempty"`
	DeclaredAt    time.Time       `json:"declared_at"`
	ResolvedAt    time.Time       `json:"resolved_at,omitzero"`
	OpenFollowUps int             `json:"open_follow_ups"`
	Private       bool            `json:"private,omitempty"`
	Links         []incident.Link `json:"links,omitempty"`
	// Snags are steps that wait for a person, and Part says that the viewer is part of it; only lists have them.
	Snags int  `json:"-"`
	Part  bool `json:"-"`
	// Excerpts show where the words of the query stand, the title first.
	Excerpts []Excerpt `json:"excerpts,omitempty"`
}

// Search finds incidents, newest first. A query without words is a list: it asks only for what must hold.
func (a *Archive) Search(ctx context.Context, q query.Query, v Viewer, p Page) (Results, error) {
	found := Results{Hits: []Hit{}}
	limit, err := p.limit()
	if err != nil {
		return found, err
	}
	c, err := a.condition(&q, v)
	if err != nil {
		return found, err
	}
	err = a.read(ctx, "search", func(tx *tx) error {
		want := limit + 1
		if p.Before == 0 { // the first page counts
			want = max(want, maxCount+1)
		}
		numbers, err := tx.find(ctx, c, p.Before, want)
		if err != nil {
			return err
		}
		if p.Before == 0 {
			found.Count, found.More = min(len(numbers), maxCount), len(numbers) > maxCount
		}
		if len(numbers) > limit {
			numbers = numbers[:limit]
			found.Next = numbers[limit-1]
		}
		if found.Hits, err = tx.hits(ctx, numbers); err != nil {
			return err
		}
		return tx.excerpts(ctx, &q, found.Hits)
	})
	return found, err
}

// hits reads what a list shows of incidents, in the order of their numbers.
func (t *tx) hits(ctx context.Context, numbers []int) ([]Hit, error) {
	hits := make([]Hit, 0, len(numbers))
	if len(numbers) == 0 {
		return hits, nil
	}
	in, args := among(numbers)
	err := t.rows(ctx, `SELECT number, kind, title, severity, status, private, declared_at, resolved_at, commander,
		tracker, tracker_url, channel, channel_url, follow_ups FROM incidents WHERE number IN `+in+` ORDER BY number DESC`, args,
		func(scan func(...any) error) error {
			var h Hit
			var declared int64
			var resolved *int64
			var tracker, channel incident.Link
			if err := scan(&h.Number, &h.Kind, &h.Title, &h.Severity, &h.Status, &h.Private, &declared, &resolved, &h.Commander,
				&tracker.Label, &tracker.URL, &channel.Label, &channel.URL, &h.OpenFollowUps); err != nil {
				return err
			}
			h.Key, h.DeclaredAt = incident.Key(h.Number), time.UnixMilli(declared).UTC()
			if resolved != nil {
				h.ResolvedAt = time.UnixMilli(*resolved).UTC()
			}
			if channel.Label != "" {
				channel.Label = "#" + channel.Label
			}
			for _, l := range []incident.Link{channel, tracker} {
				if l.Label != "" && l.URL != "" {
					h.Links = append(h.Links, l)
				}
			}
			hits = append(hits, h)
			return nil
		})
	if err != nil {
		return nil, err
	}
	return hits, t.rows(ctx, "SELECT incident, service FROM services WHERE incident IN "+in+" ORDER BY incident, service", args,
		func(scan func(...any) error) error {
			var n int
			var service string
			err := scan(&n, &service)
			if k, ok := indexOf(hits, n); ok {
				hits[k].Services = append(hits[k].Services, service)
			}
			return err
		})
}

// indexOf finds a hit among those of a page, which are in falling order.
func indexOf(hits []Hit, number int) (int, bool) {
	return slices.BinarySearchFunc(hits, number, func(h Hit, n int) int { return n - h.Number })
}

// among writes a list of numbers for IN.
func among(numbers []int) (in string, args []any) {
	for _, n := range numbers {
		args = append(args, n)
	}
	return placeholders(len(args)), args
}
