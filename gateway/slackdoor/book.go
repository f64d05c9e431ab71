package slackdoor

import (
	"slices"
	"strings"

	"muster/gateway/slackdoor/views"
	"muster/incident"
	"muster/playbook"
)

// book is the playbook's words, for the grammar.
type book struct {
	views.Book
	playbook *playbook.Playbook
}

// Severity implements grammar.Book.
func (b book) Severity(word string) (incident.Severity, bool) {
	s, err := b.playbook.SeverityByName(word)
	return s, err == nil
}

// BeginsWithSeverity implements grammar.Book.
func (b book) BeginsWithSeverity(line string) bool { return b.playbook.BeginsWithSeverity(line) }

// Role implements grammar.Book.
func (b book) Role(word string) (incident.Role, bool) {
	word = strings.ReplaceAll(strings.ToLower(word), "-", "_")
	k := slices.IndexFunc(b.Roles, func(r incident.Role) bool { return string(r) == word })
	if k < 0 {
		return "", false
	}
	return b.Roles[k], true
}

// Service implements grammar.Book.
func (b book) Service(word string) (string, bool) { return b.playbook.ServiceCalled(word) }

// Target implements grammar.Book: a target's name or what people call it.
func (b book) Target(text string) (string, bool) {
	k := slices.IndexFunc(b.Targets, func(c views.Choice) bool {
		return strings.EqualFold(c.Value, text) || strings.EqualFold(c.Label, text)
	})
	if k < 0 {
		return "", false
	}
	return b.Targets[k].Value, true
}
