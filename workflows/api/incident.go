package api

import (
	"time"

	"muster/incident"
)

// Updates of an Incident; each exists as a signal of the same name with the same input, an
// incident.Command in JSON.
const (
	Mitigate       = "Mitigate"
	Resolve        = "Resolve"
	Reopen         = "Reopen"
	Cancel         = "Cancel"
	Update         = "Update" // people say how it stands; not to be mistaken for Temporal's updates, which every command is
	ChangeSeverity = "ChangeSeverity"
	ChangeServices = "ChangeServices"
	ChangeKind     = "ChangeKind"
	Retitle        = "Retitle"
	Assign         = "Assign"
	Join           = "Join"
	Acknowledge    = "Acknowledge"
	AddFollowUp    = "AddFollowUp"
	ChangeFollowUp = "ChangeFollowUp"
	MergeFollowUp  = "MergeFollowUp"
	SnoozeFollowUp = "SnoozeFollowUp"
	HoldReview     = "HoldReview"
	WaiveReview    = "WaiveReview"
	Retry          = "Retry"
	Merge          = "Merge"
	RaisePage      = "RaisePage"
	Capture        = "Capture"
	Nominate       = "Nominate"
	Invite         = "Invite"
	Remove         = "Remove"
	MakePrivate    = "MakePrivate"
	MakePublic     = "MakePublic"
	PauseReminders = "PauseReminders"
	Correct        = "Correct"
)

// ChannelChangedInput is chat's news of an incident's channel.
type ChannelChangedInput struct {
	DeliveryID string `json:"delivery_id"`
	Channel    string `json:"channel"`
	// Archived and Deleted say what was done by hand; Unarchived that it was taken back.
	Archived   bool           `json:"archived,omitempty"`
	Unarchived bool           `json:"unarchived,omitempty"`
	Deleted    bool           `json:"deleted,omitempty"`
	Name       string         `json:"name,omitempty"` // set when it was renamed
	Actor      incident.Actor `json:"actor,omitzero"`
}

// AbsorbInput is what an incident takes over from one that was merged into it.
type AbsorbInput struct {
	From       int                  `json:"from"`
	Title      string               `json:"title,omitempty"` // empty for a private one
	Channel    incident.ChannelRef  `json:"channel,omitzero"`
	Tracker    incident.IssueRef    `json:"tracker,omitzero"`
	Responders []incident.Responder `json:"responders,omitempty"`
	FollowUps  []incident.FollowUp  `json:"follow_ups,omitempty"`
	// Kept is how many open follow-ups stay with a private one.
	Kept     int            `json:"kept,omitempty"`
	AlertKey string         `json:"alert_key,omitempty"`
	Actor    incident.Actor `json:"actor,omitzero"`
	// Hops counts how often it was passed on, since the target was itself merged by then.
	Hops int `json:"hops,omitempty"`
}

// FollowUpReport is what a FollowUp tells its incident.
type FollowUpReport struct {
	Number int                     `json:"number"`
	Title  string                  `json:"title,omitempty"`
	Status incident.FollowUpStatus `json:"status"`
	Owner  string                  `json:"owner,omitempty"`
	Due    incident.Date           `json:"due,omitempty"`
	Reason string                  `json:"reason,omitempty"`
	Issue  incident.IssueRef       `json:"issue,omitzero"`
	Actor  incident.Actor          `json:"actor,omitzero"`
	// Revision is the incident's revision that this report has seen.
	Revision int             `json:"revision"`
	Snags    []incident.Snag `json:"snags,omitempty"`
}

// ReviewReport is what a Review tells its incident.
type ReviewReport struct {
	Number int                   `json:"number"`
	Status incident.ReviewStatus `json:"status"`
	At     time.Time             `json:"at,omitzero"`
	Issue  incident.IssueRef     `json:"issue,omitzero"`
	Snags  []incident.Snag       `json:"snags,omitempty"`
	// Revision is the incident's revision that this report has seen.
	Revision int `json:"revision"`
}

// Signals to an Incident that are no commands.
const (
	PageReported     = "PageReported"     // from its Page: incident.PageReport
	FollowUpReported = "FollowUpReported" // from its FollowUp: FollowUpReport
	ReviewReported   = "ReviewReported"   // from its Review: ReviewReport
	MessageChanged   = "MessageChanged"   // from chat: incident.MessageChange
	ChannelChanged   = "ChannelChanged"   // from chat: ChannelChangedInput
	Repeated         = "Repeated"         // from Register, its alert key was declared again: incident.Repetition
	Absorb           = "Absorb"           // from the one that was merged into it: AbsorbInput
)
