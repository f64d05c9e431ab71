package api

import (
	"time"

	"muster/incident"
)

// FollowUpBrief tells a FollowUp what its incident says of it.
type FollowUpBrief struct {
	Brief
	FollowUp incident.FollowUp `json:"follow_up"`
	// Services are those of its incident.
	Services []string `json:"services,omitempty"`
}

// FollowUpListed is what lists show of a follow-up. It is in the memo of its workflow, so that a list
// asks no worker. A private incident's says neither what it is about nor who is to do it.
type FollowUpListed struct {
	Private  bool                      `json:"private,omitempty"`
	Title    string                    `json:"title,omitempty"`
	Owner    string                    `json:"owner,omitempty"`
	Issue    incident.IssueRef         `json:"issue,omitzero"`
	Kind     incident.FollowUpKind     `json:"kind,omitempty"`
	Priority incident.FollowUpPriority `json:"priority,omitempty"`
	Labels   []string                  `json:"labels,omitempty"`
	Urgent   bool                      `json:"urgent,omitempty"`

	Status incident.FollowUpStatus `json:"status"`
	Due    incident.Date           `json:"due,omitempty"`
	// Late is when the due day is over where its owner is.
	Late         time.Time `json:"late,omitzero"`
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	// Revision is the follow-up's own, for buttons.
	Revision int `json:"revision,omitempty"`
}

// Signals to a FollowUp.
const (
	FollowUpChanged = "FollowUpChanged" // from its Incident: FollowUpBrief
)
