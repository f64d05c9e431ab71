package api

import (
	"time"

	"muster/incident"
)

// Carried is the query of an Incident, a Page, a Review and a FollowUp for the input by which their next run
// would go on. It is answered of a run that was ended by hand too, as long as its history is kept, and so
// what was ended can be started again from its last known state.
const Carried = "Carried"

// CancelAskedInput says that somebody has asked Temporal to cancel a workflow.
type CancelAskedInput struct {
	Workflow string `json:"workflow"`
}

// EndedInput says that a workflow of an incident was ended by hand.
type EndedInput struct {
	Workflow string    `json:"workflow"`
	How      string    `json:"how"` // terminated, failed ...
	At       time.Time `json:"at,omitzero"`
}

// LostInput names incidents that do not run any more without having ended by themselves.
type LostInput struct {
	Numbers []int `json:"numbers"`
}

// Restored says that a workflow which was ended by hand is started again from its last known state. It is
// the field "restored" of the input that Carried answers.
type Restored struct {
	Actor incident.Actor `json:"actor,omitzero"`
	// How it had ended, and when.
	How string    `json:"how"`
	At  time.Time `json:"at,omitzero"`
	// Pages are the numbers of an incident's pages that do not run any more.
	Pages []int `json:"pages,omitempty"`
	// Page says that it may page. Without it nobody is woken before somebody asks for it.
	Page bool `json:"page,omitempty"`
	// Archived says that the state is that of the archive, which may be older than what was done last.
	Archived bool `json:"archived,omitempty"`
	// End says of a page that it is started to be withdrawn at the pager, and for nothing else.
	End bool `json:"end,omitempty"`
}

// BriefAskedInput asks an incident for what it wants of one of its workflows now: a brief comes back by the
// signal of that workflow (PageChanged, ReviewChanged or FollowUpChanged), whatever was told before.
type BriefAskedInput struct {
	Workflow string `json:"workflow"`
	// Restored is set by one that was ended by hand and is started again.
	Restored *Restored `json:"restored,omitempty"`
	// Orphaned is set by a page that was told that its incident does not run.
	Orphaned bool `json:"orphaned,omitempty"`
}

// Signals about what somebody did to a workflow with Temporal's own tools.
const (
	BriefAsked  = "BriefAsked"  // to an Incident, from its Page, Review or FollowUp: BriefAskedInput
	CancelAsked = "CancelAsked" // to an Incident, from its Page, Review or FollowUp: CancelAskedInput
	ChildEnded  = "ChildEnded"  // to an Incident, from the Sweep, one of its workflows was ended by hand: EndedInput
	Lost        = "Lost"        // to Register, from the Sweep, incidents whose alert keys are to be freed: LostInput
	Orphaned    = "Orphaned"    // to a Page, from the Sweep, its incident does not run any more, of which it makes sure: nothing
)

// HowEnded says how a workflow of a status of Temporal's, such as "Terminated", was ended by hand, "" for one
// that runs or has ended by itself: none of Muster's workflows fails, times out or takes a cancellation
// request by itself.
func HowEnded(status string) string {
	switch status {
	case "Terminated":
		return "terminated"
	case "Canceled":
		return "cancelled in Temporal"
	case "Failed":
		return "ended by a defect"
	case "TimedOut":
		return "ended by a time limit"
	}
	return ""
}
