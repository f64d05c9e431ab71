// Package words breaks text into the words by which it is found. The archive's databases break text each in
// their own way, so they are given words and not text: what one finds, the other does.
package words

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxWord is how many bytes of a word count: PostgreSQL refuses those of 2,046 and more.
const maxWord = 200

// Word is a word of a text: its form without accents and capitals, and where it stands, in bytes.
type Word struct {
	Form       string
	Start, End int
}

// Of gives the words of a text in their order. A word is a run of letters and digits; scripts that are
// written without spaces give one word a character. Everything else only parts words.
func Of(text string) []Word {
	var out []Word
	start := -1
	end := func(at int) {
		if start >= 0 {
			if form := fold(text[start:at]); form != "" {
				out = append(out, Word{Form: form, Start: start, End: at})
			}
			start = -1
		}
	}
	for at, r := range text {
		switch {
		case Unspaced(r):
			end(at)
			start = at
			end(at + utf8.RuneLen(r))
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if start < 0 {
				start = at
			}
		case unicode.IsMark(r): // belongs to the letter before it
		default:
			end(at)
		}
	}
	end(len(text))
	return out
}

// Forms are the words of a text as they are compared.
func Forms(text string) []string {
	var out []string
	for _, w := range Of(text) {
		out = append(out, w.Form)
	}
	return out
}

// Unspaced reports whether a letter belongs to a script that is written without spaces.
func Unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && unicode.IsLetter(r)
}

// fold takes capitals, accents and widths off a word.
func fold(word string) string {
	if ascii(word) {
		return strings.ToLower(word[:min(len(word), maxWord)])
	}
	folded := make([]byte, 0, len(word))
	for _, r := range norm.NFKD.String(word) {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			continue
		}
		r = unicode.ToLower(unicode.ToUpper(r)) // ς and σ are one letter
		if len(folded)+utf8.RuneLen(r) > maxWord {
			break
		}
		folded = utf8.AppendRune(folded, r)
	}
	return string(folded)
}

func ascii(s string) bool {
	for k := range len(s) {
		if s[k] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
