package archive

import (
	"strconv"
	"strings"

	"muster/archive/query"
	"muster/incident"
)

// condition is what must hold of an incident i for it to be found.
//
// What must hold stands in parts, as SQL. Marks and words say the same to the index of words, which finds
// what fulfils many conditions at once without looking at all that fulfil one of them.
type condition struct {
	dialect
	parts []string
	args  []any
	// with and without are what the index is asked for, each in the database's own words.
	with, without []string
	// since and until bound when it was declared, in milliseconds; nil is no bound.
	since, until any
}

func (c *condition) and(part string, args ...any) {
	c.parts = append(c.parts, part)
	c.args = append(c.args, args...)
}

// condition writes a query for a viewer.
func (a *Archive) condition(q *query.Query, v Viewer) (*condition, error) {
	c := &condition{dialect: a.dialect}
	c.seen(v, q.Private)
	c.words(q)
	if len(q.Numbers) > 0 {
		args := make([]any, 0, len(q.Numbers))
		for _, n := range q.Numbers {
			args = append(args, n)
		}
		c.and("i.number IN "+placeholders(len(args)), args...)
	}
	oneOf(c, "severity", q.Severities, func(s incident.Severity) string { return strconv.Itoa(int(s)) })
	oneOf(c, "kind", q.Kinds, func(k incident.Kind) string { return string(k) })
	oneOf(c, "status", q.Statuses, func(s incident.Status) string { return string(s) })
	if !q.Since.IsZero() {
		c.since = q.Since.UnixMilli()
		c.and("i.declared_at >= ?", c.since)
	}
	if !q.Until.IsZero() {
		c.until = q.Until.UnixMilli()
		c.and("i.declared_at < ?", c.until)
	}
	for _, n := range q.Services {
		c.has(markService, "services x WHERE x.incident = i.number AND x.service", n)
	}
	for _, n := range q.Tags {
		c.has(markTag, "tags x WHERE x.incident = i.number AND x.tag", n)
	}
	return c, c.people(q, v)
}

// seen is what there is for a viewer.
func (c *condition) seen(v Viewer, private *bool) {
	who := incident.NormalPerson(v.Person)
	switch member := "EXISTS (SELECT 1 FROM people m WHERE m.incident = i.number AND m.person = ? AND m.part = ?)"; {
	case v.All:
	case who == "" && v.Guest:
		c.and("1 = 0")
	case who == "":
		c.and("i.private = 0")
	case v.Guest:
		c.and(member, who, partMember)
		c.marked(markMember, false, who)
	default:
		c.and("(i.private = 0 OR "+member+")", who, partMember)
		if private != nil && *private {
			c.marked(markMember, false, who)
		}
	}
	if private != nil {
		c.and("i.private = ?", flag(*private))
	}
	if private != nil && *private {
		c.marked(markPrivate, false, "")
	}
}

// marked asks the index for one of several marks, or for none of them.
func (c *condition) marked(name string, not bool, values ...string) {
	var marks []string
	for _, v := range values {
		marks = append(marks, c.quoted(mark(name, v)))
	}
	if not {
		c.without = append(c.without, c.anyOf(marks))
	} else {
		c.with = append(c.with, c.anyOf(marks))
	}
}

// has asks for a row of another table that has one of some values.
func (c *condition) has(name, from string, n query.Names) {
	exists := "EXISTS (SELECT 1 FROM " + from + " IN " + placeholders(len(n.Any)) + ")"
	if n.Not {
		exists = "NOT " + exists
	}
	args := make([]any, 0, len(n.Any))
	for _, v := range n.Any {
		args = append(args, v)
	}
	c.and(exists, args...)
	c.marked(name, n.Not, n.Any...)
}

// people asks for those who have a part in an incident.
func (c *condition) people(q *query.Query, v Viewer) error {
	me := incident.NormalPerson(v.Person)
	for _, role := range []struct {
		name, from string
		names      []query.Names
	}{
		{markPerson, "people x WHERE x.incident = i.number AND x.person", q.People},
		{markCommander, "people x WHERE x.incident = i.number AND x.part = '" + partCommander + "' AND x.person", q.Commanders},
	} {
		for _, n := range role.names {
			who := query.Names{Not: n.Not}
			for _, p := range n.Any {
				if p == query.Me {
					p = me
				}
				if p == "" {
					return wrong("q", "write the e-mail address instead of "+query.Me, "it is not known who asks")
				}
				who.Any = append(who.Any, p)
			}
			c.has(role.name, role.from, who)
		}
	}
	return nil
}

// oneOf asks for one of some values of a column, of which the index has marks.
func oneOf[T ~string | ~int](c *condition, column string, values []T, name func(T) string) {
	if len(values) == 0 {
		return
	}
	var args []any
	var names []string
	for _, v := range values {
		args = append(args, v)
		names = append(names, name(v))
	}
	c.and("i."+column+" IN "+placeholders(len(args)), args...)
	c.marked(column, false, names...)
}

func placeholders(n int) string {
	return "(" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")"
}
