package api

import (
	"muster/incident"
)

// FollowUpBrief tells a FollowUp what its incident says of it.
type FollowUpBrief struct {
	Brief
	FollowUp incident.FollowUp `json:"follow_up"`
}

// Signals to a FollowUp.
const (
	FollowUpChanged = "FollowUpChanged" // from its Incident: FollowUpBrief
)
