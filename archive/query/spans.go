package query

import (
	"slices"
	"strings"

	"muster/archive/words"
)

// Span is a range of bytes of a text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Spans gives where the words of the query stand in a text, in their order and not over each other. Where
// they may stand by Parts is for the caller to know.
func (q *Query) Spans(text string) []Span {
	spans, _ := q.Find(text)
	return spans
}

// Find gives the spans of Spans, and which of the query's terms they are.
func (q *Query) Find(text string) (spans []Span, terms []int) {
	if !q.Seeks() {
		return nil, nil
	}
	all := words.Of(text)
	for at := range all {
		for k, t := range q.Terms {
			if !t.Not && t.at(all[at:]) {
				spans = append(spans, Span{Start: all[at].Start, End: all[at+len(t.Forms)-1].End})
				if !slices.Contains(terms, k) {
					terms = append(terms, k)
				}
			}
		}
	}
	return joined(spans), terms
}

// at reports whether a text's words begin with the term's.
func (t *Term) at(text []words.Word) bool {
	n := len(t.Forms)
	if n == 0 || len(text) < n {
		return false
	}
	for k, form := range t.Forms {
		last := k == n-1
		if text[k].Form != form && (!last || !t.Prefix || !strings.HasPrefix(text[k].Form, form)) {
			return false
		}
	}
	return true
}

// joined makes one of spans that overlap.
func joined(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}

// Mark writes a text with marks around spans, such as <b> and </b>. What is written between the marks goes
// through escape first, which may be nil.
func Mark(text string, spans []Span, before, after string, escape func(string) string) string {
	if escape == nil {
		escape = func(s string) string { return s }
	}
	var b strings.Builder
	end := 0
	for _, s := range spans {
		if s.Start < end || s.End < s.Start || s.End > len(text) {
			continue
		}
		b.WriteString(escape(text[end:s.Start]))
		b.WriteString(before + escape(text[s.Start:s.End]) + after)
		end = s.End
	}
	b.WriteString(escape(text[end:]))
	return b.String()
}
