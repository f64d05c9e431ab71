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
// A child without a type, or of the type "Sub-task" where the project has none of that name, gets
// the one that the project has for children. What an issue can do without and Jira will not take
// (due date, owner, description, priority, components) is left off, and told in the answer. An
// owner whom Jira does not know leaves the issue unassigned. Every error is a *fault.Error; after
// a Retryable one the issue may exist, so the next attempt must look.
func (c *Client) CreateIssue(ctx context.Context, issue incident.Issue, look bool) (incident.IssueWritten, error) {
	if err := complete(issue); err != nil {
		return incident.IssueWritten{}, err
	}
	kind, err := c.kindOf(ctx, issue)
	if err != nil {
		return incident.IssueWritten{}, err
	}
	if look {
		if made, found, err := c.findMade(ctx, issue, kind); err != nil || found {
			return made, err
		}
	}
	made, err := c.createAs(ctx, issue, kind)
	if anyChild(issue) && kind.Subtask && misplaced(err) {
		kinds, _ := c.kinds(ctx, issue.Project)
		other, unfit := c.kindBelow(ctx, issue, kinds)
		if unfit != nil || other.Subtask {
			return made, err
		}
		if look { // only sub-tasks were looked for
			if made, found, err := c.findMade(ctx, issue, other); err != nil || found {
				return made, err
			}
		}
		made, err = c.createAs(ctx, issue, other)
	}
	return made, err
}

// findMade looks for the issue that an earlier attempt may have made. It says what was true then.
func (c *Client) findMade(ctx context.Context, issue incident.Issue, kind issueKind) (incident.IssueWritten, bool, error) {
	ref, found, err := c.findIssue(ctx, issue, kind)
	if err != nil || !found {
		return incident.IssueWritten{}, false, err
	}
	return incident.IssueWritten{IssueRef: ref, Found: true, State: c.asMade(ctx, ref.ID)}, true, nil
}

func (c *Client) createAs(ctx context.Context, issue incident.Issue, kind issueKind) (incident.IssueWritten, error) {
	fields, err := c.createFields(ctx, issue, kind)
	if err != nil {
		return incident.IssueWritten{}, err
	}
	var made incident.IssueWritten
	p := payload{Fields: fields, Properties: []entityProperty{{Key: propertyKey, Value: issue.Key}}}
	made.LeftOff, err = c.write(ctx, opCreate, p, func() error {
		made.IssueRef, err = c.postIssue(ctx, p)
		return err
	})
	if err == nil {
		made.State = c.asMade(ctx, made.ID)
	}
	return made, err
}

// asMade reads an issue that was made: projects assign a lead and the like by themselves, which must
// not be taken for what people have changed later. Without an answer that is not known.
func (c *Client) asMade(ctx context.Context, id string) incident.IssueState {
	issue, err := c.getIssue(ctx, opCreate, id, stateFields)
	if err != nil {
		c.log.InfoContext(ctx, "jira: the new issue could not be read", "issue", id, "error", err)
		return incident.IssueState{}
	}
	return issue.state(c.users.email)
}

func complete(issue incident.Issue) error {
	missing, mend := "", ""
	switch {
	case issue.Key == "":
		missing = "key"
	case issue.Project == "":
		missing, mend = "project", "set tracker.project in the playbook"
	case issue.Type == "" && issue.Parent == "":
		missing, mend = "issue type", "set tracker.incident_type in the playbook"
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

func (c *Client) createFields(ctx context.Context, issue incident.Issue, kind issueKind) (map[string]any, error) {
	fields := map[string]any{
		"project":   map[string]any{"key": projectOf(issue, kind)},
		"issuetype": kind.field(),
		"summary":   summaryLine(issue.Summary),
		"labels":    labelsOf(issue.Key, issue.Labels),
	}
	if text := markup(issue.Description, issue.Links); text != "" {
		fields["description"] = text
	}
	if issue.Parent != "" {
		if err := c.putParent(ctx, fields, issue.Parent, kind); err != nil {
			return nil, err
		}
	}
	if issue.Due != "" {
		fields["duedate"] = string(issue.Due)
	}
	if issue.Priority != "" {
		fields["priority"] = map[string]any{"name": issue.Priority}
	}
	if len(issue.Components) > 0 {
		fields["components"] = namedList(issue.Components)
	}
	if issue.Security != "" && !kind.Subtask { // which has its parent's
		fields["security"] = map[string]any{"name": issue.Security}
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

func namedList(names []string) []map[string]any {
	list := make([]map[string]any, 0, len(names))
	for _, n := range names {
		list = append(list, map[string]any{"name": n})
	}
	return list
}

// putParent places a child below its parent. A sub-task names it on Jira Cloud and Data Center
// alike; for the child of an epic they differ.
func (c *Client) putParent(ctx context.Context, fields map[string]any, parent string, kind issueKind) error {
	if kind.Subtask || c.site.parentOfAll() {
		fields["parent"] = map[string]any{"key": parent}
		return nil
	}
	link, err := c.epicLink(ctx)
	if err != nil {
		return err
	}
	fields[link] = parent
	return nil
}

type entityProperty struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

func (c *Client) postIssue(ctx context.Context, body payload) (incident.IssueRef, error) {
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
