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
	if err != nil || found == nil || !r.policy.Connect(*found) {
		return
	}
	r.note("playbook", "Reaches the tracker, the pager and the channels of announcements as the playbook says now")
	r.run.Keep(r.announcements.more()...)
	r.children.sync() // a page knows the new names of credentials before it is asked to try again
}
