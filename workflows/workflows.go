// Package workflows holds Muster's durable processes, each kind in a room of its own: Register,
// Incident, Page, Review, FollowUp, Person, Sweep and CheckUp. They are deterministic.
package workflows

import (
	"go.temporal.io/sdk/worker"

	"muster/workflows/checkup"
	"muster/workflows/incidents"
	"muster/workflows/learning"
	"muster/workflows/paging"
	"muster/workflows/people"
	"muster/workflows/register"
	"muster/workflows/sweep"
)

// AddTo registers every workflow. Production, replay tests and end-to-end tests call this same
// function, so that none of them knows a workflow that the others do not.
func AddTo(r worker.WorkflowRegistry) {
	r.RegisterWorkflow(register.Register)
	r.RegisterWorkflow(incidents.Incident)
	r.RegisterWorkflow(paging.Page)
	r.RegisterWorkflow(learning.Review)
	r.RegisterWorkflow(learning.FollowUp)
	r.RegisterWorkflow(people.Person)
	r.RegisterWorkflow(sweep.Sweep)
	r.RegisterWorkflow(checkup.CheckUp)
}
