// Package walls holds tests of what no linter can say about the rooms of the house. It reads
// their source and imports none of them.
package walls
