package activities

import (
	"context"

	"muster/incident"
)

// IssueTracker is a tracker as the activities need it.
type IssueTracker interface {
	CreateIssue(ctx context.Context, issue incident.Issue, look bool) (incident.IssueRef, error)
	UpdateIssue(ctx context.Context, key string, issue incident.Issue) error
	MoveIssue(ctx context.Context, key string, goal incident.Goal, prefer []string, resolution string) (incident.IssueState, error)
	// IssueStates answers in the order of keys; an issue that was moved shows its new key.
	// IssueStates answers one state per key, in the order of keys.
	IssueStates(ctx context.Context, keys []string) ([]incident.IssueState, error)
}

// Tracker holds the activities that keep issues.
type Tracker struct {
	// Issues is nil where no tracker is set up.
	Issues IssueTracker
}

const trackerMend = "set JIRA_URL, JIRA_EMAIL and JIRA_TOKEN and start the worker again"

// CreateIssueInput asks for an issue.
type CreateIssueInput struct {
	Issue incident.Issue `json:"issue"`
	Tried bool           `json:"tried,omitempty"`
}

// CreateIssue makes an issue, once.
func (t *Tracker) CreateIssue(ctx context.Context, in CreateIssueInput) (incident.IssueRef, error) {
	if t.Issues == nil {
		return incident.IssueRef{}, off("jira", trackerMend)
	}
	ref, err := t.Issues.CreateIssue(ctx, in.Issue, look(ctx, in.Tried))
	return ref, applicationError(err)
}

// UpdateIssueInput says how an issue should be.
type UpdateIssueInput struct {
	Key   string         `json:"key"`
	Issue incident.Issue `json:"issue"`
}

// UpdateIssue sets an issue's fields.
func (t *Tracker) UpdateIssue(ctx context.Context, in UpdateIssueInput) error {
	if t.Issues == nil {
		return off("jira", trackerMend)
	}
	return applicationError(t.Issues.UpdateIssue(ctx, in.Key, in.Issue))
}

// MoveIssueInput asks that an issue be finished or open.
type MoveIssueInput struct {
	Key        string        `json:"key"`
	Goal       incident.Goal `json:"goal"`
	Prefer     []string      `json:"prefer,omitempty"`
	Resolution string        `json:"resolution,omitempty"`
}

// MoveIssue moves an issue through the tracker's own workflow.
func (t *Tracker) MoveIssue(ctx context.Context, in MoveIssueInput) (incident.IssueState, error) {
	if t.Issues == nil {
		return incident.IssueState{}, off("jira", trackerMend)
	}
	s, err := t.Issues.MoveIssue(ctx, in.Key, in.Goal, in.Prefer, in.Resolution)
	return s, applicationError(err)
}
