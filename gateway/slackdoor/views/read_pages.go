package views

import (
	"strconv"

	"muster/incident"
	"muster/workflows/api"
)

// page reads whom to page: a target of the playbook, or a person.
func (r *reader) page() {
	target := r.one(BlockTarget)
	if person := r.one(BlockPerson); person != "" { // the only target of a playbook is chosen from the start
		target = r.person(person)
	}
	if target == "" {
		r.fail(BlockTarget, "Choose whom to page: a target, or a person.")
		return
	}
	r.command(api.RaisePage, incident.RaisePage{Target: target})
}

// ack reads whose page is taken.
func (r *reader) ack() {
	n, err := strconv.Atoi(r.one(BlockPage))
	if all := r.one(BlockPage) == allPages; err != nil && !all {
		r.fail(BlockPage, "Choose whose page you take.")
		return
	}
	r.command(api.Acknowledge, incident.Acknowledge{Page: n, All: err != nil})
}
