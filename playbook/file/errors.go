package file

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
