package incident

import "time"

// PageStatus is where a page stands.
type PageStatus string

// The page statuses.
const (
	PagePaging       PageStatus = "paging"
	PageAcknowledged PageStatus = "acknowledged"
	PageUnanswered   PageStatus = "unanswered" // every step was tried, nobody acknowledged
	PageWithdrawn    PageStatus = "withdrawn"
	PageWaiting      PageStatus = "waiting" // for the next business morning
)

// Known reports whether it is one of the page statuses.
func (s PageStatus) Known() bool {
	switch s {
	case PagePaging, PageAcknowledged, PageUnanswered, PageWithdrawn, PageWaiting:
		return true
	}
	return false
}

// Page is the chain of attempts to reach one target.
type Page struct {
	Number int        `json:"number"`
	Target string     `json:"target"`
	Status PageStatus `json:"status"`
	// Required targets must acknowledge before the incident counts as mustered.
	Required bool   `json:"required,omitempty"`
	Attempts int    `json:"attempts,omitempty"`
	Step     string `json:"step,omitempty"`
	By       string `json:"by,omitempty"`
	// Via is who said that it was acknowledged, when that was not By.
	Via string    `json:"via,omitempty"`
	At  time.Time `json:"at,omitzero"`
	URL string    `json:"url,omitempty"`
	// Asked are the people whom the pager asks, as far as it has said; Tries the steps that went out.
	Asked []string `json:"asked,omitempty"`
	Tries []Try    `json:"tries,omitempty"`
	// Woken says whom the pager really notified, as far as its log was read.
	Woken WokenReport `json:"woken,omitzero"`
	// Problem says why the last attempt could not be delivered.
	Problem string `json:"problem,omitempty"`
	// NotBefore is when a waiting page starts.
	NotBefore time.Time `json:"not_before,omitzero"`
	// Revision counts changes made here, so that the Page workflow is told each once.
	Revision int `json:"revision,omitempty"`
}

// Try is a step of a page that went out.
type Try struct {
	Step string    `json:"step"`
	At   time.Time `json:"at"`
}
