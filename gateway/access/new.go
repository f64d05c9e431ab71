package access

import (
	"crypto/rand"
	"fmt"
	"strings"
)

const (
	// Prefix is what every token begins with that New has made, so that one that was stored instead of
	// its hash, or leaked, is recognised.
	Prefix = "muster_"
	// MinLength is that of the shortest token that is taken, in bytes.
	MinLength = 20
)

// New makes a token with 130 random bits, and what is to be stored of it: t with its hash. The error
// says what is wrong with t.
func New(t Token) (token string, stored Token, err error) {
	token = Prefix + rand.Text()
	t.SHA256 = Hash(token)
	checked, err := Check([]Token{t})
	if err != nil {
		return "", Token{}, err
	}
	return token, checked[0], nil
}

// Line is the token as Parse reads it.
func (t Token) Line() string {
	parts := []string{t.Name, t.Person, t.Scopes.String(), t.SHA256}
	if t.Expires != "" {
		parts = append(parts, t.Expires)
	}
	return strings.Join(parts, ":")
}

// YAML is the token as Load reads it, an item of the list under "tokens".
func (t Token) YAML() string {
	text := fmt.Sprintf("- {name: %q, ", t.Name)
	if t.Person != "" {
		text += fmt.Sprintf("person: %q, ", t.Person)
	}
	text += fmt.Sprintf("scopes: [%s], sha256: %q", strings.ReplaceAll(t.Scopes.String(), "+", ", "), t.SHA256)
	if t.Expires != "" {
		text += fmt.Sprintf(", expires: %q", t.Expires)
	}
	return text + "}"
}

// String joins the scopes with +.
func (have Scopes) String() string {
	words := make([]string, len(have))
	for k, s := range have {
		words[k] = string(s)
	}
	return strings.Join(words, "+")
}
