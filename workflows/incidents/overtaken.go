package incidents

import (
	"time"

	"muster/incident"
)

// aspect names what of an incident a command settles, where the last word holds; empty for one that adds
// something, which can come late without undoing anything.
func aspect(c incident.Command) string {
	switch c.(type) {
	case incident.Mitigate, incident.Resolve, incident.Reopen, incident.Cancel:
		return "status"
	case incident.ChangeSeverity:
		return "severity"
	case incident.Retitle:
		return "title"
	case incident.MakePrivate, incident.MakePublic:
		return "privacy"
	case incident.Update:
		return "update"
	}
	return ""
}

// said remembers when the newest command was given of each aspect.
func (r *incidentRun) said(c incident.Command) {
	a, given := aspect(c), c.Head().GivenAt
	if a == "" || !given.After(r.s.Given[a]) {
		return
	}
	if r.s.Given == nil {
		r.s.Given = map[string]time.Time{}
	}
	r.s.Given[a] = given.UTC()
}

// overtaken reports whether a recorded command comes after one that was given later and says something
// else: it was on its way while the incident was being opened, or between two runs.
func (r *incidentRun) overtaken(c incident.Command) bool {
	given := c.Head().GivenAt
	_, known := r.given(c.Head().CommandID)
	return !known && !given.IsZero() && given.Before(r.s.Given[aspect(c)])
}

// overtake keeps what a recorded command says out of the way of the newer one. A status update is still
// read on the timeline; of the others their person is told.
func (r *incidentRun) overtake(c incident.Command) error {
	if u, ok := c.(incident.Update); ok {
		r.record(c, u.Late(r.facts, r.now()))
		return nil
	}
	return &incident.Problem{
		Code: incident.CodeIllegal, Field: "given_at", Reason: "somebody said something newer about the " + aspect(c) + " meanwhile",
		Mend: "look how it stands, and say it again if it still holds",
	}
}
