package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"muster/archive/words"
	"muster/incident"
)

// filters are the names that may stand before a colon, with what else people write for them, and an example
// of each.
var filters = []struct {
	names   []string
	example string
	read    func(*reader, token) error
}{
	{[]string{"severity", "sev"}, "severity<=2", (*reader).severity},
	{[]string{"kind"}, "kind:near_miss", (*reader).kind},
	{[]string{"status"}, "status:open,mitigated", (*reader).status},
	{[]string{"service", "services"}, "service:checkout", func(r *reader, t token) error { return r.names(t, &r.Services) }},
	{[]string{"tag", "tags"}, "tag:black-friday", func(r *reader, t token) error { return r.names(t, &r.Tags) }},
	{[]string{"person", "people"}, "person:alice@example.com", func(r *reader, t token) error { return r.people(t, &r.People) }},
	{[]string{"commander"}, "commander:me", func(r *reader, t token) error { return r.people(t, &r.Commanders) }},
	{[]string{"since"}, "since:90d", (*reader).since},
	{[]string{"until"}, "until:2026-03-01", (*reader).until},
	{[]string{"private"}, "private:no", (*reader).private},
	{[]string{"in"}, "in:title", (*reader).in},
}

func known(name string) bool { return find(name) >= 0 }

func find(name string) int {
	name = strings.ToLower(name)
	for k, f := range filters {
		if slices.Contains(f.names, name) {
			return k
		}
	}
	return -1
}

// Filters lists an example of every filter.
func Filters() []string {
	var out []string
	for _, f := range filters {
		out = append(out, f.example)
	}
	return out
}

// reader is a query while it is read.
type reader struct {
	Query

	now    time.Time
	values int
	forms  int
	seen   map[string]bool
	// signs is a token in which there is no letter and no digit.
	signs string
}

// Parse reads a query. Days and spans are counted from now, where now is. What cannot be understood is an
// *incident.Problem about the field q.
func Parse(text string, now time.Time) (Query, error) {
	if n := utf8.RuneCountInString(text); n > MaxCharacters {
		return Query{}, refuse("ask for the few words that matter", "has %d characters, and %d are allowed", n, MaxCharacters)
	}
	r := reader{now: now, seen: map[string]bool{}}
	for _, t := range lex(incident.CleanLine(text)) {
		if err := r.take(t); err != nil {
			return Query{}, err
		}
	}
	switch {
	case len(r.Terms) > maxTerms || r.forms > maxForms:
		return Query{}, refuse("ask for the few words that matter", "asks for more than %d words", min(maxTerms, maxForms))
	case r.values > maxValues:
		return Query{}, refuse("ask for fewer", "names more than %d values in its filters", maxValues)
	case !r.Since.IsZero() && !r.Until.IsZero() && !r.Since.Before(r.Until):
		return Query{}, refuse("exchange the two", "since is not before until, so that nothing could be found")
	case len(r.Parts) > 0 && !r.HasWords():
		return Query{}, refuse("add a word, or leave in: out", "says where to look and not for what")
	case r.signs != "" && len(r.seen) == 0 && len(r.Terms) == 0 && len(r.Numbers) == 0:
		return Query{}, refuse("ask for a word", "%q has no letter and no digit, and only those are found", incident.Clip(r.signs, 40))
	}
	return r.Query, nil
}

func refuse(mend, format string, args ...any) *incident.Problem {
	return &incident.Problem{Code: incident.CodeInvalid, Field: "q", Reason: fmt.Sprintf(format, args...), Mend: mend}
}

func (r *reader) take(t token) error {
	if t.name == "" {
		return r.word(t)
	}
	k := find(t.name)
	if k < 0 {
		return refuse(fmt.Sprintf("write one of %s; to find the words themselves, put them in quotes", strings.Join(Filters(), ", ")),
			"there is no filter %s", incident.Clip(t.name, 40))
	}
	f := filters[k]
	if k > 0 && t.op != ":" && t.op != "=" {
		return refuse("write it like "+f.example, "%q compares what is no number", incident.Clip(t.raw, 40))
	}
	for n := range t.values {
		t.values[n].text = strings.TrimSpace(t.values[n].text)
		if t.values[n].text == "" {
			return refuse("write it like "+f.example, "%q names nothing", incident.Clip(t.raw, 40))
		}
	}
	r.values += len(t.values)
	t.name = f.names[0]
	err := f.read(r, t)
	r.seen[t.name] = true
	return err
}

// once refuses a filter of which there can be only one.
func (r *reader) once(t token, mend string) error {
	if r.seen[t.name] {
		return refuse(mend, "%s is there twice", t.name)
	}
	return nil
}

// never refuses a minus before a filter that has its own opposite.
func never(t token, mend string) error {
	if t.not {
		return refuse(mend, "%q cannot be turned round", incident.Clip(t.raw, 40))
	}
	return nil
}

// word reads what is no filter: INC-7, sev1, a word, a word with a star, or a phrase.
func (r *reader) word(t token) error {
	v := t.values[0]
	if !v.quoted {
		if n, ok := numberIn(v.text); ok && !t.not {
			r.Numbers = append(r.Numbers, n)
			r.values++
			return nil
		}
		if s, ok := severityIn(v.text); ok {
			return r.take(token{raw: t.raw, not: t.not, name: "severity", op: ":", values: []value{{text: s}}})
		}
	}
	term := Term{Forms: words.Forms(v.text), Not: t.not}
	term.Prefix = !v.quoted && strings.HasSuffix(v.text, "*")
	if len(term.Forms) == 0 {
		r.signs = v.text
		return nil
	}
	if last := term.Forms[len(term.Forms)-1]; term.Prefix && utf8.RuneCountInString(last) < minPrefix && len(last) < 3 {
		return refuse(fmt.Sprintf("write at least %d letters before the star", minPrefix), "%q begins too many words", incident.Clip(v.text, 40))
	}
	if slices.ContainsFunc(r.Terms, term.same) {
		return nil
	}
	r.forms += len(term.Forms)
	r.Terms = append(r.Terms, term)
	return r.often(v.text)
}

// often refuses a word that is asked for again and again: each time costs as much as the word is common.
func (r *reader) often(text string) error {
	count := map[string]int{}
	for _, t := range r.Terms {
		for _, form := range t.Forms {
			if count[form]++; count[form] > maxSame {
				return refuse("ask for it once", "%q has the same word for the %dth time, and %d times are allowed", incident.Clip(text, 40), count[form], maxSame)
			}
		}
	}
	return nil
}

// numberIn reads INC-7.
func numberIn(word string) (int, bool) {
	digits, ok := strings.CutPrefix(strings.ToUpper(strings.TrimRight(word, ".,;:!?")), incident.KeyPrefix+"-")
	if !ok || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0
}

// severityIn reads sev1 and SEV-1, as people say it.
func severityIn(word string) (string, bool) {
	digit, ok := strings.CutPrefix(strings.ToLower(word), "sev")
	digit = strings.TrimPrefix(digit, "-")
	return digit, ok && len(digit) == 1 && digit[0] >= '1' && digit[0] <= '5'
}
