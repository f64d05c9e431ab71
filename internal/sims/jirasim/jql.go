package jirasim

import (
	"fmt"
	"strings"
	"time"
)

// clause is one condition: field = value, field in (values) or updated >= a moment.
type clause struct {
	field  string
	values []string
	since  time.Duration // for updated: no longer ago than that
}

// condition is a clause, or conditions that must all hold or of which one must.
type condition struct {
	clause *clause
	all    []condition
	any    []condition
}

// parseJQL reads conditions on labels, project, key, parent and updated (by an age such as "-25m"),
// joined by AND and OR, with an ORDER BY that is read and not heeded but for its direction. Anything
// else is refused in Jira's words: Muster asks for nothing else.
func parseJQL(jql string) (c condition, oldestFirst bool, problem string) {
	tokens, problem := tokenize(jql)
	if problem != "" {
		return condition{}, false, problem
	}
	p := parser{tokens: tokens}
	if c, problem = p.any(); problem != "" {
		return c, false, problem
	}
	if p.done() {
		return c, false, ""
	}
	if next := p.next(); !next.word("order") {
		return c, false, fmt.Sprintf("Error in the JQL Query: Expecting either 'OR' or 'AND' but got '%s'.", next.text)
	}
	oldestFirst, problem = p.order()
	return c, oldestFirst, problem
}

func (p *parser) any() (condition, string) {
	first, problem := p.all()
	joined := []condition{first}
	for problem == "" && p.ahead().word("or") {
		p.next()
		var more condition
		more, problem = p.all()
		joined = append(joined, more)
	}
	if len(joined) == 1 {
		return first, problem
	}
	return condition{any: joined}, problem
}

func (p *parser) all() (condition, string) {
	first, problem := p.one()
	joined := []condition{first}
	for problem == "" && p.ahead().word("and") {
		p.next()
		var more condition
		more, problem = p.one()
		joined = append(joined, more)
	}
	if len(joined) == 1 {
		return first, problem
	}
	return condition{all: joined}, problem
}

func (p *parser) one() (condition, string) {
	if p.ahead().word("(") {
		p.next()
		c, problem := p.any()
		if problem == "" && !p.next().word(")") {
			problem = "Error in the JQL Query: Expecting ')' before the end of the query."
		}
		return c, problem
	}
	c, problem := p.clause()
	return condition{clause: &c}, problem
}

// order reads BY field [ASC|DESC].
func (p *parser) order() (oldestFirst bool, problem string) {
	by, field := p.next(), p.next()
	if !by.word("by") || !(field.word("updated") || field.word("created") || field.word("key")) {
		return false, fmt.Sprintf("Field '%s' does not exist or you do not have permission to view it.", field.text)
	}
	if p.done() {
		return true, ""
	}
	switch direction := p.next(); {
	case direction.word("asc") && p.done():
		return true, ""
	case direction.word("desc") && p.done():
		return false, ""
	default:
		return false, fmt.Sprintf("Error in the JQL Query: Expecting either 'ASC' or 'DESC' but got '%s'.", direction.text)
	}
}

type token struct {
	text   string
	quoted bool
}

func (t token) word(w string) bool { return !t.quoted && strings.EqualFold(t.text, w) }

type parser struct {
	tokens []token
	at     int
}

func (p *parser) done() bool { return p.at >= len(p.tokens) }

func (p *parser) next() token {
	if p.done() {
		return token{}
	}
	p.at++
	return p.tokens[p.at-1]
}

func (p *parser) ahead() token {
	if p.done() {
		return token{}
	}
	return p.tokens[p.at]
}

var jqlFields = map[string]string{"labels": "labels", "project": "project", "key": "key", "issuekey": "key", "parent": "parent", "updated": "updated"}

func (p *parser) clause() (clause, string) {
	name := p.next()
	field, ok := jqlFields[strings.ToLower(name.text)]
	if !ok {
		return clause{}, fmt.Sprintf("Field '%s' does not exist or you do not have permission to view it.", name.text)
	}
	operator := p.next()
	switch {
	case (field == "updated") != operator.word(">="):
		return clause{}, fmt.Sprintf("The operator '%s' is not supported by the '%s' field.", operator.text, name.text)
	case field == "updated":
		return age(p.next())
	case operator.word("="):
		v := p.next()
		if v.text == "" || (!v.quoted && strings.ContainsAny(v.text, "=(),")) {
			return clause{}, fmt.Sprintf("Error in the JQL Query: Expecting either a value, list or function but got '%s'.", v.text)
		}
		return clause{field: field, values: []string{v.text}}, ""
	case operator.word("in"):
		return p.list(field)
	}
	return clause{}, fmt.Sprintf("Error in the JQL Query: Expecting operator but got '%s'. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.", operator.text)
}

// age reads "-25m", which unlike a date means the same in every time zone.
func age(v token) (clause, string) {
	since, err := time.ParseDuration(strings.TrimPrefix(v.text, "-"))
	if err != nil || !strings.HasPrefix(v.text, "-") || strings.ContainsAny(v.text, ".s") {
		return clause{}, fmt.Sprintf("Date value '%s' for field 'updated' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.", v.text)
	}
	return clause{field: "updated", since: since}, ""
}

func (p *parser) list(field string) (clause, string) {
	c := clause{field: field}
	if !p.next().word("(") {
		return c, "Error in the JQL Query: Expecting '(' after 'in'."
	}
	for !p.done() {
		c.values = append(c.values, p.next().text)
		switch sep := p.next(); {
		case sep.word(")"):
			return c, ""
		case !sep.word(","):
			return c, fmt.Sprintf("Error in the JQL Query: Expecting ',' or ')' but got '%s'.", sep.text)
		}
	}
	return c, "Error in the JQL Query: Expecting ')' before the end of the query."
}

func tokenize(jql string) (tokens []token, problem string) {
	for i := 0; i < len(jql); {
		switch c := jql[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			i++
		case strings.HasPrefix(jql[i:], ">="):
			tokens = append(tokens, token{text: ">="})
			i += 2
		case strings.IndexByte("=(),", c) >= 0:
			tokens = append(tokens, token{text: string(c)})
			i++
		case c == '"':
			text, length, ok := quoted(jql[i:])
			if !ok {
				return nil, "Error in the JQL Query: The quoted string has not been completed."
			}
			tokens = append(tokens, token{text: text, quoted: true})
			i += length
		default:
			end := i
			for end < len(jql) && strings.IndexByte(" \t\n=>(),\"", jql[end]) < 0 {
				end++
			}
			tokens = append(tokens, token{text: jql[i:end]})
			i = end
		}
	}
	return tokens, ""
}

// quoted reads a string that begins with a quotation mark.
func quoted(s string) (text string, length int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), i + 1, true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, false
}
