package api

import (
	"time"

	"muster/incident"
	"muster/playbook"
)

// ReviewBrief tells a Review what its incident says of it.
type ReviewBrief struct {
	Brief
	Review     incident.Review `json:"review"`
	ResolvedAt time.Time       `json:"resolved_at,omitzero"`
	// Policy is that of the review's track, which a nomination may have deepened.
	Policy playbook.ReviewPolicy `json:"policy,omitzero"`
}

// Signals to a Review.
const (
	ReviewChanged = "ReviewChanged" // from its Incident: ReviewBrief
)
