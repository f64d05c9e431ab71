// Package carried knows the JSON that outlives a program: what workflows, activities and messages are
// given, answer and carry over, as each release wrote it. A later release reads what an earlier one
// has written, and one release back reads what this one writes, so fields and words are only ever
// added. It is for tests.
package carried

import "fmt"

// Root is one value that travels, by a name that says as what.
type Root struct {
	Name string
	// Type is a zero value of it.
	Type any
}

// Break is a change that a value which another release has written does not survive.
type Break struct {
	// Path is where, from the name of the root on.
	Path string
	// Why says what was changed.
	Why string
}

// String says it in a line.
func (b Break) String() string { return fmt.Sprintf("%s: %s", b.Path, b.Why) }
