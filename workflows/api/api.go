// Package api names what the workflows can be asked and told: message names, their inputs and
// results, and the workflow IDs. It has no behaviour, and it is all that the gateway, the
// command line and the activities may import of workflows.
package api

import (
	"time"

	"muster/incident"
)

// TaskQueue is a place where workers take work from. Vendors have queues of their own so that
// a rate limit on one never holds up another.
type TaskQueue = string

// The task queues.
const (
	QueueMuster      TaskQueue = "muster"       // workflows, directory, archive
	QueuePager       TaskQueue = "pager"        // triggering: never rate-limited
	QueuePagerRead   TaskQueue = "pager-read"   // look-ups
	QueueSlackCreate TaskQueue = "slack-create" // opening channels, 20 a minute
	QueueSlackWrite  TaskQueue = "slack-write"
	QueueJira        TaskQueue = "jira"
)

// Workflow types, as registered.
const (
	TypeRegister = "Register"
	TypeIncident = "Incident"
	TypePage     = "Page"
	TypeReview   = "Review"
	TypeFollowUp = "FollowUp"
	TypePerson   = "Person"
	TypeSweep    = "Sweep"
	TypeCheckUp  = "CheckUp"
)

// Settings are what an installation passes to every workflow it starts.
type Settings struct {
	// Installation is minted once by Register and is part of every vendor key.
	Installation string `json:"installation"`
}

// IssueChangedInput is a tracker's event about one issue.
type IssueChangedInput struct {
	DeliveryID string              `json:"delivery_id"`
	Issue      incident.IssueState `json:"issue"`
	By         string              `json:"by,omitempty"`
}

// WorkflowTaskTimeout is that of every workflow. A killed worker's open poll swallows one task,
// and with the server's default of 10 s the next command after a SIGKILL would wait that long.
const WorkflowTaskTimeout = 3 * time.Second

// Queries.
const (
	Snapshot = "Snapshot" // of an Incident: incident.Incident
	State    = "State"    // of Register, a Page and a Person: RegisterState, PageState, PersonState
)

// Signals to several workflows.
const (
	IssueChanged = "IssueChanged" // to FollowUp, Review and Incident, from the tracker: IssueChangedInput
)
