// Package api names what the workflows can be asked and told: message names, their inputs and
// results, and the workflow IDs. It has no behaviour, and it is all that the gateway, the
// command line and the activities may import of workflows.
package api

import (
	"time"

	"muster/incident"
	"muster/playbook"
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
	QueueArchive     TaskQueue = "archive"
)

// Workflow types, as registered.
const (
	TypeRegister = "Register"
	TypeIncident = "Incident"
	TypePage     = "Page"
	TypeReview   = "Review"
	TypeFollowUp = "FollowUp"
	TypeSweep    = "Sweep"
	TypeCheckUp  = "CheckUp"
	TypeCanary   = "Canary"

	TypeDigest       = "Digest"       // a time zone's morning
	TypePersonDigest = "PersonDigest" // one person's message of one day
	TypeReport       = "Report"       // what became of follow-ups in a week
)

// Settings are what an installation passes to every workflow it starts.
type Settings struct {
	// Installation is minted once by Register and is part of every vendor key.
	Installation string `json:"installation"`
}

// IssueChangedInput is news of one issue: an event that the tracker sent, or what was read there.
type IssueChangedInput struct {
	DeliveryID string              `json:"delivery_id"`
	Issue      incident.IssueState `json:"issue"`
	By         string              `json:"by,omitempty"`
	// At is when it happened, by the tracker's clock, and Changed what of the issue changed then. An event
	// without them says only that something changed.
	At      time.Time            `json:"at,omitzero"`
	Changed []incident.IssuePart `json:"changed,omitempty"`
	// ReadAt is set when the state was read from the tracker, just after that moment by our own clock:
	// then all of it is so, whatever events say.
	ReadAt time.Time `json:"read_at,omitzero"`
}

// IssueFiledInput tells an incident of an issue that people filed below its own.
type IssueFiledInput struct {
	DeliveryID string              `json:"delivery_id"`
	Issue      incident.IssueState `json:"issue"`
	By         string              `json:"by,omitempty"`
}

// RetryInput comes with a Retry to a Review or a FollowUp; nothing of it is needed.
type RetryInput struct {
	// Tracker is how the playbook as it is now uses the tracker, nil for no change.
	Tracker *playbook.TrackerPolicy `json:"tracker,omitempty"`
}

// WorkflowTaskTimeout is that of every workflow. A killed worker's open poll swallows one task,
// and with the server's default of 10 s the next command after a SIGKILL would wait that long.
const WorkflowTaskTimeout = 3 * time.Second

// ErrBetweenRuns is the type of the error by which Register refuses a declaration while its run ends. The next run
// takes the same update.
const ErrBetweenRuns = "BetweenRuns"

// Queries.
const (
	Snapshot = "Snapshot" // of an Incident: incident.Incident
	State    = "State"    // of Register, a Page, a FollowUp (with OwedQuery) and a PersonDigest: RegisterState, PageState, FollowUpState, DigestAnswer
)

// Signals to several workflows.
const (
	IssueChanged = "IssueChanged" // to FollowUp, Review and Incident, from the tracker: IssueChangedInput
	IssueFiled   = "IssueFiled"   // to an Incident, from the tracker: IssueFiledInput
	MoveOn       = "MoveOn"       // to all that live long, from an upgrade: nothing; one that sleeps sees by it that workers of another version take new work
)
