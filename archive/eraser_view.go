package archive

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// view is a text as it is compared with people: what can be written in several ways is written in one (NFKC), what
// nobody sees is gone, and what programs have written in signs, as URLs do (%40) and JSON does (\u0040), is read.
type view struct {
	text string
	// from and to are, for each byte of it, where in the original it comes from; nil where that is the same.
	from, to []int
}

// span is where in the original a part of the view stands.
func (v view) span(start, end int) (from, to int) {
	if v.from == nil {
		return start, end
	}
	return v.from[start], v.to[end-1]
}

func viewOf(s string) view {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || r == '%' }) && !strings.Contains(s, `\u`) {
		return view{text: s}
	}
	v := view{from: make([]int, 0, len(s)), to: make([]int, 0, len(s))}
	var b strings.Builder
	var segment []byte
	begun, ended := 0, 0
	flush := func() {
		for _, c := range norm.NFKC.Bytes(segment) {
			b.WriteByte(c)
			v.from, v.to = append(v.from, begun), append(v.to, ended)
		}
		segment = segment[:0]
	}
	for at := 0; at < len(s); {
		r, size := written(s[at:])
		if !unseen(r) {
			if r < utf8.RuneSelf || norm.NFKC.PropertiesString(string(r)).BoundaryBefore() {
				flush()
			}
			if len(segment) == 0 {
				begun = at
			}
			segment, ended = utf8.AppendRune(segment, r), at+size
		}
		at += size
	}
	flush()
	v.text = b.String()
	return v
}

// unseen reports whether a character has no shape of its own, so that a word is the same without it.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// written reads the first character of a text, however it is written, and says how many bytes it takes.
func written(s string) (r rune, size int) {
	if r, size := encoded(s); size > 0 {
		return r, size
	}
	if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
		if n, err := strconv.ParseUint(s[2:6], 16, 16); err == nil && utf8.ValidRune(rune(n)) {
			return rune(n), 6
		}
	}
	return utf8.DecodeRuneInString(s)
}

// encoded reads a character that is written as in a URL; size is 0 for any other.
func encoded(s string) (r rune, size int) {
	var own []byte
	for len(own) < utf8.UTFMax {
		rest, ok := strings.CutPrefix(s[size:], "%")
		if !ok {
			return 0, 0
		}
		for strings.HasPrefix(rest, "25") && len(rest) >= 4 { // a URL within another
			if _, err := strconv.ParseUint(rest[2:4], 16, 8); err != nil {
				break
			}
			rest = rest[2:]
		}
		if len(rest) < 2 {
			return 0, 0
		}
		n, err := strconv.ParseUint(rest[:2], 16, 8)
		if err != nil {
			return 0, 0
		}
		own, size = append(own, byte(n)), len(s)-len(rest)+2
		if utf8.FullRune(own) {
			if r, width := utf8.DecodeRune(own); r != utf8.RuneError || width > 1 {
				return r, size
			}
			return 0, 0
		}
	}
	return 0, 0
}
