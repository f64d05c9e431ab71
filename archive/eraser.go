package archive

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"muster/archive/words"
	"muster/incident"
)

// eraser replaces people who were erased by their aliases. It knows them by hashes alone.
type eraser struct {
	salts []string
	// aliases are found by hash, lengths are those of names in words, the longest first.
	aliases map[string]string
	lengths []int
	// known remembers what was looked up, for one text after the other says the same.
	known map[string]string
}

// eraser gives what replaces everybody who was erased, nil where nobody was. On PostgreSQL an erasure waits for
// whoever has asked, until their transaction has ended: nothing is written by one that does not know of it.
func (t *tx) eraser(ctx context.Context) (*eraser, error) {
	if t.dialect == onPostgres {
		if _, err := t.exec(ctx, "LOCK TABLE erased IN ROW SHARE MODE"); err != nil {
			return nil, err
		}
	}
	e := &eraser{aliases: map[string]string{}, known: map[string]string{}}
	err := t.rows(ctx, "SELECT hash, salt, words, alias FROM erased", nil, func(scan func(...any) error) error {
		var hash, salt, alias string
		var length int
		if err := scan(&hash, &salt, &length, &alias); err != nil {
			return err
		}
		e.aliases[hash] = alias
		if !slices.Contains(e.salts, salt) {
			e.salts = append(e.salts, salt)
		}
		if length > 0 && !slices.Contains(e.lengths, length) {
			e.lengths = append(e.lengths, length)
		}
		return nil
	})
	if err != nil || len(e.aliases) == 0 {
		return nil, err
	}
	slices.Sort(e.lengths)
	slices.Reverse(e.lengths)
	return e, nil
}

// withoutErased is a record as it is written: whoever was erased does not come back with it.
func (t *tx) withoutErased(ctx context.Context, r Record) (Record, error) {
	e, err := t.eraser(ctx)
	if e == nil || err != nil {
		return r, err
	}
	r.State, r.Shown = json.RawMessage(e.document(string(r.State))), json.RawMessage(e.document(string(r.Shown)))
	if r.Facts == nil {
		return r, nil
	}
	doc, err := document(r.Facts)
	if err != nil {
		return r, err
	}
	if clean := e.document(doc); clean != doc {
		r.Facts = &incident.Incident{}
		err = json.Unmarshal([]byte(clean), r.Facts)
	}
	return r, err
}

// The kinds of what is hashed.
const (
	hashAddress = "address"
	hashName    = "name"
)

// hashed makes of an address or a name by what it is known again, but not read back by who has the salt and
// does not guess it.
func hashed(salt, kind, normal string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	mac.Write([]byte(kind + "\x00" + normal))
	return hex.EncodeToString(mac.Sum(nil))
}

// alias is that of an address or a name, empty for whoever was not erased.
func (e *eraser) alias(kind, normal string) string {
	key := kind + "\x00" + normal
	found, seen := e.known[key]
	if seen {
		return found
	}
	for _, salt := range e.salts {
		if found = e.aliases[hashed(salt, kind, normal)]; found != "" {
			break
		}
	}
	e.known[key] = found
	return found
}

// address finds what may be an e-mail address, with what stands in front of it without a space.
var address = regexp.MustCompile(`[^\s\p{Z}\p{Cc}<>,;:\\"()\[\]|/@]+@[\p{L}\p{M}\p{N}.\-]+`)

// The signs that may stand in front of an address and not belong to it: at its beginning, and within what
// looks like its beginning.
const (
	wrapsAddress = "'_*~`={}!#$%&?^+.-"
	partsAddress = "*~`={}!#$%&?^"
)

// addresses replaces those of whoever was erased.
func (e *eraser) addresses(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	return address.ReplaceAllStringFunc(s, func(found string) string {
		whole := strings.TrimRight(found, ".-")
		rest := found[len(whole):]
		from := strings.TrimLeft(whole, wrapsAddress)
		for _, own := range []string{whole, from, from[strings.LastIndexAny(from[:strings.IndexByte(from+"@", '@')], partsAddress)+1:]} {
			if alias := e.alias(hashAddress, incident.NormalPerson(own)); alias != "" {
				return strings.TrimSuffix(whole, own) + alias + rest
			}
		}
		return found
	})
}

// names replaces the names of whoever was erased, however they are capitalised and accented. What is part of
// an address belongs to somebody else.
func (e *eraser) names(s string) string {
	if len(e.lengths) == 0 {
		return s
	}
	all := words.Of(s)
	inAddress := address.FindAllStringIndex(s, -1)
	var b strings.Builder
	done := 0
	for k := 0; k < len(all); k++ {
		for _, n := range e.lengths {
			if k+n > len(all) || !together(s, all[k:k+n]) || within(all[k], inAddress) || within(all[k+n-1], inAddress) {
				continue
			}
			alias := e.alias(hashName, joinedForms(all[k:k+n]))
			if alias == "" {
				continue
			}
			b.WriteString(s[done:all[k].Start] + alias)
			done = all[k+n-1].End
			k += n - 1
			break
		}
	}
	if done == 0 {
		return s
	}
	return b.String() + s[done:]
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

// together reports whether words are written as one name: nothing but a sign and a space between them.
func together(s string, all []words.Word) bool {
	for k := 1; k < len(all); k++ {
		if between := s[all[k-1].End:all[k].Start]; len(between) > 3 || strings.Contains(between, "\n") {
			return false
		}
	}
	return true
}

// text replaces people in what somebody wrote.
func (e *eraser) text(s string) string { return e.names(e.addresses(s)) }

// spoken are the members of JSON that hold what people wrote, and people. A name is looked for in no other: it
// may be the same as a word of Muster's own.
var spoken = []string{
	"title", "text", "reason", "learning", "last_update", "problem", "mend", "waiting", "by", "via", "person", "owner", "asked",
	"changed_by", "snooze_reason", "pages_nobody", "message", "note", "description", "summary", "update", "from", "to", "said", "body",
}

// document replaces people in a JSON document. All else stays as it is written, byte by byte.
func (e *eraser) document(doc string) string {
	if !json.Valid([]byte(doc)) {
		return e.text(doc)
	}
	var b strings.Builder
	var outer []string // the member in whose value each object and list stands
	member, done := "", 0
	for at := 0; at < len(doc); at++ {
		switch doc[at] {
		case '{', '[':
			outer = append(outer, member)
		case '}', ']':
			member, outer = outer[len(outer)-1], outer[:len(outer)-1]
		case '"':
			end := stringEnd(doc, at)
			literal := doc[at:end]
			isMember := strings.HasPrefix(strings.TrimLeft(doc[end:], " \t\r\n"), ":")
			var clean string
			if !isMember && member == "data" {
				clean = e.payload(literal)
			} else {
				clean = e.literal(literal, !isMember && slices.Contains(spoken, member))
			}
			if isMember {
				member = plainMember(literal)
			}
			if clean != literal {
				b.WriteString(doc[done:at] + clean)
				done = end
			}
			at = end - 1
		}
	}
	if done == 0 {
		return doc
	}
	return b.String() + doc[done:]
}

// stringEnd is where a string of JSON ends that begins at start, quotes included.
func stringEnd(doc string, start int) int {
	for at := start + 1; at < len(doc); at++ {
		switch doc[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(doc)
}

func plainMember(literal string) string {
	var s string
	if json.Unmarshal([]byte(literal), &s) != nil {
		return ""
	}
	return s
}

// payload replaces people in what Temporal keeps as bytes, which is JSON in base64. What is encrypted stays.
func (e *eraser) payload(literal string) string {
	doc, err := base64.StdEncoding.DecodeString(strings.Trim(literal, `"`))
	if err != nil || !json.Valid(doc) {
		return e.literal(literal, false)
	}
	clean := e.document(string(doc))
	if clean == string(doc) {
		return literal
	}
	return `"` + base64.StdEncoding.EncodeToString([]byte(clean)) + `"`
}

// literal replaces people in one string of JSON.
func (e *eraser) literal(literal string, free bool) string {
	if !free && !strings.Contains(literal, "@") && !strings.Contains(literal, `\u`) {
		return literal
	}
	var s string
	if json.Unmarshal([]byte(literal), &s) != nil {
		return literal
	}
	clean := e.addresses(s)
	if free {
		clean = e.names(clean)
	}
	if clean == s {
		return literal
	}
	written, err := json.Marshal(clean)
	if err != nil {
		return literal
	}
	return string(written)
}
