package incident

import (
	"fmt"
	"slices"
	"time"
)

// Repetition says that what has declared the incident was declared again.
type Repetition struct {
	// Severity is what it was declared with this time, 0 for none.
	Severity Severity `json:"severity,omitempty"`
	Title    string   `json:"title,omitempty"`
	Actor    Actor    `json:"actor,omitzero"`
}

// repeatedRest is how long another repetition that brings nothing worse goes unmentioned.
const repeatedRest = time.Hour

// Repeat takes in that it was declared again: a worse severity raises the incident's, a milder one
// never lowers it.
func (i *Incident) Repeat(now time.Time, r Repetition) {
	if r.Severity.Valid() && r.Severity < i.Severity && i.Status.Live() {
		old := i.Severity
		i.Severity = r.Severity
		i.changed(now, r.Actor, "severity", "Declared again, and worse: severity %d, was %d", i.Severity, old)
		return
	}
	for _, v := range slices.Backward(i.Timeline) {
		if e := v; e.Event == "repeated" && now.Sub(e.At) < repeatedRest {
			return
		}
	}
	i.Note(now, r.Actor, "repeated", Clip(fmt.Sprintf("Declared again: %s", orWord(CleanLine(r.Title), i.Title)), maxEntryText))
}
