package archive

import (
	"strings"

	"muster/archive/query"
)

// match writes the words of a query as the database's index is asked for them. Every word stands in quotes,
// so that nothing in it is read as a sign.
func (d dialect) match(q *query.Query) string {
	if d == onPostgres {
		return forPostgres(q)
	}
	return forSQLite(q)
}

// columns are where the parts stand in SQLite's index, labels in PostgreSQL's.
var (
	columns = map[query.Part]string{query.PartTitle: "title", query.PartLearnings: "learnings", query.PartFollowUps: "follow_ups", query.PartTimeline: "timeline"}
	labels  = map[query.Part]string{query.PartTitle: "A", query.PartLearnings: "B", query.PartFollowUps: "C", query.PartTimeline: "D"}
)

// forSQLite writes https://www.sqlite.org/fts5.html#full_text_query_syntax.
func forSQLite(q *query.Query) string {
	in := ""
	for _, p := range q.Parts {
		in += columns[p] + " "
	}
	if in != "" {
		in = "{" + in + "} : "
	}
	var with, without []string
	for _, t := range q.Terms {
		phrase := `"` + strings.ReplaceAll(strings.Join(t.Forms, " "), `"`, `""`) + `"`
		if t.Prefix {
			phrase += " *"
		}
		if t.Not {
			without = append(without, in+phrase)
		} else {
			with = append(with, in+phrase)
		}
	}
	if len(with) == 0 {
		with = []string{`"` + everywhere + `"`}
	}
	match := strings.Join(with, " AND ")
	if len(without) > 0 {
		match = "(" + match + ") NOT (" + strings.Join(without, " OR ") + ")"
	}
	return match
}

// forPostgres writes https://www.postgresql.org/docs/current/datatype-textsearch.html#DATATYPE-TSQUERY.
func forPostgres(q *query.Query) string {
	in := ""
	for _, p := range q.Parts {
		in += labels[p]
	}
	var all []string
	seeks := false
	for _, t := range q.Terms {
		var phrase []string
		for k, form := range t.Forms {
			label := in
			if t.Prefix && k == len(t.Forms)-1 {
				label = "*" + in
			}
			w := "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(form) + "'"
			if label != "" {
				w += ":" + label
			}
			phrase = append(phrase, w)
		}
		term := "(" + strings.Join(phrase, " <-> ") + ")"
		if t.Not {
			term = "!" + term
		}
		seeks = seeks || !t.Not
		all = append(all, term)
	}
	if !seeks {
		all = append([]string{"'" + everywhere + "'"}, all...)
	}
	return strings.Join(all, " & ")
}
