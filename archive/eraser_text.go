package archive

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"muster/archive/words"
	"muster/incident"
)

// text replaces people in what somebody wrote. By its first word an entry is known as one of what was learnt,
// whatever people are called.
func (e *eraser) text(s string) string {
	if said, ok := strings.CutPrefix(s, learnt); ok {
		return learnt + e.names(e.addresses(said))
	}
	return e.names(e.addresses(s))
}

// mayHoldAddress reports whether a text has anything that may be read as an @.
func mayHoldAddress(s string) bool {
	return strings.ContainsAny(s, "@\uff20\ufe6b%") || strings.Contains(s, `\u`)
}

// addresses replaces those of whoever was erased. Of all that an @ may be part of, the longest counts.
func (e *eraser) addresses(s string) string {
	if !mayHoldAddress(s) {
		return s
	}
	v := viewOf(s)
	var b strings.Builder
	done, seen := 0, 0 // in s, and in the view
	for {
		at := strings.IndexByte(v.text[seen:], '@')
		if at < 0 {
			break
		}
		at += seen
		start, end, alias := e.addressAt(v.text, at, seen)
		if seen = at + 1; alias == "" {
			continue
		}
		from, to := v.span(start, end)
		b.WriteString(s[done:from] + alias)
		done, seen = to, end
	}
	if done == 0 {
		return s
	}
	return b.String() + s[done:]
}

// The bounds of what is looked at around an @, in bytes, and of the places at which a domain may end: addresses are
// not longer (RFC 5321, of characters that take up to four), and a text of signs alone must not take minutes.
const (
	maxLocal  = 256
	maxDomain = 256
	maxEnds   = 16
)

// addressAt finds the address of somebody erased around an @, and their alias, empty for nobody.
func (e *eraser) addressAt(text string, at, floor int) (start, end int, alias string) {
	ends := domainEnds(text, at+1)
	for start := localStart(text, at, max(floor, at-maxLocal)); start < at; {
		if begins(text, start) {
			for _, end := range ends {
				if alias := e.alias(hashAddress, incident.NormalPerson(text[start:end])); alias != "" {
					return start, end, alias
				}
			}
		}
		_, size := utf8.DecodeRuneInString(text[start:])
		start += size
	}
	return 0, 0, ""
}

// localStart is where what stands in front of an @ may begin at the earliest.
func localStart(text string, at, floor int) int {
	for at > floor {
		r, size := utf8.DecodeLastRuneInString(text[:at])
		if unicode.IsSpace(r) || unicode.In(r, unicode.Z, unicode.Cc) || strings.ContainsRune(`<>,;:\"()[]|/@`, r) {
			break
		}
		at -= size
	}
	return at
}

// binding are the signs that part the words of an address, and wrap one otherwise.
const binding = "._+-'"

// begins reports whether an address may begin somewhere: not within a word, nor after a part of a longer address.
func begins(text string, at int) bool {
	own, _ := utf8.DecodeRuneInString(text[at:])
	before := strings.TrimRight(text[:at], binding)
	for before != "" {
		r, size := utf8.DecodeLastRuneInString(before)
		if unicode.IsMark(r) {
			before = before[:len(before)-size]
			continue
		}
		if strings.HasSuffix(before[:len(before)-size], `\`) && strings.ContainsRune("nrtbf", r) && len(before) == at {
			return true // a line break as programs write it
		}
		g := scriptOf(r)
		return g == noWord || g == unspacedScript || scriptOf(own) != noWord && g != scriptOf(own)
	}
	return true
}

// domainEnds are the places at which a domain that begins somewhere may end, the farthest first. What is written
// on without a space belongs to it, or does not.
func domainEnds(text string, start int) []int {
	end, last, before := start, start, rune(0)
	var ends []int
	for end < min(len(text), start+maxDomain) {
		r, size := utf8.DecodeRuneInString(text[end:])
		next, _ := utf8.DecodeRuneInString(text[end+size:])
		if r != '.' && r != '-' && scriptOf(r) == noWord && !unicode.IsMark(r) {
			break
		}
		parts := r == '-' || r == '.' && !unicode.IsUpper(before) && unicode.IsUpper(next) ||
			scriptOf(r) != noWord && scriptOf(before) != noWord && scriptOf(r) != scriptOf(before)
		if parts && end > start {
			ends = append(ends, end)
		}
		if end += size; r != '.' && r != '-' {
			last = end
		}
		before = r
	}
	ends = ends[:min(len(ends), maxEnds)]
	if last > start {
		ends = append(ends, last)
	}
	slices.Reverse(ends)
	return ends
}

// The scripts that are told apart where one word ends and another begins without a space.
const (
	noWord = iota
	latinScript
	unspacedScript
	otherScript
)

var scripts = []*unicode.RangeTable{unicode.Greek, unicode.Cyrillic, unicode.Hangul, unicode.Arabic, unicode.Hebrew}

func scriptOf(r rune) int {
	switch {
	case !unicode.IsLetter(r) && !unicode.IsNumber(r):
		return noWord
	case unicode.IsNumber(r) || unicode.Is(unicode.Latin, r):
		return latinScript
	case words.Unspaced(r):
		return unspacedScript
	}
	return otherScript + 1 + slices.IndexFunc(scripts, func(t *unicode.RangeTable) bool { return unicode.Is(t, r) })
}

// addressSpans are what is an address in a text, anybody's.
func addressSpans(text string) [][]int {
	var all [][]int
	for at := range len(text) {
		if text[at] != '@' {
			continue
		}
		start, ends := at, domainEnds(text, at+1)
		for start > 0 {
			r, size := utf8.DecodeLastRuneInString(text[:start])
			if scriptOf(r) == noWord && !unicode.IsMark(r) && !strings.ContainsRune(binding, r) {
				break
			}
			start -= size
		}
		if start < at && len(ends) > 0 && strings.Contains(text[at:ends[0]], ".") {
			all = append(all, []int{start, ends[0]})
		}
	}
	return all
}

// names replaces the names of whoever was erased, however they are capitalised, accented and parted. What is part of
// an address belongs to somebody else.
func (e *eraser) names(s string) string {
	if len(e.lengths) == 0 {
		return s
	}
	v := viewOf(s)
	all := words.Of(v.text)
	inAddress := addressSpans(v.text)
	var b strings.Builder
	done := 0
	for k := 0; k < len(all); k++ {
		for _, n := range e.lengths {
			if k+n > len(all) || !together(v.text, all[k:k+n]) || within(all[k], inAddress) || within(all[k+n-1], inAddress) {
				continue
			}
			alias := e.alias(hashName, joinedForms(all[k:k+n]))
			if alias == "" {
				continue
			}
			from, to := v.span(all[k].Start, all[k+n-1].End)
			if partOfSlug(v.text, all[k].Start, all[k+n-1].End) {
				alias, _, _ = strings.Cut(alias, "@")
			}
			b.WriteString(s[done:from] + alias)
			done = to
			k += n - 1
			break
		}
	}
	if done == 0 {
		return s
	}
	return b.String() + s[done:]
}

// partOfSlug reports whether more words hang on a name without a space, so that it is no address that stands there.
func partOfSlug(text string, start, end int) bool {
	const joins = "-_."
	before := strings.TrimRight(text[:start], joins)
	after := strings.TrimLeft(text[end:], joins)
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	return len(before) < start && scriptOf(last) != noWord || len(after) < len(text)-end && scriptOf(first) != noWord
}

// within reports whether a word is part of one of some spans of its text.
func within(w words.Word, spans [][]int) bool {
	return slices.ContainsFunc(spans, func(s []int) bool { return s[0] < w.End && w.Start < s[1] })
}

func joinedForms(all []words.Word) string {
	forms := make([]string, len(all))
	for k, w := range all {
		forms[k] = w.Form
	}
	return strings.Join(forms, " ")
}

// What may stand between the words of a name, in bytes: signs, and blanks and line breaks with them.
const (
	maxSigns  = 3
	maxBlanks = 40
)

// together reports whether words are written as one name: nothing but a sign and blanks between them.
func together(s string, all []words.Word) bool {
	for k := 1; k < len(all); k++ {
		between := s[all[k-1].End:all[k].Start]
		if len(between) > maxBlanks || len(strings.Join(strings.Fields(between), "")) > maxSigns {
			return false
		}
	}
	return true
}
