package jirasim

import (
	"fmt"
	"strings"
)

// clause is one condition: field = value or field in (values).
type clause struct {
	field  string
	values []string
}

// parseJQL reads conditions joined by AND, on labels, project, key and parent. Anything else is
// refused in Jira's words: Muster asks for nothing else.
func parseJQL(jql string) (clauses []clause, problem string) {
	tokens, problem := tokenize(jql)
	if problem != "" {
		return nil, problem
	}
	p := parser{tokens: tokens}
	for {
		c, problem := p.clause()
		if problem != "" {
			return nil, problem
		}
		clauses = append(clauses, c)
		if p.done() {
			return clauses, ""
		}
		if next := p.next(); !next.word("and") {
			return nil, fmt.Sprintf("Error in the JQL Query: Expecting either 'OR' or 'AND' but got '%s'.", next.text)
		}
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

var jqlFields = map[string]string{"labels": "labels", "project": "project", "key": "key", "issuekey": "key", "parent": "parent"}

func (p *parser) clause() (clause, string) {
	name := p.next()
	field, ok := jqlFields[strings.ToLower(name.text)]
	if !ok {
		return clause{}, fmt.Sprintf("Field '%s' does not exist or you do not have permission to view it.", name.text)
	}
	operator := p.next()
	switch {
	case operator.word("="):
		v := p.next()
		if v.text == "" || (!v.quoted && strings.ContainsAny(v.text, "=(),")) {
			return clause{}, fmt.Sprintf("Error in the JQL Query: Expecting either a value, list or function but got '%s'.", v.text)
		}
		return clause{field, []string{v.text}}, ""
	case operator.word("in"):
		return p.list(field)
	}
	return clause{}, fmt.Sprintf("Error in the JQL Query: Expecting operator but got '%s'. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.", operator.text)
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
			for end < len(jql) && strings.IndexByte(" \t\n=(),\"", jql[end]) < 0 {
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
