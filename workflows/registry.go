package workflows

import (
	"go.temporal.io/sdk/worker"

	"muster/activities"
)

// Activities are referred to through nil pointers: a reference is only a name, checked by the
// compiler.
var (
	paging    *activities.Paging
	chat      *activities.Chat
	tracker   *activities.Tracker
	directory *activities.Directory
	sweeping  *activities.Sweeping
)

// AddTo registers every workflow. Production, replay tests and end-to-end tests call this same
// function, so that none of them knows a workflow that the others do not.
func AddTo(r worker.WorkflowRegistry) {
	r.RegisterWorkflow(Register)
	r.RegisterWorkflow(Incident)
	r.RegisterWorkflow(Page)
	r.RegisterWorkflow(Review)
	r.RegisterWorkflow(FollowUp)
	r.RegisterWorkflow(Person)
	r.RegisterWorkflow(Sweep)
}
