package incidents

import (
	"fmt"

	"muster/workflows/api"
)

// cancelAsked notes that somebody has asked Temporal to cancel a workflow of the incident, which ends
// nothing, and says what they may have wanted instead.
func (r *incidentRun) cancelAsked(in api.CancelAskedInput) error {
	child, ok := api.ParseID(in.Workflow)
	if !ok || child.Incident != r.facts.Number {
		return fmt.Errorf("%q is no workflow of %s", in.Workflow, r.facts.Key())
	}
	r.note("cancel_asked", fmt.Sprintf("Somebody asked Temporal to cancel %s, which ends nothing. %s", in.Workflow, r.instead(child)))
	return nil
}

// instead is what does what a cancellation request does not.
func (r *incidentRun) instead(c api.Child) string {
	key := r.facts.Key()
	switch c.Part {
	case "page":
		return fmt.Sprintf("To stop the page, acknowledge it (`starter ack %s --page %d`) or end the incident (`starter resolve %s`, `starter cancel %s REASON`)", key, c.Number, key, key)
	case "review":
		return fmt.Sprintf("To end the review, say that it was held or waive it (`starter review waive %s REASON`)", key)
	case "follow-up":
		return fmt.Sprintf("To end the follow-up, drop it (`starter follow-up drop %s %d REASON`)", key, c.Number)
	}
	return fmt.Sprintf("To call the incident off, use `starter cancel %s REASON`; when it is over, `starter resolve %s`", key, key)
}
