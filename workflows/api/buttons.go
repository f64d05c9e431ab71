package api

// CancelAskedInput says that somebody has asked Temporal to cancel a workflow.
type CancelAskedInput struct {
	Workflow string `json:"workflow"`
}

// Signals about what somebody did to a workflow with Temporal's own tools.
const (
	CancelAsked = "CancelAsked" // to an Incident, from its Page, Review or FollowUp: CancelAskedInput
)
