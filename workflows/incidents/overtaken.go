package incidents

import (
	"cmp"
	"time"

	"muster/incident"
)

// aspects name what of an incident a command settles, where the last word holds; none for one that adds
// something, which can come late without undoing anything.
func aspects(c incident.Command) []string {
	switch c := c.(type) {
	case incident.Mitigate, incident.Resolve, incident.Reopen, incident.Cancel:
		return []string{"status"}
	case incident.ChangeSeverity:
		return []string{"severity"}
	case incident.Retitle:
		return []string{"title"}
	case incident.MakePrivate, incident.MakePublic:
		return []string{"privacy"}
	case incident.Update:
		return []string{"update"}
	case incident.Correct:
		return c.Fields()
	}
	return nil
}

// nouns are aspects in the words of people, where they have others.
var nouns = map[string]string{
	incident.FieldStarted: "start", incident.FieldDetected: "detection", incident.FieldMitigated: "mitigation", incident.FieldResolved: "resolution",
}

// maxAspects is how many there are: the five above, and what can be corrected besides the title.
const maxAspects = 12

// said remembers when the newest command was given of each aspect.
func (r *incidentRun) said(c incident.Command) {
	given := c.Head().GivenAt
	for _, a := range aspects(c) {
		if !given.After(r.s.Given[a]) {
			continue
		}
		if r.s.Given == nil {
			r.s.Given = map[string]time.Time{}
		}
		r.s.Given[a] = given.UTC()
	}
}

// overtaken reports whether a recorded command comes after one that was given later and says something
// else: it was on its way while the incident was being opened, or between two runs.
func (r *incidentRun) overtaken(c incident.Command) bool {
	_, known := r.given(c.Head().CommandID)
	return !known && r.newer(c) != ""
}

// newer names an aspect of a command of which somebody said something later, or "".
func (r *incidentRun) newer(c incident.Command) string {
	given := c.Head().GivenAt
	for _, a := range aspects(c) {
		if !given.IsZero() && given.Before(r.s.Given[a]) {
			return a
		}
	}
	return ""
}

// overtake keeps what a recorded command says out of the way of the newer one. A status update is still
// read on the timeline; of the others their person is told.
func (r *incidentRun) overtake(c incident.Command) error {
	if u, ok := c.(incident.Update); ok {
		r.record(c, u.Late(r.facts, r.now()))
		return nil
	}
	return &incident.Problem{
		Code: incident.CodeIllegal, Field: "given_at", Reason: "somebody said something newer about the " + cmp.Or(nouns[r.newer(c)], r.newer(c)) + " meanwhile",
		Mend: "look how it stands, and say it again if it still holds",
	}
}
