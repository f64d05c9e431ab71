package api

import "muster/incident"

// Work is a kind of work that waits its turn when workers are busy.
type Work int

// The kinds of work, the most urgent first.
const (
	// Waking is all that a page waits for: Register, and the pages themselves.
	Waking Work = iota
	// Working is what an incident tells people and vendors while they work on it.
	Working
	// Learning is what comes after it: reviews, follow-ups and what reminds of them.
	Learning
)

// Priority is that of workflow tasks and activities, from 1, the most urgent, to 5. Only among
// incidents does it depend on the severity: a page of the mildest comes before a channel of the
// worst, and a follow-up lives for months in which its incident's severity says nothing any more.
func Priority(w Work, s incident.Severity) int {
	switch {
	case w == Waking:
		return 1
	case w == Learning:
		return 5
	case s == 1:
		return 2
	case s == 2:
		return 3
	}
	return 4
}
