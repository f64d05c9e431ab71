package archive

import (
	"slices"
	"strings"

	"muster/archive/query"
)

// The index of words is asked in each database's own language:
// https://www.sqlite.org/fts5.html#full_text_query_syntax and
// https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY.
// Every word stands in quotes, so that nothing in it is read as a sign.

// partNames are where the parts stand in SQLite's index, partLabels in PostgreSQL's.
var (
	partNames  = map[query.Part]string{query.PartTitle: "title", query.PartLearnings: "learnings", query.PartFollowUps: "follow_ups", query.PartTimeline: "timeline"}
	partLabels = map[query.Part]string{query.PartTitle: "A", query.PartLearnings: "B", query.PartFollowUps: "C", query.PartTimeline: "D"}
)

// quoted writes one word.
func (d dialect) quoted(word string) string {
	if d == onPostgres {
		return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(word) + "'"
	}
	return `"` + strings.ReplaceAll(word, `"`, `""`) + `"`
}

func (d dialect) anyOf(terms []string) string {
	or := " OR "
	if d == onPostgres {
		or = " | "
	}
	return "(" + strings.Join(terms, or) + ")"
}

// matching writes what is asked of the index, "" for nothing.
func (c *condition) matching() string {
	with := c.with
	if len(with) == 0 && len(c.without) > 0 {
		with = []string{c.quoted(everywhere)}
	}
	if c.dialect == onPostgres {
		for _, w := range c.without {
			with = append(slices.Clip(with), "!"+w)
		}
		return strings.Join(with, " & ")
	}
	match := strings.Join(with, " AND ")
	if len(c.without) > 0 {
		match = "(" + match + ") NOT " + c.anyOf(c.without)
	}
	return match
}

// words asks for the words of a query.
func (c *condition) words(q *query.Query) {
	for _, t := range q.Terms {
		term := c.forSQLite(q, t)
		if c.dialect == onPostgres {
			term = c.forPostgres(q, t)
		}
		if t.Not {
			c.without = append(c.without, term)
		} else {
			c.with = append(c.with, term)
		}
	}
}

func where(q *query.Query, names map[query.Part]string, sep string) string {
	var in []string
	for _, p := range q.Parts {
		in = append(in, names[p])
	}
	return strings.Join(in, sep)
}

func (c *condition) forSQLite(q *query.Query, t query.Term) string {
	in := where(q, partNames, " ")
	if in != "" {
		in = "{" + in + "} : "
	}
	phrase := in + c.quoted(strings.Join(t.Forms, " "))
	if t.Prefix {
		phrase += " *"
	}
	return phrase
}

func (c *condition) forPostgres(q *query.Query, t query.Term) string {
	in := where(q, partLabels, "")
	var phrase []string
	for k, form := range t.Forms {
		label := in
		if t.Prefix && k == len(t.Forms)-1 {
			label = "*" + in
		}
		w := c.quoted(form)
		if label != "" {
			w += ":" + label
		}
		phrase = append(phrase, w)
	}
	return "(" + strings.Join(phrase, " <-> ") + ")"
}
