package archive

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"

	"muster/archive/words"
	"muster/incident"
	"muster/integrations/fault"
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
	// leastJoined is how many letters a name has at least that is found with its words written together.
	leastJoined     = 6
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
		forms := nameForms(n)
		switch {
		case incident.CheckPerson("", n) == nil: // another address
		case isNumber(n, forms):
			return wrong("name", "write the name in letters", "%q is a number or a time, which would be found everywhere", incident.Clip(n, 60))
		case len([]rune(strings.Join(forms, ""))) < leastErasedName:
			return wrong("name", "write the whole name", "%q is so short that it would be found everywhere", incident.Clip(n, 60))
		case len(forms) > maxErasedWords:
			return wrong("name", "write the name alone", "%q has more than %d words", incident.Clip(n, 60), maxErasedWords)
		}
	}
	return nil
}

// nameForms are the words of a name as they are compared.
func nameForms(name string) []string { return words.Forms(viewOf(name).text) }

// leastID is how many letters and digits an ID of a vendor has at least, which has few letters by chance.
const leastID = 9

// isNumber reports whether a name has too few letters for one: it is a number, a date or a time.
func isNumber(name string, forms []string) bool {
	letters, digits := 0, 0
	for _, r := range strings.Join(forms, "") {
		if unicode.IsLetter(r) {
			letters++
		} else {
			digits++
		}
	}
	_, err := time.Parse(time.RFC3339, strings.ToUpper(strings.TrimSpace(name)))
	id := len(forms) == 1 && letters > 0 && letters+digits >= leastID
	return digits > 0 && (err == nil || letters < leastErasedName && !id)
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
	named := func(forms ...string) {
		out = append(out, hash{hashed(salt, hashName, strings.Join(forms, " ")), salt, len(forms)})
	}
	for _, own := range e.addresses() {
		out = append(out, hash{hashed(salt, hashAddress, own), salt, 0})
		// In the name of a channel it stands without its signs.
		if forms := nameForms(own); len(forms) > 1 && len(forms) <= maxErasedWords {
			named(forms...)
		}
	}
	for _, n := range e.Names {
		if incident.CheckPerson("", n) == nil {
			continue
		}
		forms := nameForms(n)
		named(forms...)
		if joined := strings.Join(forms, ""); len(forms) > 1 && len([]rune(joined)) >= leastJoined {
			named(joined)
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
	err = a.write(ctx, "note an erasure", func(tx *tx) error {
		_, err := tx.exec(ctx, "UPDATE erasures SET incidents = incidents + ?, records = records + ?, done_at = ? WHERE alias = ?",
			done.Incidents, done.Records, e.At.UnixMilli(), done.Alias)
		return err
	})
	if err != nil {
		return done, err
	}
	return done, a.tidy(ctx)
}

// tidy has a file of SQLite give up what was erased: words stay in the index until its parts are merged, rows in
// pages that are free, and both in the log. PostgreSQL does so by itself, later: see docs/archive.md.
func (a *Archive) tidy(ctx context.Context) error {
	if a.dialect != onSQLite {
		return nil
	}
	const what = "tidy up after an erasure"
	for _, statement := range []string{"INSERT INTO search (search) VALUES ('optimize')", "VACUUM"} {
		if _, err := a.db.ExecContext(ctx, statement); err != nil {
			return a.failed(what, err)
		}
	}
	busy := 0
	err := a.rows(ctx, what, "PRAGMA wal_checkpoint(TRUNCATE)", nil, func(scan func(...any) error) error {
		var pages, moved int
		return scan(&busy, &pages, &moved)
	})
	if err == nil && busy != 0 {
		err = &fault.Error{
			Vendor: Vendor, Operation: what, Class: fault.Retryable,
			Reason: "the person is erased, but somebody else is reading the file, so that its log (" + a.where + "-wal) still has them", Mend: "ask for the same again in a moment",
		}
	}
	return err
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
			done.Alias, e.At.UnixMilli(), e.By, e.Reason)
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
