package api

import (
	"time"

	"muster/incident"
	"muster/playbook"
)

// PagerChangedInput is a pager's event about one attempt.
type PagerChangedInput struct {
	// DeliveryID is the vendor's own ID of the event; the same one is taken once.
	DeliveryID string `json:"delivery_id"`
	// Key is the attempt's key as the pager carries it.
	Key   string             `json:"key"`
	State incident.PageState `json:"state"`
	At    time.Time          `json:"at,omitzero"`
}

// PageBrief tells a Page what its incident says of it.
type PageBrief struct {
	Brief
	Page    incident.Page       `json:"page"`
	Target  playbook.PageTarget `json:"target"`
	Service string              `json:"service,omitempty"`
	// LastResort is tried when the target has not answered; nil where there is nobody else.
	LastResort *playbook.PageTarget `json:"last_resort,omitempty"`
}

// PageState answers a Page's State query.
type PageState struct {
	Status incident.PageStatus `json:"status"`
	// Keys are those of the attempts that may be open at the pager.
	Keys []string `json:"keys"`
	// Ended are the attempts of a page that was withdrawn: nothing of them should be open at the pager.
	Ended []EndedPage `json:"ended,omitempty"`
}

// EndedPage names an attempt at the pager by its key, and the way to end it there.
type EndedPage struct {
	Key        string `json:"key"`
	Credential string `json:"credential,omitempty"`
	Reach      string `json:"reach,omitempty"`
}

// Signals to a Page.
const (
	PagerChanged = "PagerChanged" // from a webhook or the Sweep: PagerChangedInput
	PageChanged  = "PageChanged"  // from its Incident: PageBrief
)
