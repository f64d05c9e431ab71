package archive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"muster/archive/words"
	"muster/incident"
)

// Erasure asks for a person to be erased.
type Erasure struct {
	// Person is the e-mail address.
	Person string
	// Names are how the person is called in free text besides: names, other addresses, IDs.
	Names []string
	// Alias stands in their place; empty for one that is made. It ends with .invalid, and so belongs to nobody.
	Alias string
	// By is who asks, Reason why.
	By     string
	Reason string
	At     time.Time
}

// Erased says what was done.
type Erased struct {
	Alias string `json:"alias"`
	// Again is that the person had been erased before.
	Again bool `json:"again,omitempty"`
	// Incidents and Records count those in which the person stood.
	Incidents int `json:"incidents"`
	Records   int `json:"records"`
}

// The bounds of an erasure.
const (
	maxErasedNames  = 20
	leastErasedName = 3
	maxErasedWords  = 6
	maxErasedReason = 500
)

// aliasEnd is the end of aliases: a domain that can belong to nobody (RFC 2606).
const aliasEnd = ".invalid"

func (e *Erasure) check() error {
	e.Person, e.Alias = incident.NormalPerson(e.Person), incident.NormalPerson(e.Alias)
	if err := incident.CheckPerson("person", e.Person); err != nil {
		return err
	}
	if strings.HasSuffix(e.Person, aliasEnd) {
		return wrong("person", "name a person", "%s is the alias of somebody who was erased, or of Muster itself", e.Person)
	}
	if e.Alias != "" {
		if err := incident.CheckPerson("alias", e.Alias); err != nil || !strings.HasSuffix(e.Alias, aliasEnd) {
			return wrong("alias", "write one such as erased-1@erased.invalid, or leave it out", "%q does not end with %s, so that it may be somebody's", incident.Clip(e.Alias, 60), aliasEnd)
		}
	}
	e.Reason = incident.CleanLine(e.Reason)
	switch {
	case e.Reason == "":
		return wrong("reason", "say why, such as the number of the request", "is missing")
	case len([]rune(e.Reason)) > maxErasedReason:
		return wrong("reason", fmt.Sprintf("write at most %d characters", maxErasedReason), "is too long")
	case len(e.Names) > maxErasedNames:
		return wrong("name", "leave some out", "%d names, %d are allowed", len(e.Names), maxErasedNames)
	}
	for _, n := range e.Names {
		forms := words.Forms(n)
		switch {
		case incident.CheckPerson("", n) == nil: // another address
		case len([]rune(strings.Join(forms, ""))) < leastErasedName:
			return wrong("name", "write the whole name", "%q is so short that it would be found everywhere", incident.Clip(n, 60))
		case len(forms) > maxErasedWords:
			return wrong("name", "write the name alone", "%q has more than %d words", incident.Clip(n, 60), maxErasedWords)
		}
	}
	return nil
}

func wrong(field, mend, format string, args ...any) error {
	return &incident.Problem{Code: incident.CodeInvalid, Field: field, Reason: fmt.Sprintf(format, args...), Mend: mend}
}

// addresses are those of the person, the one by which they are known first.
func (e *Erasure) addresses() []string {
	all := []string{e.Person}
	for _, n := range e.Names {
		if incident.CheckPerson("", n) == nil {
			all = append(all, incident.NormalPerson(n))
		}
	}
	return all
}

// hash is by what a person is known again.
type hash struct {
	Hash  string `json:"hash"`
	Salt  string `json:"salt"`
	Words int    `json:"words"`
}

// hashes are those of the address and the names of an erasure.
func (e *Erasure) hashes(salt string) []hash {
	var out []hash
	for _, own := range e.addresses() {
		out = append(out, hash{hashed(salt, hashAddress, own), salt, 0})
	}
	for _, n := range e.Names {
		if incident.CheckPerson("", n) != nil {
			forms := words.Forms(n)
			out = append(out, hash{hashed(salt, hashName, strings.Join(forms, " ")), salt, len(forms)})
		}
	}
	return out
}

// Erase replaces a person by an alias wherever they stand in the archive, and notes that it was done. What
// workflows write later is written without them too. It may be asked again, with more names too, and is to be
// asked again when it fails: what was done by then stays done. A person of whom an open incident expects
// something is refused with an *incident.Problem.
func (a *Archive) Erase(ctx context.Context, e Erasure) (Erased, error) {
	var done Erased
	if err := e.check(); err != nil {
		return done, err
	}
	err := a.write(ctx, "erase a person", func(tx *tx) error {
		if err := tx.alone(ctx); err != nil {
			return err
		}
		if err := tx.expected(ctx, e.addresses()); err != nil {
			return err
		}
		var err error
		done, err = tx.noteErasure(ctx, e)
		return err
	})
	if err != nil {
		return done, err
	}
	done.Incidents, done.Records, err = a.scrub(ctx)
	if err != nil {
		return done, err
	}
	return done, a.write(ctx, "note an erasure", func(tx *tx) error {
		_, err := tx.exec(ctx, "UPDATE erasures SET incidents = incidents + ?, records = records + ?, done_at = ? WHERE alias = ?",
			done.Incidents, done.Records, e.At.UnixMilli(), done.Alias)
		return err
	})
}

// alone waits until nobody writes any more who does not know of the erasure that is coming. SQLite has one
// writer at a time anyway. Who only reads, such as an export, is not waited for.
func (t *tx) alone(ctx context.Context) error {
	if t.dialect != onPostgres {
		return nil
	}
	_, err := t.exec(ctx, "LOCK TABLE erased IN EXCLUSIVE MODE")
	return err
}

// maxExpected is how many things that are expected of a person a refusal names.
const maxExpected = 10

// expected refuses to erase a person of whom something is expected: their own incident would not know them.
func (t *tx) expected(ctx context.Context, addresses []string) error {
	var what, mends []string
	for _, person := range addresses {
		if err := t.expectedOf(ctx, person, func(number int, said, mend string) {
			what, mends = append(what, said+" "+incident.Key(number)), append(mends, mend)
		}); err != nil {
			return err
		}
	}
	if len(what) == 0 {
		return nil
	}
	more := ""
	if n := len(what) - maxExpected; n > 0 {
		what, mends, more = what[:maxExpected], mends[:maxExpected], fmt.Sprintf(", and %d more", n)
	}
	return &incident.Problem{
		Code: incident.CodeIllegal, Field: "person", Reason: "is still " + strings.Join(what, ", ") + more,
		Mend: "hand it over first, and try again a moment later: " + strings.Join(mends, ", "),
	}
}

func (t *tx) expectedOf(ctx context.Context, person string, add func(number int, said, mend string)) error {
	err := t.rows(ctx, `SELECT i.number, p.part FROM people p JOIN incidents i ON i.number = p.incident
		WHERE p.person = ? AND i.status IN ('open', 'mitigated') AND (p.part = 'responder' OR p.part LIKE 'role/%') ORDER BY i.number, p.part DESC`,
		[]any{person}, func(scan func(...any) error) error {
			var number int
			var part string
			if err := scan(&number, &part); err != nil {
				return err
			}
			if role, ok := strings.CutPrefix(part, partRole); ok {
				add(number, role+" of", fmt.Sprintf("`starter assign %s %s SOMEBODY`", incident.Key(number), role))
			} else {
				add(number, "responder of", fmt.Sprintf("`starter remove %s %s`", incident.Key(number), person))
			}
			return nil
		})
	if err != nil {
		return err
	}
	return t.rows(ctx, "SELECT incident, number FROM follow_ups WHERE owner = ? AND moved = 0 AND status IN ('proposed', 'accepted') ORDER BY incident, number",
		[]any{person}, func(scan func(...any) error) error {
			var number, followUp int
			if err := scan(&number, &followUp); err != nil {
				return err
			}
			add(number, fmt.Sprintf("owner of follow-up %d of", followUp), fmt.Sprintf("`starter follow-up set %s %d --owner SOMEBODY`", incident.Key(number), followUp))
			return nil
		})
}

// noteErasure writes down that a person is erased, so that from now on nothing is written with them.
func (t *tx) noteErasure(ctx context.Context, e Erasure) (Erased, error) {
	known, err := t.eraser(ctx)
	if err != nil {
		return Erased{}, err
	}
	done, salt := Erased{Alias: e.Alias}, ""
	if known != nil {
		salt = known.salts[0]
		if alias := known.alias(hashAddress, e.Person); alias != "" {
			done.Alias, done.Again = alias, true
		}
	}
	if salt == "" {
		salt = random(32)
	}
	if done.Alias == "" {
		done.Alias = "erased-" + random(4) + "@erased.invalid"
	}
	if !done.Again {
		n, err := t.exec(ctx, "INSERT INTO erasures (alias, at, asked_by, reason, incidents, records) VALUES (?, ?, ?, ?, 0, 0) ON CONFLICT DO NOTHING",
			done.Alias, e.At.UnixMilli(), text(e.By), text(e.Reason))
		if err != nil {
			return done, err
		}
		if n == 0 {
			return done, wrong("alias", "choose another one, or leave it out", "%s stands for somebody else already", done.Alias)
		}
	}
	return done, t.keepHashes(ctx, done.Alias, e.hashes(salt))
}

func (t *tx) keepHashes(ctx context.Context, alias string, all []hash) error {
	var rows [][]any
	for _, h := range all {
		rows = append(rows, []any{h.Hash, h.Salt, h.Words, alias})
	}
	return t.insert(ctx, "erased", "hash, salt, words, alias", rows, "ON CONFLICT DO NOTHING")
}

func random(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // it never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b)
}

// scrubbed is how many incidents, or records, are looked through at once.
const scrubbed = 100

// scrub goes through all that is held, and takes out whoever was erased. Each incident is a transaction of its
// own, so that mirrors go on meanwhile.
func (a *Archive) scrub(ctx context.Context) (incidents, records int, err error) {
	var e *eraser
	if err := a.write(ctx, "erase a person", func(tx *tx) error { e, err = tx.eraser(ctx); return err }); err != nil || e == nil {
		return 0, 0, err
	}
	for after, more := 0, true; more; {
		var found []int
		if found, after, more, err = a.standsIn(ctx, e, after); err != nil {
			return incidents, records, err
		}
		for _, number := range found {
			if err := a.write(ctx, "erase a person", func(tx *tx) error { return tx.scrubIncident(ctx, e, number) }); err != nil {
				return incidents, records, err
			}
			incidents++
		}
	}
	records, err = a.scrubTable(ctx, e, "records", "workflow", []string{"state", "shown"})
	if err != nil {
		return incidents, records, err
	}
	for _, t := range []struct {
		table, key string
		columns    []string
	}{{"settings", "name", []string{"value"}}, {"erasures", "alias", []string{"asked_by", "reason"}}} {
		if _, err := a.scrubTable(ctx, e, t.table, t.key, t.columns); err != nil {
			return incidents, records, err
		}
	}
	return incidents, records, nil
}

// standsIn finds those of the next incidents in which somebody stands who was erased.
func (a *Archive) standsIn(ctx context.Context, e *eraser, after int) (found []int, last int, more bool, err error) {
	dirty, n := map[int]bool{}, 0
	numbered := func(clean func(string) string) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var number int
			var doc string
			if err := scan(&number, &doc); err != nil {
				return err
			}
			if clean(doc) != doc && !dirty[number] {
				dirty[number], found = true, append(found, number)
			}
			return nil
		}
	}
	err = a.rows(ctx, "erase a person", "SELECT number, facts FROM incidents WHERE number > ? ORDER BY number LIMIT ?", []any{after, scrubbed},
		func(scan func(...any) error) error {
			n++
			return numbered(e.document)(func(into ...any) error {
				err := scan(into...)
				last = *into[0].(*int) //nolint:forcetypeassert // as numbered has it
				return err
			})
		})
	if err != nil || n == 0 {
		return nil, last, false, err
	}
	for _, q := range []struct {
		query string
		clean func(string) string
	}{
		{"SELECT incident, entry FROM timeline WHERE incident > ? AND incident <= ?", e.document},
		{"SELECT incident, reason FROM snags WHERE incident > ? AND incident <= ?", e.text},
		{"SELECT incident, person FROM wakings WHERE incident > ? AND incident <= ?", e.text},
	} {
		if err := a.rows(ctx, "erase a person", q.query, []any{after, last}, numbered(q.clean)); err != nil {
			return nil, last, false, err
		}
	}
	return found, last, n == scrubbed, nil
}

// scrubIncident writes an incident anew without whoever was erased.
func (t *tx) scrubIncident(ctx context.Context, e *eraser, number int) error {
	if err := t.hold(ctx, number); err != nil {
		return err
	}
	i, err := t.whole(ctx, number, e.document)
	if err != nil || i == nil {
		return err
	}
	if err := t.keepIncident(ctx, i); err != nil {
		return err
	}
	if err := t.scrubColumn(ctx, e, "snags", "reason", number); err != nil {
		return err
	}
	return t.scrubColumn(ctx, e, "wakings", "person", number)
}

// hold keeps others from writing an incident until the transaction ends, in the order in which they write.
func (t *tx) hold(ctx context.Context, number int) error {
	if t.dialect != onPostgres {
		return nil
	}
	nothing := func(scan func(...any) error) error { return nil }
	if err := t.rows(ctx, "SELECT 1 FROM records WHERE incident = ? ORDER BY workflow FOR UPDATE", []any{number}, nothing); err != nil {
		return err
	}
	return t.rows(ctx, "SELECT 1 FROM incidents WHERE number = ? FOR UPDATE", []any{number}, nothing)
}

// whole reads an incident with its whole timeline, each document as a function gives it back; nil when there is
// none.
func (t *tx) whole(ctx context.Context, number int, clean func(string) string) (*incident.Incident, error) {
	var i *incident.Incident
	read := func(into any) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			var doc string
			if err := scan(&doc); err != nil {
				return err
			}
			return json.Unmarshal([]byte(clean(doc)), into)
		}
	}
	if err := t.rows(ctx, "SELECT facts FROM incidents WHERE number = ?", []any{number}, read(&i)); err != nil || i == nil {
		return nil, err
	}
	err := t.rows(ctx, "SELECT entry FROM timeline WHERE incident = ? ORDER BY seq", []any{number}, func(scan func(...any) error) error {
		var entry incident.Entry
		err := read(&entry)(scan)
		i.Timeline = append(i.Timeline, entry)
		return err
	})
	return i, err
}

// scrubColumn takes erased people out of a column of an incident's rows.
func (t *tx) scrubColumn(ctx context.Context, e *eraser, table, column string, number int) error {
	var found []string
	err := t.rows(ctx, "SELECT DISTINCT "+column+" FROM "+table+" WHERE incident = ?", []any{number}, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		found = append(found, s)
		return err
	})
	if err != nil {
		return err
	}
	for _, s := range found {
		if clean := e.text(s); clean != s {
			if _, err := t.exec(ctx, "UPDATE "+table+" SET "+column+" = ? WHERE incident = ? AND "+column+" = ?", clean, number, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// scrubTable takes erased people out of columns of a table whose rows have a key, and counts the rows.
func (a *Archive) scrubTable(ctx context.Context, e *eraser, table, key string, columns []string) (int, error) {
	changed := 0
	for after, more := "", true; more; {
		var keys []string
		n := 0
		query := "SELECT " + key + ", " + strings.Join(columns, ", ") + " FROM " + table + " WHERE " + key + " > ? ORDER BY " + key + " LIMIT ?"
		err := a.rows(ctx, "erase a person", query, []any{after, scrubbed}, func(scan func(...any) error) error {
			values := make([]string, 1+len(columns))
			into := make([]any, len(values))
			for k := range values {
				into[k] = &values[k]
			}
			if err := scan(into...); err != nil {
				return err
			}
			n, after = n+1, values[0]
			for _, v := range values[1:] {
				if e.document(v) != v {
					keys = append(keys, values[0])
					break
				}
			}
			return nil
		})
		if err != nil {
			return changed, err
		}
		more = n == scrubbed
		for _, own := range keys {
			if err := a.write(ctx, "erase a person", func(tx *tx) error { return tx.scrubRow(ctx, e, table, key, own, columns) }); err != nil {
				return changed, err
			}
			changed++
		}
	}
	return changed, nil
}

func (t *tx) scrubRow(ctx context.Context, e *eraser, table, key, own string, columns []string) error {
	for _, c := range columns {
		var v string
		query := "SELECT " + c + " FROM " + table + " WHERE " + key + " = ?"
		if t.dialect == onPostgres {
			query += " FOR UPDATE"
		}
		if err := t.rows(ctx, query, []any{own}, func(scan func(...any) error) error { return scan(&v) }); err != nil {
			return err
		}
		if clean := e.document(v); clean != v {
			if _, err := t.exec(ctx, "UPDATE "+table+" SET "+c+" = ? WHERE "+key+" = ?", clean, own); err != nil {
				return err
			}
		}
	}
	return nil
}
