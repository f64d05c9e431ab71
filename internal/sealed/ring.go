// Package sealed encrypts what Muster's workflows keep at Temporal: the payloads, which are inputs, results,
// signals, memos, summaries and the words of failures. Whoever has Temporal's database or its Web UI, and not
// the keys, reads none of it.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Where the keys are set.
const (
	Variable     = "MUSTER_ENCRYPTION_KEYS"
	FileVariable = "MUSTER_ENCRYPTION_KEYS_FILE"
)

// keySize is that of AES-256.
const keySize = 32

// idShape is what a key may be called: it is written before a colon, and shown to people.
var idShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// key is one key of a ring. It holds no bytes that could be printed.
type key struct {
	id   string
	aead cipher.AEAD
}

// Ring is the keys that a program has. The first encrypts, all decrypt. One without keys encrypts nothing, and
// says of what is encrypted which key is missing. The zero value and nil are rings without keys.
type Ring struct {
	keys []key
}

// Parse reads keys written id:base64, separated by commas, spaces or new lines. The errors never show a key.
func Parse(s string) (*Ring, error) {
	r := &Ring{}
	ids, values := map[string]bool{}, map[string]string{}
	var errs []error
	for n, f := range strings.FieldsFunc(s, func(c rune) bool { return strings.ContainsRune(", \n\t\r", c) }) {
		k, value, err := parseKey(f)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("key %d: %w", n+1, err))
			continue
		case ids[k.id]:
			errs = append(errs, fmt.Errorf("key %d: there is a key %s already; give each its own ID", n+1, k.id))
		case values[value] != "":
			errs = append(errs, fmt.Errorf("key %d (%s): is the same as %s; make a new one with `starter keys new`", n+1, k.id, values[value]))
		}
		ids[k.id], values[value] = true, k.id
		r.keys = append(r.keys, k)
	}
	if len(r.keys) == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("no key is in it; write one as `starter keys new` prints it"))
	}
	return r, errors.Join(errs...)
}

func parseKey(field string) (key, string, error) {
	const mend = "; make one with `starter keys new`"
	id, text, ok := strings.Cut(field, ":")
	if !ok || !idShape.MatchString(id) {
		return key{}, "", errors.New("is not written ID:KEY, with an ID of letters, digits, dots, dashes and underscores" + mend)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		if raw, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "=")); err != nil {
			return key{}, "", errors.New("is no base64" + mend)
		}
	}
	if len(raw) != keySize {
		return key{}, "", fmt.Errorf("has %d bytes and must have %d, for AES-256; it is written ID:KEY"+mend, len(raw), keySize)
	}
	if strings.Count(string(raw), string(raw[:1])) > keySize/2 {
		return key{}, "", fmt.Errorf("(%s): is mostly one byte, so anybody would try it"+mend, id)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, "", fmt.Errorf("(%s): %w", id, err)
	}
	// A random nonce for each payload: a key is good for 2^32 of them, which is millions of incidents.
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return key{}, "", fmt.Errorf("(%s): %w", id, err)
	}
	return key{id, aead}, string(raw), nil
}

// IDs are those of the keys, the one that encrypts first.
func (r *Ring) IDs() []string {
	if r == nil {
		return nil
	}
	ids := make([]string, len(r.keys))
	for n, k := range r.keys {
		ids[n] = k.id
	}
	return ids
}

// Encrypts reports whether there is a key to encrypt with.
func (r *Ring) Encrypts() bool { return r != nil && len(r.keys) > 0 }

func (r *Ring) find(id string) (key, bool) {
	if r == nil {
		return key{}, false
	}
	for _, k := range r.keys {
		if k.id == id {
			return k, true
		}
	}
	return key{}, false
}

// NewKey makes a key of that name, as Parse reads it.
func NewKey(id string) (string, error) {
	if !idShape.MatchString(id) {
		return "", fmt.Errorf("%q is no ID of a key; write letters, digits, dots, dashes and underscores, 64 at most, such as 2026-10", id)
	}
	raw := make([]byte, keySize)
	rand.Read(raw) // it never fails: crypto/rand ends the process instead
	return id + ":" + base64.StdEncoding.EncodeToString(raw), nil
}

// MissingKeyError is something that was encrypted with a key that is not here.
type MissingKeyError struct {
	ID string
	// Have are the keys that are here.
	Have []string
}

// MissingKey is the ID, by which those who may not know this package tell what it is.
func (e *MissingKeyError) MissingKey() string { return e.ID }

func (e *MissingKeyError) Error() string {
	have := ""
	if len(e.Have) > 0 {
		have = " (the keys here are " + strings.Join(e.Have, ", ") + ")"
	}
	return fmt.Sprintf("the key %q is not in %s; add it wherever Muster runs, behind the others%s", e.ID, Variable, have)
}
