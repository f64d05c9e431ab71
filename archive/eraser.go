package archive

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

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
		if err = json.Unmarshal([]byte(clean), r.Facts); err == nil {
			r.Shown = marked(r.Shown, r.Facts)
		}
	}
	return r, err
}

// marked is what lists show of an incident with the marks of its members anew, by whom lists are filtered: anybody
// can make the mark of somebody who was erased, and look whether it is there. What is encrypted stays.
func marked(shown json.RawMessage, i *incident.Incident) json.RawMessage {
	var all, memo, fields map[string]json.RawMessage
	if json.Unmarshal(shown, &all) != nil || json.Unmarshal(all["memo"], &memo) != nil || json.Unmarshal(memo["fields"], &fields) != nil {
		return shown // there is no memo
	}
	for _, name := range []string{"members", "people"} { // as workflows/api has them
		var field map[string]json.RawMessage
		var data []byte
		var marks []string
		if json.Unmarshal(fields[name], &field) != nil || json.Unmarshal(field["data"], &data) != nil || json.Unmarshal(data, &marks) != nil {
			continue
		}
		data, _ = json.Marshal(i.MemberMarks()) // strings are always written
		field["data"], _ = json.Marshal(data)
		fields[name], _ = json.Marshal(field)
	}
	memo["fields"], _ = json.Marshal(fields)
	all["memo"], _ = json.Marshal(memo)
	anew, _ := json.Marshal(all)
	return anew
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

// spoken are the members of JSON that hold what people wrote, and people. A name is looked for in no other: it
// may be the same as a word of Muster's own.
var spoken = []string{
	"tags", "services", "labels", "token",
	"title", "text", "reason", "learning", "last_update", "problem", "mend", "waiting", "by", "via", "person", "owner", "asked",
	"changed_by", "snooze_reason", "pages_nobody", "message", "note", "description", "summary", "update", "from", "to", "said", "body",
}

// spokenWithin are members that hold what people wrote only within others.
var spokenWithin = map[string]string{"name": "channel", "step": "snags"}

// isSpoken reports whether people wrote what a member holds. outer are the members around it.
func isSpoken(member string, outer []string) bool {
	within, some := spokenWithin[member]
	return slices.Contains(spoken, member) || some && len(outer) > 0 && outer[len(outer)-1] == within
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
				clean = e.literal(literal, !isMember && isSpoken(member, outer))
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
	if !free && !mayHoldAddress(literal) {
		return literal
	}
	var s string
	if json.Unmarshal([]byte(literal), &s) != nil {
		return literal
	}
	clean := e.addresses(s)
	if free {
		clean = e.text(s)
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
