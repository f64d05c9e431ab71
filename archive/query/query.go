package query

import (
	"slices"
	"time"

	"muster/incident"
)

// Query is a question to the archive. The zero value asks for every incident.
type Query struct {
	// Terms are the words, each of which must stand in the incident, or must not.
	Terms []Term
	// Parts are where words are looked for, empty for everywhere.
	Parts []Part
	// Numbers are those of the wanted incidents, empty for any.
	Numbers []int
	// Severities, Kinds and Statuses are those wanted, empty for any.
	Severities []incident.Severity
	Kinds      []incident.Kind
	Statuses   []incident.Status
	// Services, Tags, People and Commanders must all hold. Names are in small letters; a person may be Me.
	Services   []Names
	Tags       []Names
	People     []Names
	Commanders []Names
	// Since and Until bound when it was declared: at Since or later, and before Until. Zero is no bound.
	Since, Until time.Time
	// Private is whether it must be private or must not be, nil for either.
	Private *bool
}

// Term is a word or a phrase.
type Term struct {
	// Forms are its words as package words has them, one after the other in the text.
	Forms []string
	// Prefix says that the last word only has to begin so.
	Prefix bool
	// Not says that it must not be there.
	Not bool
}

func (t Term) same(other Term) bool {
	return t.Prefix == other.Prefix && t.Not == other.Not && slices.Equal(t.Forms, other.Forms)
}

// Names holds when the incident has one of them, or with Not when it has none.
type Names struct {
	Any []string
	Not bool
}

// Me stands for the person who asks.
const Me = "me"

// Part is a part of an incident that has words.
type Part string

// The parts. The title comes with the names of services and tags.
const (
	PartTitle     Part = "title"
	PartLearnings Part = "learnings"
	PartFollowUps Part = "follow_ups"
	PartTimeline  Part = "timeline"
)

// Parts lists every part.
func Parts() []Part { return []Part{PartTitle, PartLearnings, PartFollowUps, PartTimeline} }

// In reports whether words are looked for in a part.
func (q *Query) In(p Part) bool { return len(q.Parts) == 0 || slices.Contains(q.Parts, p) }

// HasWords reports whether the query asks for words, be it that they are not there.
func (q *Query) HasWords() bool { return len(q.Terms) > 0 }

// Seeks reports whether the query asks for words that are there, so that they can be shown.
func (q *Query) Seeks() bool {
	return slices.ContainsFunc(q.Terms, func(t Term) bool { return !t.Not })
}

// The bounds of a query. What is more costs the database without helping anybody.
const (
	MaxCharacters = 1000
	maxTerms      = 24
	maxForms      = 60
	maxSame       = 4
	maxValues     = 60
	minPrefix     = 3
)
