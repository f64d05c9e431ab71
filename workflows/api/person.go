package api

import (
	"time"

	"muster/incident"
	"muster/playbook"
)

// OwedInput tells a person's workflow of one thing that they are owed in their next digest.
type OwedInput struct {
	// Key names the thing; telling it again replaces it.
	Key      string            `json:"key"`
	Text     string            `json:"text"`
	Link     incident.Link     `json:"link,omitzero"`
	Due      incident.Date     `json:"due,omitempty"`
	Calendar playbook.Calendar `json:"calendar,omitzero"`
	// Settled removes the thing instead, and everything whose key lies below its own.
	Settled bool `json:"settled,omitempty"`
}

// Bundle is how long a digest waits for more to tell.
const Bundle = time.Minute

// PersonInput starts or continues a Person.
type PersonInput struct {
	Person string       `json:"person"`
	State  *PersonState `json:"state,omitempty"`
}

// PersonState is what a Person remembers, and the answer to its State query.
type PersonState struct {
	Owed     []OwedInput       `json:"owed,omitempty"`
	Calendar playbook.Calendar `json:"calendar,omitzero"`
	// Digests counts the digests sent.
	Digests int `json:"digests"`
}

// Signals to a Person.
const (
	Owed = "Owed" // from a FollowUp: OwedInput
)
