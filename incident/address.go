package incident

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"muster/internal/bounds"
)

// NormalPerson gives an e-mail address the one form in which people are compared, so that a person
// has one workflow: without blanks around it, in small letters, and of letters that can be written in
// several ways always the same one (RFC 8265, UsernameCaseMapped). What is no address stays legible.
func NormalPerson(p string) string {
	p = strings.TrimSpace(p)
	if isASCII(p) {
		return strings.ToLower(p)
	}
	if n, err := precis.UsernameCaseMapped.String(p); err == nil {
		return n
	}
	return strings.ToLower(p)
}

// MemberMark stands for a person in the memo of an incident, so that a door knows without asking a
// worker whose it is, and of a private one for whom it exists. It is no secret from those who may read histories,
// which have the addresses themselves; it keeps addresses out of lists.
func MemberMark(number int, person string) string {
	sum := sha256.Sum256([]byte(Key(number) + " " + NormalPerson(person)))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// MemberMarks are those of all members of an incident.
func (i *Incident) MemberMarks() []string {
	marks := []string{}
	for _, m := range i.Members() {
		marks = append(marks, MemberMark(i.Number, m))
	}
	return marks
}

// CheckPerson refuses what is no e-mail address, and one that can be taken for somebody else's: with
// characters that nobody sees, or letters that look like others. People are known by e-mail everywhere.
func CheckPerson(field, p string) error {
	p = NormalPerson(p)
	at := strings.IndexByte(p, '@')
	unseen := strings.IndexFunc(p, func(r rune) bool { return r != ' ' && !unicode.IsSpace(r) && !visible(r) })
	bad := at < 1 || at == len(p)-1 || bounds.Weight(p) > maxPerson || strings.Count(p, "@") != 1 ||
		strings.ContainsFunc(p, func(r rune) bool { return !visible(r) || strings.ContainsRune("<>,;:\\\"()[]|/", r) })
	switch {
	case unseen >= 0 && at > 0 && utf8.ValidString(p):
		r, _ := utf8.DecodeRuneInString(p[unseen:])
		return invalid(field, "type the address anew instead of pasting it", "%q holds a character that nobody sees (%U)", Clip(p, 60), r)
	case bad:
		return invalid(field, "write an e-mail address such as alice@example.com", "%q is no person", Clip(p, 60))
	case isASCII(p):
		return nil
	}
	if _, err := precis.UsernameCaseMapped.String(p); err != nil {
		return invalid(field, lookAlikeMend, "%q holds characters that an address does not have", Clip(p, 60))
	}
	if r, what := lookAlike(p); what != "" {
		return invalid(field, lookAlikeMend, "%q holds %s, which can be taken for another letter", Clip(p, 60), fmt.Sprintf("%q (%U, %s)", r, r, what))
	}
	return nil
}

const lookAlikeMend = "write it in letters of one script; if it is really spelt so, use another address of theirs"

// lookAlike finds a letter by which an address could pass for another one. It follows the level
// "highly restrictive" of Unicode Technical Standard 39, section 5.2: one script, or Latin together
// with what Chinese, Japanese and Korean are written in, which looks like no Latin letter. Of Latin
// it takes the letters of European languages and of Vietnamese, and none of phonetics.
func lookAlike(p string) (letter rune, what string) {
	latin, other := false, false
	var seen rune
	for _, r := range p {
		switch {
		case r < utf8.RuneSelf:
			latin = latin || unicode.IsLetter(r)
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo):
		case unicode.Is(unicode.Latin, r):
			if latin = true; !europeanLatin(r) {
				return r, "Latin"
			}
		case unicode.In(r, unicode.Inherited, unicode.Common):
			if r != 0x30FC { // the mark of a long vowel between Japanese letters
				return r, "a mark"
			}
		default:
			other, seen = true, r
		}
	}
	if other && (latin || scripts(p) > 1) {
		return seen, scriptOf(seen)
	}
	return 0, ""
}

// europeanLatin knows the letters of Latin beyond ASCII that differ from those of ASCII by a mark that
// is seen, or are letters of their own.
func europeanLatin(r rune) bool {
	switch r {
	case 0x0131, 0x0138, 0x0149, 0x017F: // without its dot, a small capital, two in one, a long s
		return false
	case 0x01A0, 0x01A1, 0x01AF, 0x01B0: // Vietnamese o and u with a horn
		return true
	}
	return r <= 0x017F || (r >= 0x1E00 && r <= 0x1EFF)
}

// alike are the scripts that have letters which look like those of another one.
var alike = []struct {
	name  string
	table *unicode.RangeTable
}{
	{"Cyrillic", unicode.Cyrillic},
	{"Greek", unicode.Greek},
	{"Armenian", unicode.Armenian},
	{"Cherokee", unicode.Cherokee},
	{"Coptic", unicode.Coptic},
	{"Lisu", unicode.Lisu},
	{"Georgian", unicode.Georgian},
}

func scriptOf(r rune) string {
	for _, s := range alike {
		if unicode.Is(s.table, r) {
			return s.name
		}
	}
	return "of another script"
}

// scripts counts the scripts of a text that have letters which look like those of another one.
func scripts(p string) int {
	n := 0
	for _, s := range alike {
		if strings.ContainsFunc(p, func(r rune) bool { return unicode.Is(s.table, r) }) {
			n++
		}
	}
	return n
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// NameOnly is how somebody is called whose address a vendor does not tell: by the name that they have
// chosen for themselves, or by otherwise. Anybody may choose any name, so one that looks like an
// address is not repeated: they would be taken for the person whose it is.
func NameOnly(name, otherwise string) string {
	for _, n := range []string{name, otherwise} {
		n = Clip(CleanLine(n), maxNameOnly)
		if n != "" && !strings.ContainsAny(n, "@\uFF20\uFE6B") {
			return n
		}
	}
	return "somebody without an address"
}

// maxNameOnly bounds what is repeated of a display name, in characters.
const maxNameOnly = 80
