package activities

import (
	"context"
	"fmt"
	"time"

	"muster/incident"
)

// IssueTracker is a tracker as the activities need it.
type IssueTracker interface {
	CreateIssue(ctx context.Context, issue incident.Issue, look bool) (incident.IssueWritten, error)
	// UpdateIssue tells which fields the tracker would not take.
	UpdateIssue(ctx context.Context, key string, issue incident.Issue) ([]incident.LeftOff, error)
	// LinkDuplicate says on both issues that one is a duplicate of the other.
	LinkDuplicate(ctx context.Context, duplicate, of string) error
	MoveIssue(ctx context.Context, key string, goal incident.Goal, prefer []string, resolution string) (incident.IssueState, error)
	// IssueStates answers one state per key or ID, in their order; an issue that was moved shows its new key.
	IssueStates(ctx context.Context, keys []string) ([]incident.IssueState, error)
	// Label is what an issue carries of the key that it was made with.
	Label(key string) string
	// ChangedIssues answers the issues that changed within that time before now, in that order: those of the
	// projects, and those that carry Muster's label wherever they are. more says that there are others.
	ChangedIssues(ctx context.Context, projects []string, within time.Duration) (found []incident.LabelledIssue, more bool, err error)
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

// CreateIssue makes an issue, once. Fields that the tracker would not take are told.
func (t *Tracker) CreateIssue(ctx context.Context, in CreateIssueInput) (incident.IssueWritten, error) {
	if t.Issues == nil {
		return incident.IssueWritten{}, off(ctx, "jira", trackerMend)
	}
	made, err := t.Issues.CreateIssue(ctx, in.Issue, look(ctx, in.Tried))
	return made, applicationError(ctx, err)
}

// UpdateIssueInput says how an issue should be.
type UpdateIssueInput struct {
	Key   string         `json:"key"`
	Issue incident.Issue `json:"issue"`
}

// UpdateIssue sets an issue's fields, and tells which of them the tracker would not take.
func (t *Tracker) UpdateIssue(ctx context.Context, in UpdateIssueInput) ([]incident.LeftOff, error) {
	if t.Issues == nil {
		return nil, off(ctx, "jira", trackerMend)
	}
	left, err := t.Issues.UpdateIssue(ctx, in.Key, in.Issue)
	return left, applicationError(ctx, err)
}

// LinkDuplicateInput names two issues by their keys.
type LinkDuplicateInput struct {
	Duplicate string `json:"duplicate"`
	Of        string `json:"of"`
}

// LinkDuplicate links an issue to the one of which it is a duplicate.
func (t *Tracker) LinkDuplicate(ctx context.Context, in LinkDuplicateInput) error {
	if t.Issues == nil {
		return off(ctx, "jira", trackerMend)
	}
	return applicationError(ctx, t.Issues.LinkDuplicate(ctx, in.Duplicate, in.Of))
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
		return incident.IssueState{}, off(ctx, "jira", trackerMend)
	}
	s, err := t.Issues.MoveIssue(ctx, in.Key, in.Goal, in.Prefer, in.Resolution)
	return s, applicationError(ctx, err)
}

// ReadIssuesInput names issues by key or ID.
type ReadIssuesInput struct {
	Keys []string `json:"keys"`
}

// ReadIssues says how issues are, one state for each key and in their order. One that could not be read is
// a failure that time may mend.
func (t *Tracker) ReadIssues(ctx context.Context, in ReadIssuesInput) ([]incident.IssueState, error) {
	if t.Issues == nil {
		return nil, off(ctx, "jira", trackerMend)
	}
	states, err := t.Issues.IssueStates(ctx, in.Keys)
	if err != nil {
		return nil, applicationError(ctx, err)
	}
	for _, s := range states {
		if s.Unread {
			return nil, applicationError(ctx, fmt.Errorf("%s could not be read", s.Key))
		}
	}
	if len(states) != len(in.Keys) {
		return nil, applicationError(ctx, fmt.Errorf("%d states of %d issues", len(states), len(in.Keys)))
	}
	return states, nil
}
