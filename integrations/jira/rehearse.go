package jira

import (
	"context"

	"muster/incident"
)

// FindIssue looks for the issue with the key of issue as CreateIssue does, and makes none. Its error is
// always a *fault.Error.
func (c *Client) FindIssue(ctx context.Context, issue incident.Issue) (ref incident.IssueRef, found bool, err error) {
	if err := complete(issue); err != nil {
		return incident.IssueRef{}, false, err
	}
	kind, err := c.kindOf(ctx, issue)
	if err != nil {
		return incident.IssueRef{}, false, err
	}
	return c.findIssue(ctx, issue, kind)
}
