// Package grammar reads what people type after the slash command. It is pure: text in, meaning
// out.
//
// People who type it may be frightened and have never seen Muster, so the rules are few. Nothing
// opens a form. A first word that is exactly a subcommand, with arguments that fit it, runs it. A
// single word, or a first word that is nearly a subcommand, asks back, and thanks, a greeting or a
// question is answered. Everything else declares an incident; "declare ..." always does. A mention
// of Muster declares only in so many words: see ReadMention.
package grammar

import (
	"slices"
	"strings"
	"unicode/utf8"

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
	// Chat is a line that is said to Muster: Line.Talk says what sort of talk it is.
	Chat
)

// Line is a line that was read.
type Line struct {
	Meaning Meaning
	// Verb is the subcommand, for Run, and for Ask where one was typed.
	Verb Verb
	// Args are its arguments: all of them for Run, those that were understood for Ask.
	Args Args
	// Text is the whole line as people read it, without the word declare.
	Text string
	// Explicit is true for a line that says declare.
	Explicit bool
	// Guesses are subcommands that may have been meant, for Ask; the likeliest first.
	Guesses []Verb
	// Why says what does not fit the subcommand, for Ask; empty when the word is only alike.
	Why string
	// Behind is the subcommand behind which the whole line belongs, for Ask: "accept 1" is said of a
	// follow-up.
	Behind Verb
	// Wordy is true for such a line with words that may be a title's: "drop 3 of all orders are lost".
	Wordy bool
	// Talk is what sort of talk it is, for Chat.
	Talk Talk
}

// Book is what the playbook calls things.
type Book interface {
	// Severity reads 1, sev1, SEV-1 or the playbook's name of a severity.
	Severity(word string) (incident.Severity, bool)
	// BeginsWithSeverity reports whether a line begins by naming one: SEV-1: checkout is down.
	BeginsWithSeverity(line string) bool
	Role(word string) (incident.Role, bool)
	// Target gives the page target that a text names, in the playbook's spelling.
	Target(text string) (string, bool)
	// Service gives the service that a word names, in the playbook's spelling.
	Service(word string) (string, bool)
}

// Read reads a line.
func Read(text string, b Book) Line {
	words := split(incident.CleanText(text))
	l := Line{Text: readable(words)}
	if len(words) == 0 {
		return l
	}
	first := strings.ToLower(words[0].Text)
	if first == string(VerbDeclare) {
		l.Text, l.Explicit = readable(words[1:]), true
		if l.Text != "" {
			l.Meaning = Declare
		}
		return l
	}
	if wordy, ok := ofFollowUp(first, words[1:]); ok {
		l.Meaning, l.Behind, l.Wordy = Ask, VerbFollowUp, wordy
		return l
	}
	if s, ok := verbs[first]; ok && (s.verb != VerbSearch || !complains(words[1:])) {
		args, why := parse(s, words[1:], b)
		l.Verb, l.Args = s.verb, args
		if why == "" {
			l.Meaning = Run
			return l
		}
		l.Meaning, l.Guesses, l.Why = Ask, []Verb{s.verb}, why
		return l
	}
	if l.Talk = talkOf(l.Text); l.Talk != NoTalk {
		l.Meaning = Chat
		return l
	}
	if !b.BeginsWithSeverity(l.Text) { // severity:1 is no slip of severity
		l.Guesses = guesses(first)
	}
	l.Meaning = Declare
	if len(l.Guesses) > 0 || len(words) == 1 {
		l.Meaning = Ask
	}
	return l
}

// slips is how many letters may be off between two words for one of them to count as a slip of the
// pen. Short words are near to everything: "node" is no note, and "api" no ack.
func slips(a, b string) int {
	switch n := min(utf8.RuneCountInString(a), utf8.RuneCountInString(b)); {
	case n <= 4:
		return 0
	case n <= 6:
		return 1
	}
	return 2
}

// guesses lists subcommands that a word nearly is, the nearest first.
func guesses(word string) []Verb {
	type guess struct {
		verb Verb
		off  int
	}
	var found []guess
	for name, s := range verbs {
		if d := distance(word, name); d <= slips(word, name) && !s.ordinary {
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

// distance counts the letters that must be changed, added, removed or swapped with a neighbour to
// make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row := make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			change := last[j]
			if x[i] != y[j] {
				change++
			}
			row[j+1] = min(change, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}
