package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one thing that stands between spaces.
type token struct {
	// raw is all of it, as it was written.
	raw string
	// not is whether a minus stands before it.
	not bool
	// name and op are those of a filter, such as severity and <=; empty for words.
	name, op string
	// values are the alternatives of a filter, one for words.
	values []value
}

type value struct {
	text   string
	quoted bool
}

// quotes are what opens a phrase. Phones and word processors write them in many ways, so that any of them
// closes what any has opened.
const quotes = "\"\u201c\u201d\u201e\u00ab\u00bb"

func isQuote(r rune) bool { return strings.ContainsRune(quotes, r) }

// lex takes a query apart. It refuses nothing: a quote that is not closed goes to the end.
func lex(text string) []token {
	text = strings.NewReplacer("\u2264", "<=", "\u2265", ">=").Replace(text)
	s := scanner{rest: text}
	var out []token
	for s.skipSpace(); s.rest != ""; s.skipSpace() {
		out = append(out, s.token())
	}
	return out
}

// scanner reads from the beginning of what is left.
type scanner struct{ rest string }

func (s *scanner) skipSpace() {
	s.rest = strings.TrimLeftFunc(s.rest, blank)
}

// blank parts tokens; a NUL and other characters that nobody sees do too.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func (s *scanner) token() token {
	before := s.rest
	var t token
	if len(s.rest) > 1 && s.rest[0] == '-' && s.rest[1] != '-' && !blank(rune(s.rest[1])) {
		t.not = true
		s.rest = s.rest[1:]
	}
	if name, op := filterAt(s.rest); name != "" {
		t.name, t.op = strings.ToLower(name), op
		s.rest = s.rest[len(name)+len(op):]
		t.values = s.values()
	} else {
		t.values = []value{s.value(false)}
	}
	t.raw = before[:len(before)-len(s.rest)]
	return t
}

// filterAt reads a name and what follows it: status: or severity<=. What looks like a filter and is an address
// (http://x), a time (10:30), a name in a program (std::string) or a word with a colon (Checkout: down) is none.
func filterAt(text string) (name, op string) {
	n := 0
	for n < len(text) && (letter(text[n]) || (n > 0 && text[n] == '_')) {
		n++
	}
	name, rest := text[:n], text[n:]
	if n < 2 {
		return "", ""
	}
	for _, op := range []string{"<=", ">=", "<", ">", "=", ":"} {
		after, ok := strings.CutPrefix(rest, op)
		if !ok {
			continue
		}
		if known(name) {
			return name, op
		}
		next, _ := utf8.DecodeRuneInString(after)
		if op == ":" && after != "" && !blank(next) && (unicode.IsLetter(next) || unicode.IsNumber(next) || isQuote(next)) {
			return name, op
		}
		return "", ""
	}
	return "", ""
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

// values reads what follows a filter's name: values between commas.
func (s *scanner) values() []value {
	var out []value
	for {
		out = append(out, s.value(true))
		after, more := strings.CutPrefix(s.rest, ",")
		if !more {
			return out
		}
		s.rest = after
	}
}

// value reads up to the next space, or what stands in quotes. In a list a comma ends it too.
func (s *scanner) value(list bool) value {
	if r, size := utf8.DecodeRuneInString(s.rest); s.rest != "" && isQuote(r) {
		inside := s.rest[size:]
		end := strings.IndexFunc(inside, isQuote)
		if end < 0 {
			s.rest = ""
			return value{text: inside, quoted: true}
		}
		_, size := utf8.DecodeRuneInString(inside[end:])
		s.rest = inside[end+size:]
		return value{text: inside[:end], quoted: true}
	}
	end := strings.IndexFunc(s.rest, func(r rune) bool { return blank(r) || (list && r == ',') })
	if end < 0 {
		end = len(s.rest)
	}
	v := value{text: s.rest[:end]}
	s.rest = s.rest[end:]
	return v
}
