package jira

import (
	"context"
	"errors"
	"net/http"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	opCreate = "issue.create"
	opUpdate = "issue.update"
)

// CreateIssue creates an issue that carries issue.Key as a label (see Label) and, in full, as
// the entity property muster.key, both set by the same request. With look it first looks for
// an issue with that key: among the parent's sub-tasks, which is exact, and what is no sub-task
// by label in the search index, which lags (see Options.SearchLagWait). Jira has no idempotent
// create, so two holes are left: an index that lags longer than that wait, and a request that
// was given up here and lands at Jira after the look-up.
//
// An owner whom Jira does not know, or will not assign, leaves the issue unassigned, and that
// is no error. Every error is a *fault.Error; after a Retryable one the issue may exist, so
// the next attempt must look.
func (c *Client) CreateIssue(ctx context.Context, issue incident.Issue, look bool) (incident.IssueRef, error) {
	if err := complete(issue); err != nil {
		return incident.IssueRef{}, err
	}
	if look {
		ref, found, err := c.findIssue(ctx, issue)
		if err != nil || found {
			return ref, err
		}
	}
	fields, err := c.createFields(ctx, issue)
	if err != nil {
		return incident.IssueRef{}, err
	}
	ref, err := c.postIssue(ctx, issue.Key, fields)
	if fields["assignee"] != nil && refusedField(err, "assignee") {
		// A 400 created nothing, so asking once more makes no second issue.
		c.log.InfoContext(ctx, "jira: the owner cannot be assigned, creating without", "project", issue.Project, "error", err)
		delete(fields, "assignee")
		ref, err = c.postIssue(ctx, issue.Key, fields)
	}
	return ref, err
}

func complete(issue incident.Issue) error {
	missing, mend := "", ""
	switch {
	case issue.Key == "":
		missing = "key"
	case issue.Project == "":
		missing, mend = "project", "set tracker.project in the playbook"
	case issue.Type == "":
		missing, mend = "issue type", "set tracker.incident_type, tracker.follow_up_type and tracker.review_type in the playbook"
	case incident.CleanLine(issue.Summary) == "":
		missing = "summary"
	case issue.Parent != "" && !issueKey.MatchString(issue.Parent):
		missing = "valid parent key"
	default:
		return nil
	}
	return &fault.Error{Vendor: vendorName, Operation: opCreate, Class: fault.Permanent, Reason: "the issue has no " + missing, Mend: mend}
}

// refusedField reports whether Jira refused a call because of the field.
func refusedField(err error, field string) bool {
	var r *refusal
	e, ok := fault.As(err)
	return ok && e.Status == http.StatusBadRequest && errors.As(e.Err, &r) && r.names(field)
}

func (c *Client) createFields(ctx context.Context, issue incident.Issue) (map[string]any, error) {
	fields := map[string]any{
		"project":   map[string]any{"key": issue.Project},
		"issuetype": map[string]any{"name": issue.Type},
		"summary":   summaryLine(issue.Summary),
		"labels":    labelsOf(issue.Key, issue.Labels),
	}
	if text := markup(issue.Description, issue.Links); text != "" {
		fields["description"] = text
	}
	if issue.Parent != "" {
		fields["parent"] = map[string]any{"key": issue.Parent}
	}
	if issue.Due != "" {
		fields["duedate"] = string(issue.Due)
	}
	owner, err := c.ownerField(ctx, issue.Owner)
	if err != nil {
		return nil, err
	}
	if owner != nil {
		fields["assignee"] = owner
	}
	if err := c.addFields(ctx, fields, issue.Fields); err != nil {
		return nil, err
	}
	return fields, nil
}

type entityProperty struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

func (c *Client) postIssue(ctx context.Context, key string, fields map[string]any) (incident.IssueRef, error) {
	body := struct {
		Fields     map[string]any   `json:"fields"`
		Properties []entityProperty `json:"properties"`
	}{fields, []entityProperty{{Key: propertyKey, Value: key}}}
	var made struct {
		ID  string `json:"id"`
		Key string `json:"key"`
	}
	if err := c.do(ctx, call{op: opCreate, method: http.MethodPost, path: "issue", body: body, out: &made}); err != nil {
		return incident.IssueRef{}, err
	}
	if made.ID == "" || made.Key == "" {
		return incident.IssueRef{}, noID(opCreate)
	}
	return incident.IssueRef{ID: made.ID, Key: made.Key, URL: c.browseURL(ctx, made.Key)}, nil
}
