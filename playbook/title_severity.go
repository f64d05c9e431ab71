package playbook

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/incident"
	"muster/playbook/internal/words"
)

// severityRead is what a title says of a severity.
type severityRead struct {
	// level is 0 where none is named, or where it is not clear whether one is; maybe has those then.
	level incident.Severity
	maybe []incident.Severity
	// words are those that name it, title the title without them, or as it was where they are part
	// of a sentence.
	words, title string
}

// mention is one place of a title that names a severity.
type mention struct {
	stretch
	level int
	// talk says that the place may speak of severities without meaning that this is one, and part
	// that it belongs to a sentence, which would be broken without it.
	talk, part bool
}

// severityWords reads the severity that a title names. People write sev1, SEV-1, sev 1, p1,
// severity 1, severity:1, or the playbook's name of it.
func (p *Playbook) severityWords(title string) (severityRead, error) {
	found := p.mentions(title)
	out := severityRead{title: title}
	if len(found) == 0 {
		return out, nil
	}
	cuts := make([]stretch, len(found))
	talk, part := false, false
	for k, m := range found {
		level := incident.Severity(m.level)
		if !level.Valid() {
			return out, &incident.Problem{
				Code: incident.CodeInvalid, Field: "severity", Reason: words.Quote(title[m.from:m.to]) + " is no severity",
				Mend: "write sev1 (worst) to sev5, or say it in other words",
			}
		}
		cuts[k] = m.stretch
		talk, part = talk || m.talk, part || m.part
		if !slices.Contains(out.maybe, level) {
			out.maybe = append(out.maybe, level)
		}
	}
	rest := without(title, cuts)
	if len(out.maybe) > 1 || talk || speaksOfSeverities.MatchString(rest) {
		slices.Sort(out.maybe)
		return out, nil
	}
	out.level, out.maybe = out.maybe[0], nil
	out.words = strings.Trim(title[found[0].from:found[0].to], " :;,.-()[]{}")
	if !part {
		out.title = rest
	}
	return out, nil
}

// speaksOfSeverities finds a title about severities themselves, such as "sev1 severity docs".
var speaksOfSeverities = regexp.MustCompile(`(?i)\b(?:sev|severity|severities)\b`)

// BeginsWithSeverity reports whether a line begins by naming a severity: "SEV-1: checkout is down".
func (p *Playbook) BeginsWithSeverity(line string) bool {
	line = incident.CleanLine(line)
	found := p.mentions(line)
	return len(found) > 0 && !found[0].talk && strings.Trim(line[:found[0].from], opening+quotes+"-# ") == ""
}

// numbered finds a severity by its number. Whether it is a word of its own is looked at afterwards.
var numbered = regexp.MustCompile(`(?i)(?:severity|sev)\s*[:=#_-]?\s*([0-9]{1,2})|p([0-9])`)

// mentions finds the places of a title that name a severity, in their order.
func (p *Playbook) mentions(title string) []mention {
	var out []mention
	add := func(m mention) {
		if !slices.ContainsFunc(out, func(o mention) bool { return m.from < o.to && o.from < m.to }) {
			out = append(out, m)
		}
	}
	for _, s := range p.severityNames { // a name says more than a number: severity 2 may be called P1
		for _, m := range s.in(title) {
			add(m)
		}
	}
	for _, m := range numbered.FindAllStringSubmatchIndex(title, -1) {
		digits := max(m[2], m[4])
		level, err := strconv.Atoi(title[digits:m[1]])
		priority := m[4] >= 0
		if err != nil || priority && level > int(incident.MildSeverity) || !ownWord(title, m[0], m[1], priority) {
			continue // p99 is a percentile, p7 anything
		}
		add(mention{stretch: stretch{m[0], m[1]}, level: level})
	}
	slices.SortFunc(out, func(a, b mention) int { return cmp.Compare(a.from, b.from) })
	for k := range out {
		out[k].judge(title)
	}
	return out
}

// namedSeverity finds the playbook's name of a severity. Most names are words that stand in titles
// for something else ("low disk space", "major outage"), so one counts where nothing else can be
// meant: behind the word severity, in brackets, before a colon at the beginning, behind a comma at
// the end. A name with a digit in it, such as P1, counts anywhere.
type namedSeverity struct {
	level int
	// behind is the shape in which the word severity stands before the name and belongs to it;
	// others are those that are the name alone.
	behind *regexp.Regexp
	others []*regexp.Regexp
}

// namesOf prepares the names, for a title is read while somebody waits.
func namesOf(severities []SeverityPolicy) []namedSeverity {
	var out []namedSeverity
	for _, s := range severities {
		name := strings.TrimSpace(s.Name)
		if name == "" {
			continue
		}
		q := `(` + regexp.QuoteMeta(name) + `)`
		shapes := []string{
			`(?i)[(\[{]\s*` + q + `\s*[)\]}]`, `(?i)^\s*` + q + `\s*(?::|\s[-–—]\s)`, `(?i)[,;–—-]\s*` + q + `\s*[.!]*\s*$`,
		}
		if strings.ContainsFunc(name, unicode.IsDigit) {
			shapes = append(shapes, `(?i)`+q)
		}
		n := namedSeverity{level: int(s.Level), behind: regexp.MustCompile(`(?i)\b(?:severity|sev)\s*[:=#-]?\s*` + q)}
		for _, shape := range shapes {
			n.others = append(n.others, regexp.MustCompile(shape))
		}
		out = append(out, n)
	}
	return out
}

func (n namedSeverity) in(title string) []mention {
	var out []mention
	found := func(from, to int) {
		if ownWord(title, from, to, true) {
			out = append(out, mention{stretch: stretch{from, to}, level: n.level})
		}
	}
	for _, m := range n.behind.FindAllStringSubmatchIndex(title, -1) {
		found(m[0], m[3])
	}
	for _, shape := range n.others {
		for _, m := range shape.FindAllStringSubmatchIndex(title, -1) {
			found(m[2], m[3])
		}
	}
	return out
}

// ownWord reports whether a stretch of a title is a word of its own, and no part of another word, a
// host or an address. Strictly, a path or a port is none either.
func ownWord(s string, from, to int, strict bool) bool {
	before, n := utf8.DecodeLastRuneInString(s[:from])
	if from > 0 && !unicode.IsSpace(before) {
		outer, _ := utf8.DecodeLastRuneInString(s[:from-n])
		alone := from == n || unicode.IsSpace(outer)
		switch {
		case strings.ContainsRune("#-", before) && alone: // a hashtag, a dash
		case before == '/' && !strict: // sev1/sev2
		case strings.ContainsRune(`([{<"'“‘«,;:|>!*_~`+"`–—", before):
		default:
			return false
		}
	}
	after, m := utf8.DecodeRuneInString(s[to:])
	if to == len(s) || unicode.IsSpace(after) {
		return true
	}
	next, _ := utf8.DecodeRuneInString(s[to+m:])
	switch {
	case strings.ContainsRune(".-", after):
		return to+m == len(s) || unicode.IsSpace(next) || after == '-' && !strict && unicode.IsDigit(next)
	case after == ':':
		return !unicode.IsDigit(next)
	case after == '/':
		return !strict
	}
	return strings.ContainsRune(`)]}>"'”’»,;|!?*_~`+"`–—", after)
}

var (
	// statement is a sentence that says nothing but the severity: "this is a sev1".
	statement = regexp.MustCompile(`(?i)(?:^|[\s,;.!–—-])((?:and\s+)?(?:this|it|that)(?:['’]s|\s+is)(?:\s+an?)?\s+)$`)
	// governed ends in a word that makes what follows part of a sentence.
	governed = regexp.MustCompile(`(?i)(?:^|[\s,;(])(?:an?|the|our|your|my|their|this|that|is|are|was|as|to|from|in|on|at|for|of|with|all|every|each|any)\s+$`)
	// doubtful ends in words that make of a severity none, or perhaps one.
	doubtful = regexp.MustCompile(`(?i)(?:^|[\s,;(])(?:no|not|never|without|if|like|than|maybe|perhaps|possibly|possible|probably|potential|likely|almost|last|next|previous|isn['’]t|wasn['’]t|or)(?:\s+(?:an?|the))?\s+$`)
	// asked begins with what makes a question of it, or a range.
	asked = regexp.MustCompile(`(?i)^\s*(?:\?|or\b|[/–-]\s*[0-9])`)
	// about begins with what is no trouble but speaks of severities.
	about = regexp.MustCompile(`(?i)^\s+(?:docs?|documentation|runbooks?|playbooks?|polic(?:y|ies)|definitions?|templates?|checklists?)\b`)
	// clauseEnds begins with the end of a clause.
	clauseEnds = regexp.MustCompile(`^\s*(?:$|[.,;:!)\]}–—])`)
)

// judge says how a mention stands in its sentence.
func (m *mention) judge(title string) {
	before, after := title[:m.from], title[m.to:]
	ends := clauseEnds.MatchString(after)
	said := statement.FindStringSubmatchIndex(before)
	switch {
	case doubtful.MatchString(before), asked.MatchString(after), about.MatchString(after):
		m.talk = true
	case said != nil && ends:
		m.from = said[2]
	case governed.MatchString(before):
		m.part, m.talk = true, !ends
	}
}

// The marks that must not be left behind where words were taken out.
const (
	opening = "([{<“‘«"
	closing = ")]}>”’»"
	quotes  = "\"'*_~`"
	between = ":;,|–—-#"
)

// without takes stretches out of a line and leaves no double blank and no dangling mark behind.
func without(s string, cuts []stretch) string {
	for _, c := range slices.Backward(cuts) { // from behind, so that places stay right
		s = joined(s[:c.from], s[c.to:])
	}
	return strings.TrimSpace(s)
}

// fullStops are the marks at the end of a sentence of which nothing is left.
var fullStops = regexp.MustCompile(`^[.!?]+(?:\s+|$)`)

// joined puts two parts of a line together between which something was taken out.
func joined(left, right string) string {
	left, right = unwrapped(left, right)
	bare := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(between, r) }
	leftBare, rightBare := strings.TrimRightFunc(left, bare), strings.TrimLeftFunc(right, bare)
	last, _ := utf8.DecodeLastRuneInString(leftBare)
	first, _ := utf8.DecodeRuneInString(rightBare)
	switch {
	case leftBare == "":
		return fullStops.ReplaceAllString(rightBare, "")
	case fullStops.ReplaceAllString(rightBare, "") == "" && strings.ContainsRune(".!?", last):
		return leftBare
	case fullStops.ReplaceAllString(rightBare, "") == "", strings.ContainsRune(opening, last), strings.ContainsRune(closing+"!?", first):
		return leftBare + rightBare
	case rightBare != right && leftBare != left: // marks on both sides: one of them is enough
		return left + " " + rightBare
	case rightBare != right:
		return left + right
	}
	return leftBare + " " + right
}

// unwrapped takes away brackets and quotes that now hold nothing, and the blanks around.
func unwrapped(left, right string) (l, r string) {
	for {
		tightLeft, tightRight := strings.TrimRightFunc(left, unicode.IsSpace), strings.TrimLeftFunc(right, unicode.IsSpace)
		tight := len(tightLeft) == len(left) && len(tightRight) == len(right)
		left, right = tightLeft, tightRight
		before, n := utf8.DecodeLastRuneInString(left)
		after, m := utf8.DecodeRuneInString(right)
		bracketed := n > 0 && m > 0 && strings.ContainsRune(opening, before) && strings.ContainsRune(closing, after)
		quoted := n > 0 && tight && before == after && strings.ContainsRune(quotes, before)
		if !bracketed && !quoted {
			return left, right
		}
		left, right = left[:len(left)-n], right[m:]
	}
}
