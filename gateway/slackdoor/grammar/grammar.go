// Package grammar reads what people type after the slash command. It is pure: text in, meaning
// out.
//
// People who type it may be frightened and have never seen Muster, so the rules are few. Nothing
// opens a form. A first word that is exactly a subcommand, with arguments that fit it, runs it. A
// single word, or a first word that is nearly a subcommand, asks back. Everything else declares
// an incident; "declare ..." always does.
package grammar

import (
	"slices"
	"strings"

	"muster/incident"
)

// Meaning is what a line asks for.
type Meaning int

// The meanings.
const (
	// Form is an empty line: the form to declare with.
	Form Meaning = iota
	// Declare is an incident whose title is Line.Text.
	Declare
	// Run is a subcommand with arguments that fit.
	Run
	// Ask is a line that could be a subcommand or a title; the person chooses.
	Ask
)

// Line is a line that was read.
type Line struct {
	Meaning Meaning
	// Verb is the subcommand, for Run.
	Verb Verb
	// Args are its arguments, for Run.
	Args Args
	// Text is the whole line as people read it, without the word declare.
	Text string
	// Guesses are subcommands that may have been meant, for Ask; the likeliest first.
	Guesses []Verb
	// Why says what does not fit the subcommand, for Ask; empty when the word is only alike.
	Why string
}

// Book is what the playbook calls things.
type Book interface {
	// Severity reads 1, sev1, SEV-1 or the playbook's name of a severity.
	Severity(word string) (incident.Severity, bool)
	Role(word string) (incident.Role, bool)
	// Target gives the page target that a text names, in the playbook's spelling.
	Target(text string) (string, bool)
}

// nearly is how many letters a first word may be off to count as a slip of the pen.
const nearly = 2

// Read reads a line.
func Read(text string, b Book) Line {
	words := split(text)
	l := Line{Text: readable(words)}
	if len(words) == 0 {
		return l
	}
	first := strings.ToLower(words[0].Text)
	if first == string(VerbDeclare) {
		l.Text = readable(words[1:])
		if l.Text != "" {
			l.Meaning = Declare
		}
		return l
	}
	if s, ok := verbs[first]; ok {
		args, why := parse(s, words[1:], b)
		if why == "" {
			l.Meaning, l.Verb, l.Args = Run, s.verb, args
			return l
		}
		l.Meaning, l.Guesses, l.Why = Ask, []Verb{s.verb}, why
		return l
	}
	if l.Guesses = guesses(first); len(l.Guesses) > 0 || len(words) == 1 {
		l.Meaning = Ask
		return l
	}
	l.Meaning = Declare
	return l
}

// guesses lists subcommands that a word nearly is, the nearest first.
func guesses(word string) []Verb {
	type guess struct {
		verb Verb
		off  int
	}
	var found []guess
	for name, s := range verbs {
		if d := distance(word, name); d <= nearly {
			found = append(found, guess{s.verb, d})
		}
	}
	slices.SortFunc(found, func(a, b guess) int {
		if a.off != b.off {
			return a.off - b.off
		}
		return strings.Compare(string(a.verb), string(b.verb))
	})
	var out []Verb
	for _, g := range found {
		if !slices.Contains(out, g.verb) {
			out = append(out, g.verb)
		}
	}
	return out[:min(len(out), 3)]
}

// distance counts the letters that must be changed, added or removed to make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > nearly || len(y)-len(x) > nearly {
		return nearly + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			change := diagonal
			if r != s {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
