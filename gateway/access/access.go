// Package access says who may use the HTTP API: named tokens with scopes, of which only hashes
// are kept.
package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"muster/incident"
)

// Scope is something that a token allows.
type Scope string

// The scopes. Respond allows what Read allows, Admin what Respond allows; Private and Codec stand apart.
const (
	Read    Scope = "read"    // see incidents
	Respond Scope = "respond" // declare incidents and give commands
	Admin   Scope = "admin"   // change how Muster itself is set up
	Private Scope = "private" // see and change every private incident
	Codec   Scope = "codec"   // decrypt what Temporal holds, of private incidents too
)

// All lists every scope.
func All() []Scope { return []Scope{Read, Respond, Admin, Private, Codec} }

// Scopes are what a caller may do.
type Scopes []Scope

// Has reports whether the scopes allow what s allows.
func (have Scopes) Has(s Scope) bool {
	for _, h := range have {
		switch {
		case h == s, h == Admin && s == Respond, (h == Admin || h == Respond) && s == Read:
			return true
		}
	}
	return false
}

// Token is one API token as it is configured: its hash and what it stands for.
type Token struct {
	Name string `yaml:"name"`
	// Person is the e-mail address in whose name the token acts, empty for a service: then the
	// token's name is what a timeline shows.
	Person string `yaml:"person"`
	Scopes Scopes `yaml:"scopes"`
	// SHA256 is the hash of the token in hexadecimal. Tokens must be random, 128 bits or more:
	// a hash of something that can be guessed protects nothing.
	SHA256 string `yaml:"sha256"`
	// Expires is the last day, in UTC, on which the token is taken, such as 2027-01-31; empty for no end.
	Expires string `yaml:"expires"`

	hash  [sha256.Size]byte
	until time.Time // zero for no end
}

// Expired reports whether the token is not taken any more.
func (t Token) Expired(now time.Time) bool { return !t.until.IsZero() && !now.Before(t.until) }

// Hash gives the hash under which a token is configured.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Parse reads tokens written name:person:scopes:hash or name:person:scopes:hash:expires, separated by commas, spaces or new lines;
// scopes are joined with +. The errors never show a hash.
func Parse(s string) ([]Token, error) {
	var tokens []Token
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' || r == '\r' })
	for n, f := range fields {
		parts := strings.Split(f, ":")
		if len(parts) != 4 && len(parts) != 5 {
			return nil, fmt.Errorf("token %d: has %d parts; write name:person:scopes:sha256 or name:person:scopes:sha256:expires, as `starter token new` prints it", n+1, len(parts))
		}
		t := Token{Name: parts[0], Person: parts[1], SHA256: parts[3]}
		if len(parts) == 5 {
			t.Expires = parts[4]
		}
		for sc := range strings.SplitSeq(parts[2], "+") {
			t.Scopes = append(t.Scopes, Scope(sc))
		}
		tokens = append(tokens, t)
	}
	return Check(tokens)
}

// Load reads tokens from YAML: a list under "tokens" with name, person, scopes and sha256.
func Load(data []byte) ([]Token, error) {
	var file struct {
		Tokens []Token `yaml:"tokens"`
	}
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	return Check(file.Tokens)
}

// Check makes the tokens usable, or says everything that is wrong with them.
func Check(tokens []Token) ([]Token, error) {
	var errs []error
	names, hashes := map[string]bool{}, map[[sha256.Size]byte]bool{}
	for n := range tokens {
		t := &tokens[n]
		if err := t.check(); err != nil {
			errs = append(errs, fmt.Errorf("token %d: %w", n+1, err))
			continue
		}
		if names[t.Name] || hashes[t.hash] {
			errs = append(errs, fmt.Errorf("token %d (%s): its name or hash is there already; give each token its own", n+1, t.Name))
		}
		names[t.Name], hashes[t.hash] = true, true
	}
	if len(tokens) == 0 {
		errs = append(errs, errors.New("no token is configured; add one or unset the variable"))
	}
	return tokens, errors.Join(errs...)
}

func (t *Token) check() error {
	if t.Name == "" || t.Name != incident.CleanLine(t.Name) || strings.ContainsAny(t.Name, "/:,") || len(t.Name) > 64 {
		return errors.New("has no usable name; write a short word")
	}
	if t.Person != "" {
		if err := incident.CheckPerson("person", t.Person); err != nil {
			return fmt.Errorf("(%s): %w, or leave it out for a service", t.Name, err)
		}
		t.Person = incident.NormalPerson(t.Person)
	}
	if len(t.Scopes) == 0 {
		return fmt.Errorf("(%s): has no scopes; write some of %v", t.Name, All())
	}
	for _, s := range t.Scopes {
		if !slices.Contains(All(), s) {
			return fmt.Errorf("(%s): %q is no scope; write some of %v", t.Name, s, All())
		}
	}
	if err := t.checkHash(); err != nil {
		return fmt.Errorf("(%s): %w", t.Name, err)
	}
	if t.Expires != "" {
		last, err := time.Parse(time.DateOnly, t.Expires)
		if err != nil {
			return fmt.Errorf("(%s): %q is no day on which it could expire; write one like 2027-01-31", t.Name, t.Expires)
		}
		t.until = last.AddDate(0, 0, 1)
	}
	return nil
}

// checkHash refuses what protects nothing: a token that was stored itself, and the hash of one that
// anybody would try.
func (t *Token) checkHash() error {
	const mend = "; make a new one with `starter token new`"
	sum, err := hex.DecodeString(t.SHA256)
	switch {
	case t.SHA256 == "":
		return errors.New("has no hash" + mend)
	case strings.HasPrefix(t.SHA256, Prefix):
		return errors.New("holds the token itself where its hash should be, so whoever reads the settings has it" + mend)
	case err != nil || len(sum) != sha256.Size:
		return errors.New("its hash is not 64 hexadecimal digits" + mend)
	}
	copy(t.hash[:], sum)
	for _, word := range []string{"", "\n", "test", "token", "secret", "password", "admin", "changeme", "muster", "TOKEN", t.Name, t.Person} {
		if t.hash == sha256.Sum256([]byte(word)) || t.hash == sha256.Sum256([]byte(word+"\n")) {
			return errors.New("its hash is that of an empty token or of a word that anybody would try" + mend)
		}
	}
	if t.hash == [sha256.Size]byte{} {
		return errors.New("its hash is all zeros" + mend)
	}
	return nil
}

// Find gives the token that was presented. It looks at all of them, whichever fits, so that the
// time it takes tells nothing.
// One that is shorter than MinLength is nobody's: its hash could be guessed.
func Find(tokens []Token, presented string) (Token, bool) {
	sum := sha256.Sum256([]byte(presented))
	var found Token
	ok := false
	for _, t := range tokens {
		if subtle.ConstantTimeCompare(sum[:], t.hash[:]) == 1 && len(presented) >= MinLength && t.hash != [sha256.Size]byte{} {
			found, ok = t, true
		}
	}
	return found, ok
}
