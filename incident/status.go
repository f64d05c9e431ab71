package incident

import (
	"fmt"
	"slices"
	"strings"
)

// Status is where an incident stands.
type Status string

// The statuses.
const (
	StatusOpen      Status = "open"
	StatusMitigated Status = "mitigated"
	StatusResolved  Status = "resolved"
	StatusClosed    Status = "closed"
	StatusCancelled Status = "cancelled"
	StatusMerged    Status = "merged"
)

// Verb is a command as the status table knows it.
type Verb string

// The verbs that the status table rules.
const (
	VerbMitigate Verb = "mitigate"
	VerbResolve  Verb = "resolve"
	VerbReopen   Verb = "reopen"
	VerbCancel   Verb = "cancel"
	VerbMerge    Verb = "merge"
	VerbClose    Verb = "close" // automatic: when review and follow-ups have ended
	VerbFollowUp Verb = "follow-up"
	VerbNominate Verb = "nominate" // for a learning review
)

type transition struct {
	verb Verb
	to   Status
}

// transitions is the one table of what is legal. Whatever is not in it is refused.
var transitions = map[Status][]transition{
	StatusOpen: {
		{VerbMitigate, StatusMitigated},
		{VerbResolve, StatusResolved},
		{VerbCancel, StatusCancelled},
		{VerbMerge, StatusMerged},
		{VerbFollowUp, StatusOpen},
		{VerbNominate, StatusOpen},
	},
	StatusMitigated: {
		{VerbReopen, StatusOpen},
		{VerbResolve, StatusResolved},
		{VerbCancel, StatusCancelled},
		{VerbMerge, StatusMerged},
		{VerbFollowUp, StatusMitigated},
		{VerbNominate, StatusMitigated},
	},
	StatusResolved: {
		{VerbReopen, StatusOpen},
		{VerbMerge, StatusMerged},
		{VerbClose, StatusClosed},
		{VerbFollowUp, StatusResolved},
		{VerbNominate, StatusResolved},
	},
	StatusClosed: {
		{VerbReopen, StatusOpen}, {VerbFollowUp, StatusResolved}, {VerbNominate, StatusResolved},
	},
	StatusCancelled: {{VerbReopen, StatusOpen}, {VerbFollowUp, StatusCancelled}},
	StatusMerged:    {{VerbReopen, StatusOpen}, {VerbFollowUp, StatusMerged}},
}

// outcome is the status that a verb asks for, where it asks for exactly one.
var outcome = map[Verb]Status{
	VerbMitigate: StatusMitigated,
	VerbResolve:  StatusResolved,
	VerbReopen:   StatusOpen,
	VerbCancel:   StatusCancelled,
	VerbClose:    StatusClosed,
}

// Next says which status a verb leads to. A verb that asks for what is already true leads to
// the same status; what the table does not have is a Problem that names status and what is legal.
func (s Status) Next(v Verb) (Status, error) {
	for _, t := range transitions[s] {
		if t.verb == v {
			return t.to, nil
		}
	}
	if to, ok := outcome[v]; ok && to == s {
		return s, nil
	}
	return s, illegal("status", "now legal: "+strings.Join(s.legal(), ", "), "%s is not legal while the incident is %s", v, s)
}

// legal lists what people can ask for now. Closing is automatic.
func (s Status) legal() []string {
	var out []string
	for _, t := range transitions[s] {
		if t.verb != VerbClose {
			out = append(out, string(t.verb))
		}
	}
	return out
}

// Statuses lists every status in the order of an incident's life.
func Statuses() []Status {
	return []Status{StatusOpen, StatusMitigated, StatusResolved, StatusClosed, StatusCancelled, StatusMerged}
}

// ParseStatus reads a status by name.
func ParseStatus(s string) (Status, error) {
	st := Status(strings.ToLower(strings.TrimSpace(s)))
	if !slices.Contains(Statuses(), st) {
		return "", invalid("status", "write one of "+fmt.Sprint(Statuses()), "%q is no status", Clip(s, 40))
	}
	return st, nil
}

// Live reports whether the incident still hurts: pages run, alert keys are held.
func (s Status) Live() bool { return s == StatusOpen || s == StatusMitigated }
