// Package workflows holds Muster's durable processes, each kind in a room of its own: Register,
// Incident, Page, Review, FollowUp, Sweep, CheckUp, Canary and digests. They are deterministic.
package workflows

import (
	"go.temporal.io/sdk/worker"

	"muster/workflows/canary"
	"muster/workflows/checkup"
	"muster/workflows/digest"
	"muster/workflows/incidents"
	"muster/workflows/learning"
	"muster/workflows/paging"
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
	r.RegisterWorkflow(sweep.Sweep)
	r.RegisterWorkflow(digest.Digest)
	r.RegisterWorkflow(digest.PersonDigest)
	r.RegisterWorkflow(digest.Report)
	r.RegisterWorkflow(checkup.CheckUp)
	r.RegisterWorkflow(canary.Canary)
}
