// Package words is how a playbook's errors speak to people: what they typed is shown shortened and
// never when it may be a secret, a mistyped word meets the one that was probably meant.
package words

import (
	"strconv"
	"strings"

	"muster/incident"
)

// Quote shows what a person typed: shortened, in quotes, and never a secret.
func Quote(s string) string {
	if SecretKind(s) != "" {
		return "(a secret, not shown)"
	}
	return strconv.Quote(Clip(s))
}

// Clip keeps what a person typed from flooding an error.
func Clip(s string) string { return incident.Clip(s, 60) }

// Count writes a number of things: 1 error, 2 errors.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// Or writes words for a sentence: a, b or c.
func Or(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
