package archive

import (
	"strings"

	"muster/archive/query"
	"muster/incident"
)

// condition is what must hold of an incident i for it to be found.
type condition struct {
	dialect
	// match is what the index of words is asked, empty where the query has none.
	match string
	parts []string
	args  []any
}

func (c *condition) and(part string, args ...any) {
	c.parts = append(c.parts, part)
	c.args = append(c.args, args...)
}

// condition writes a query for a viewer.
func (a *Archive) condition(q *query.Query, v Viewer) (condition, error) {
	c := condition{dialect: a.dialect}
	if q.HasWords() {
		c.match = a.match(q)
	}
	c.seen(v)
	oneOf(&c, "i.number", q.Numbers)
	oneOf(&c, "i.severity", q.Severities)
	oneOf(&c, "i.kind", q.Kinds)
	oneOf(&c, "i.status", q.Statuses)
	if !q.Since.IsZero() {
		c.and("i.declared_at >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		c.and("i.declared_at < ?", q.Until.UnixMilli())
	}
	if q.Private != nil {
		c.and("i.private = ?", flag(*q.Private))
	}
	for _, n := range q.Services {
		c.has("services x WHERE x.incident = i.number AND x.service", n.Any, n.Not)
	}
	for _, n := range q.Tags {
		c.has("tags x WHERE x.incident = i.number AND x.tag", n.Any, n.Not)
	}
	return c, c.people(q, v)
}

// seen is what there is for a viewer.
func (c *condition) seen(v Viewer) {
	if v.All {
		return
	}
	open := "i.private = 0"
	if v.Guest {
		open = "1 = 0"
	}
	who := incident.NormalPerson(v.Person)
	if who == "" {
		c.and(open)
		return
	}
	c.and("("+open+" OR EXISTS (SELECT 1 FROM people m WHERE m.incident = i.number AND m.person = ? AND m.part = ?))", text(who), partMember)
}

// has asks for a row of another table that has one of some values.
func (c *condition) has(from string, values []string, not bool) {
	in := " IN (" + strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ") + ")"
	exists := "EXISTS (SELECT 1 FROM " + from + in + ")"
	if not {
		exists = "NOT " + exists
	}
	args := make([]any, 0, len(values))
	for _, v := range values {
		args = append(args, text(v))
	}
	c.and(exists, args...)
}

// people asks for those who have a part in an incident.
func (c *condition) people(q *query.Query, v Viewer) error {
	me := incident.NormalPerson(v.Person)
	for _, role := range []struct {
		from  string
		names []query.Names
	}{
		{"people x WHERE x.incident = i.number AND x.person", q.People},
		{"people x WHERE x.incident = i.number AND x.part = '" + partRole + string(incident.RoleCommander) + "' AND x.person", q.Commanders},
	} {
		for _, n := range role.names {
			who := make([]string, 0, len(n.Any))
			for _, p := range n.Any {
				if p == query.Me {
					p = me
				}
				if p == "" {
					return problem("q", "write the e-mail address instead of "+query.Me, "it is not known who asks")
				}
				who = append(who, p)
			}
			c.has(role.from, who, n.Not)
		}
	}
	return nil
}

func oneOf[T ~string | ~int](c *condition, column string, values []T) {
	if len(values) == 0 {
		return
	}
	args := make([]any, 0, len(values))
	for _, v := range values {
		args = append(args, v)
	}
	c.and(column+" IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+")", args...)
}

// statement asks for the numbers before one (0 for all), newest first.
func (c *condition) statement(before, limit int) (statement string, args []any) {
	from, number := "incidents i", "i.number"
	parts := c.parts
	switch {
	case c.match != "" && c.dialect == onSQLite: // the index gives its rows newest first
		from, number = "search s CROSS JOIN incidents i ON i.number = s.rowid", "s.rowid"
		parts = append([]string{"s.search MATCH ?"}, parts...)
		args = append(args, c.match)
	case c.match != "":
		from = "search s JOIN incidents i ON i.number = s.number"
		parts = append([]string{"s.words @@ CAST(? AS tsquery)"}, parts...)
		args = append(args, c.match)
	}
	args = append(args, c.args...)
	if before > 0 {
		parts = append(parts, number+" < ?")
		args = append(args, before)
	}
	where := ""
	if len(parts) > 0 {
		where = " WHERE " + strings.Join(parts, " AND ")
	}
	return "SELECT i.number FROM " + from + where + " ORDER BY " + number + " DESC LIMIT ?", append(args, limit)
}
