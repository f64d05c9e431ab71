package archive

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"muster/archive/query"
)

// Excerpt is a piece of an incident in which words of the query stand.
type Excerpt struct {
	Part query.Part `json:"part"`
	// Entry is the number of the timeline entry, or of the follow-up.
	Entry int    `json:"entry,omitempty"`
	Text  string `json:"text"`
	// Marks are where the words stand in Text, in bytes.
	Marks []query.Span `json:"marks"`
}

// The bounds of excerpts: how many of a hit besides its title, how long, how much of it stands before the
// first word that was found, and how many rows and bytes of one kind are looked through for a page.
const (
	maxExcerpts    = 3
	excerptBytes   = 240
	excerptBefore  = 80
	maxLooked      = 5000
	maxLookedBytes = 1 << 20
)

// errEnough ends the reading of rows.
var errEnough = errors.New("enough was looked through")

// excerpts shows where the words of a query stand in the hits of a page: in the title, then in what was learnt
// and in follow-ups, and in the timeline those that were nowhere else.
func (t *tx) excerpts(ctx context.Context, q *query.Query, hits []Hit) error {
	if !q.Seeks() || len(hits) == 0 {
		return nil
	}
	missing := make([]map[int]bool, len(hits)) // the terms of each hit that have not been shown
	for k := range hits {
		missing[k] = map[int]bool{}
		for n, term := range q.Terms {
			missing[k][n] = !term.Not
		}
		if q.In(query.PartTitle) {
			hits[k].show(q, missing[k], query.PartTitle, 0, hits[k].Title)
		}
	}
	for _, from := range []struct {
		part  query.Part
		query string
	}{
		{query.PartLearnings, "SELECT incident, seq, text FROM learnings WHERE incident IN "},
		{query.PartFollowUps, "SELECT incident, number, title FROM follow_ups WHERE incident IN "},
		{query.PartFollowUps, "SELECT incident, number, reason FROM follow_ups WHERE reason <> '' AND incident IN "},
		{query.PartTimeline, "SELECT incident, seq, text FROM timeline WHERE NOT (event = 'learning' AND text LIKE '" + learnt + "%') AND incident IN "},
	} {
		if !q.In(from.part) {
			continue
		}
		if err := t.excerptsFrom(ctx, q, from.part, from.query, hits, missing); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) excerptsFrom(ctx context.Context, q *query.Query, part query.Part, statement string, hits []Hit, missing []map[int]bool) error {
	var numbers []int
	for k, h := range hits {
		if h.room() && (part != query.PartTimeline || anyOf(missing[k])) {
			numbers = append(numbers, h.Number)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	in, args := among(numbers)
	looked := 0
	err := t.rows(ctx, statement+in+" ORDER BY 1 DESC, 2 DESC LIMIT ?", append(args, maxLooked), func(scan func(...any) error) error {
		var number, entry int
		var said string
		if err := scan(&number, &entry, &said); err != nil {
			return err
		}
		if k, ok := indexOf(hits, number); ok && hits[k].room() && (part != query.PartTimeline || anyOf(missing[k])) {
			hits[k].show(q, missing[k], part, entry, said)
			looked += len(said)
		}
		if looked > maxLookedBytes {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func anyOf(terms map[int]bool) bool {
	for _, is := range terms {
		if is {
			return true
		}
	}
	return false
}

// show adds an excerpt of a text if a word of the query stands in it; of the timeline, one that was not shown.
func (h *Hit) show(q *query.Query, missing map[int]bool, part query.Part, entry int, said string) {
	marks, terms := q.Find(said)
	adds := part != query.PartTimeline
	for _, n := range terms {
		adds = adds || missing[n]
		missing[n] = false
	}
	if len(marks) > 0 && adds {
		h.Excerpts = append(h.Excerpts, excerpt(part, entry, said, marks))
	}
}

// room reports whether a hit takes one more excerpt.
func (h *Hit) room() bool {
	n := len(h.Excerpts)
	if n > 0 && h.Excerpts[0].Part == query.PartTitle {
		n--
	}
	return n < maxExcerpts
}

// excerpt cuts a text to what stands around the first word that was found.
func excerpt(part query.Part, entry int, said string, marks []query.Span) Excerpt {
	e := Excerpt{Part: part, Entry: entry}
	from, to := 0, len(said)
	if len(said) > excerptBytes && part != query.PartTitle {
		from = wordAfter(said, marks[0].Start-excerptBefore, marks[0].Start)
		to = wordBefore(said, max(from+excerptBytes, marks[0].End), marks[0].End)
	}
	before, after := "", ""
	if from > 0 {
		before = "…"
	}
	if to < len(said) {
		after = "…"
	}
	e.Text = before + said[from:to] + after
	for _, m := range marks {
		if m.Start >= from && m.End <= to {
			e.Marks = append(e.Marks, query.Span{Start: m.Start - from + len(before), End: m.End - from + len(before)})
		}
	}
	return e
}

// wordAfter gives where a word begins at or after a place, and at most at a limit.
func wordAfter(s string, at, limit int) int {
	if at <= 0 {
		return 0
	}
	if k := strings.IndexByte(s[at:limit], ' '); k >= 0 {
		return at + k + 1
	}
	for at < limit && !utf8.RuneStart(s[at]) {
		at++
	}
	return at
}

// wordBefore gives where a word ends at or before a place, and at least at a limit.
func wordBefore(s string, at, limit int) int {
	if at >= len(s) {
		return len(s)
	}
	if k := strings.LastIndexByte(s[limit:at+1], ' '); k >= 0 {
		return limit + k
	}
	for at > limit && !utf8.RuneStart(s[at]) {
		at--
	}
	return at
}
