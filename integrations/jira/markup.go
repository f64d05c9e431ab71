package jira

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"

	"muster/incident"
)

const (
	// maxSummary is Jira's limit for a summary. Jira counts UTF-16 units.
	maxSummary = 255
	// maxText is Jira's default limit for a description or comment
	// (jira.text.field.character.limit).
	maxText = 32767
	// lineGuard is a zero-width space: put before a line it keeps a mark such as "h1." from being
	// at the line's start, and shows nothing.
	lineGuard = "\u200b"
	cutMark   = "…"
)

// summaryLine makes one line of at most maxSummary units of a title; a summary is plain text.
func summaryLine(s string) string {
	s = incident.CleanLine(s)
	if utf16Len(s) <= maxSummary {
		return s
	}
	return cut(s, maxSummary-utf16Len(cutMark)) + cutMark
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cut shortens s to at most n UTF-16 units without splitting a character.
func cut(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return s[:i]
		}
	}
	return s
}

// markup renders paragraphs and links as wiki markup in which nothing that a person typed
// acts. What does not fit into Jira's limit is cut, marked by "…"; the links, which were put
// last, are kept.
func markup(paragraphs []string, links []incident.Link) string {
	list := linkList(links)
	room := maxText - utf16Len(list) - len("\n\n") - utf16Len(cutMark)
	var b strings.Builder
	for i, p := range paragraphs {
		p = escape(p)
		if i > 0 {
			p = "\n\n" + p
		}
		if n := utf16Len(p); n <= room {
			b.WriteString(p)
			room -= n
			continue
		}
		// A cut must not leave the backslash of an escaped character behind, nor half a link.
		part := strings.TrimRight(cut(p, max(room, 0)), `\`)
		if open := strings.LastIndex(part, "[http"); open >= 0 && !strings.Contains(part[open:], "]") {
			part = part[:open]
		}
		b.WriteString(part + cutMark)
		break
	}
	if list != "" {
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(list)
	}
	return b.String()
}

func linkList(links []incident.Link) string {
	var lines []string
	for _, l := range links {
		target, ok := linkTarget(l.URL)
		label := escapeLine(incident.CleanLine(l.Label))
		switch {
		case ok && label != "":
			lines = append(lines, "* ["+label+"|"+target+"]")
		case ok:
			lines = append(lines, "* ["+target+"]")
		}
	}
	return strings.Join(lines, "\n")
}

// webAddress finds addresses in text. A full stop, comma or
// mark at the end belongs to the sentence.
var webAddress = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?'()\]}*|~]`)

// linkTarget makes an address safe between the brackets of a link. Only web addresses are
// linked: others could run something.
func linkTarget(u string) (string, bool) {
	u = strings.TrimSpace(u)
	if !strings.HasPrefix(u, "https://") && !strings.HasPrefix(u, "http://") {
		return "", false
	}
	var b strings.Builder
	for _, r := range u {
		switch {
		case strings.ContainsRune(`|[]{}\^"<>*`+"`", r) || unicode.IsSpace(r) || unicode.IsControl(r):
			for _, c := range []byte(string(r)) {
				b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), true
}

// escape makes text show in wiki markup as it was written. Web addresses become links, since a
// backslash inside one would break it.
func escape(text string) string {
	lines := strings.Split(incident.CleanText(text), "\n")
	for i, line := range lines {
		lines[i] = escapeLine(line)
	}
	return strings.Join(lines, "\n")
}

// lineStart matches what means something only at the start of a line and cannot be escaped
// with a backslash: headings and block quotes.
var lineStart = regexp.MustCompile(`^\s*(?:h[1-6]|bq)\.`)

func escapeLine(line string) string {
	var b strings.Builder
	if lineStart.MatchString(line) {
		b.WriteString(lineGuard)
	}
	rest := 0
	for _, at := range webAddress.FindAllStringIndex(line, -1) {
		target, _ := linkTarget(line[at[0]:at[1]])
		escapeInto(&b, line, rest, at[0])
		b.WriteString("[" + target + "]")
		rest = at[1]
	}
	escapeInto(&b, line, rest, len(line))
	return b.String()
}

// escapeInto writes line[from:to], looking at the whole line for what stands around.
func escapeInto(b *strings.Builder, line string, from, to int) {
	runes := []rune(line[from:to])
	blank := strings.TrimSpace(line[:from]) == ""
	for i, r := range runes {
		prev, next := rune(0), rune(0)
		switch { // on either side there may be a link, in brackets
		case i > 0:
			prev = runes[i-1]
		case from > 0:
			prev = ']'
		}
		switch {
		case i+1 < len(runes):
			next = runes[i+1]
		case to < len(line):
			next = '['
		}
		switch {
		case r == '\\':
			// Two backslashes are a line break and one escapes what follows, so an entity is the
			// only way to show one; before a letter or digit it stands for itself.
			if wordly(next) {
				b.WriteRune(r)
			} else {
				b.WriteString("&#92;")
			}
		case acts(r, prev, next, blank) || (r == '(' && icon.MatchString(string(runes[i:min(i+6, len(runes))]))):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		blank = blank && unicode.IsSpace(r)
	}
}

// acts reports whether the character may begin or end markup where it stands. Characters that
// are harmless inside a word (2026-11-30, snake_case) are left alone there.
func acts(r, prev, next rune, lineBegin bool) bool {
	switch r {
	case '{', '}', '[', ']', '|', '*', '^', '~':
		return true
	case '_', '-', '+':
		return !wordly(prev) || !wordly(next)
	case '!':
		return next != 0 && !unicode.IsSpace(next)
	case '?':
		return prev == '?' || next == '?'
	case '#':
		return lineBegin
	case '(', ')':
		return prev == ':' || prev == ';'
	}
	return false
}

// icon matches what Jira shows as a picture: (!), (/), (on).
// https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=miscellaneous
var icon = regexp.MustCompile(`^\((?:[ynix/!?+*-]|on|off|\*[rgby]|flag|flagoff)\)`)

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
