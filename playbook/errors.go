package playbook

import (
	"fmt"
	"slices"
	"strings"
)

// Error is one thing that is wrong in a playbook, with its place and its mend.
type Error struct {
	File string
	// Line and Column count from 1; 0 means the file as a whole.
	Line   int
	Column int
	// Path names the field: severities.1.page. Elements of lists count from 1.
	Path   string
	Reason string
	Mend   string
}

// Error reads "muster.yaml:12: severities.1.page: reason; mend".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Reason)
	if e.Mend != "" {
		b.WriteString("; " + e.Mend)
	}
	return b.String()
}

// Errors is everything that is wrong in a playbook, in the order of the file.
type Errors []*Error

// Error prints one error per line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Error.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// sorted brings the errors into the order of the file and says each of them once.
func (es Errors) sorted() Errors {
	slices.SortStableFunc(es, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return slices.CompactFunc(es, func(a, b *Error) bool { return *a == *b })
}

// nearest finds the known word that a mistyped one was probably meant to be, or is empty.
func nearest(word string, known []string) string {
	word = strings.ToLower(clip(word))
	best, least := "", max(2, len(word)/3)+1
	for _, k := range known {
		if d := distance(word, strings.ToLower(k)); d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with a neighbour.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(x)][len(y)]
}

// suggest is the mend for a word that is not known: the nearest one, and all if they are few.
func suggest(word string, known []string) string {
	const few = 16
	near := nearest(word, known)
	switch {
	case len(known) == 0:
		return ""
	case near != "" && len(known) > few:
		return fmt.Sprintf("did you mean %s?", near)
	case near != "":
		return fmt.Sprintf("did you mean %s? known: %s", near, strings.Join(known, ", "))
	case len(known) > few:
		return fmt.Sprintf("known: %s and %d more", strings.Join(known[:few], ", "), len(known)-few)
	}
	return "known: " + strings.Join(known, ", ")
}

// orList writes words for a sentence: a, b or c.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
