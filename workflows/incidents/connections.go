package incidents

import (
	"encoding/json"

	"muster/incident"
	"muster/playbook"
)

// connectionsOf reads what a Retry brings of the playbook as it is now; nil for nothing.
func connectionsOf(c incident.Retry) (*playbook.Connections, error) {
	if len(c.Connections) == 0 || string(c.Connections) == "null" {
		return nil, nil
	}
	var out playbook.Connections
	if err := json.Unmarshal(c.Connections, &out); err != nil {
		return nil, &incident.Problem{
			Code: incident.CodeInvalid, Field: "connections", Reason: "is not what a playbook gives", Mend: "leave it out",
		}
	}
	return &out, nil
}

// connect takes over how outside systems are reached, so that a playbook that was corrected mends
// an incident that is open. Policy stays as it was declared: see docs/adr.
func (r *incidentRun) connect(c incident.Retry) {
	found, err := connectionsOf(c)
	if err != nil || found == nil {
		return
	}
	if r.facts.Links.Tracker.Key != "" || r.run.State.Tried(mirrorTracker) {
		// An issue that outsiders read stays where it is, and its children beside it: a place that
		// was named later keeps nobody from reading what would be written there now.
		found.Tracker.Private = r.policy.Tracker.Private
	}
	if !r.policy.Connect(*found) {
		return
	}
	r.note("playbook", "Reaches the tracker, the pager and the channels of announcements as the playbook says now")
	r.run.Keep(r.announcements.more()...)
	r.children.sync() // a page knows the new names of credentials before it is asked to try again
}
