package jira

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muster/incident"
	"muster/integrations/fault"
)

// Finding is one line of a check-up.
type Finding struct {
	// OK reports that all is well with Subject.
	OK bool
	// Warning marks what Muster can live with: the issue lacks something, but it is made.
	Warning bool
	// Subject is what was looked at, such as "issue type Incident".
	Subject string
	// Text says what was found.
	Text string
	// Mend says what a person can do; empty when OK.
	Mend string
}

// neededPermissions are the project permissions that Muster uses, and what fails without them.
var neededPermissions = map[string]string{
	"BROWSE_PROJECTS":   "no issue can be read",
	"CREATE_ISSUES":     "no issue can be created",
	"EDIT_ISSUES":       "no issue can be marked as Muster's or updated",
	"ADD_COMMENTS":      "no comment can be added",
	"TRANSITION_ISSUES": "no issue can be finished or reopened",
	"LINK_ISSUES":       "no link to the chat can be added",
	"ASSIGN_ISSUES":     "issues stay unassigned",
}

// Self reports whether an actor is the account that this client uses. It asks Jira once, and
// says no while Jira does not answer: an event too many harms less than one that is missed.
func (c *Client) Self(ctx context.Context, a Actor) bool {
	if a.Email != "" && c.email != "" {
		return strings.EqualFold(a.Email, c.email)
	}
	if a.AccountID == "" {
		return false
	}
	if me, ok := c.self.Load().(wireUser); ok {
		return c.isMe(me, a)
	}
	var me wireUser
	if err := c.do(ctx, call{op: "myself.get", method: http.MethodGet, path: "myself", out: &me}); err != nil {
		c.log.WarnContext(ctx, "own account is not known", "error", err)
		return false
	}
	c.self.Store(me)
	return c.isMe(me, a)
}

// isMe compares an account with an actor, whom Data Center may name by key, too.
func (c *Client) isMe(me wireUser, a Actor) bool {
	return a.AccountID != "" && (a.AccountID == c.site.id(&me) || a.AccountID == me.Key)
}

// Check looks at what Muster needs in a project: the account, the project, the permissions, the
// issue types (an empty name is skipped) and the fields on their create screens. What is wrong
// with the set-up becomes findings; an error, always a *fault.Error, means that Jira could not
// be asked.
func (c *Client) Check(ctx context.Context, project string, issueTypes []string) ([]Finding, error) {
	var me wireUser
	err := c.do(ctx, call{op: "myself.get", method: http.MethodGet, path: "myself", out: &me})
	if e, ok := fault.As(err); ok && e.Class == fault.Credential {
		return []Finding{{Subject: "account", Text: e.Reason, Mend: e.Mend}}, nil
	}
	if err != nil {
		return nil, err
	}
	findings := []Finding{{OK: true, Subject: "account", Text: "logged in as " + me.DisplayName}}
	var found struct {
		Name string `json:"name"`
	}
	err = c.do(ctx, call{op: "project.get", method: http.MethodGet, path: "project/" + url.PathEscape(project), out: &found})
	if e, ok := fault.As(err); ok && e.Class != fault.Retryable {
		return append(findings, Finding{
			Subject: "project " + project, Text: e.Reason,
			Mend: "set tracker.project in the playbook to the key of a project that Jira's Muster account may browse",
		}), nil
	}
	if err != nil {
		return nil, err
	}
	findings = append(findings, Finding{OK: true, Subject: "project " + project, Text: found.Name})
	for _, check := range []func(context.Context, string, []string) ([]Finding, error){c.checkPermissions, c.checkTypes} {
		more, err := check(ctx, project, issueTypes)
		if err != nil {
			return findings, err
		}
		findings = append(findings, more...)
	}
	return findings, nil
}

func (c *Client) checkPermissions(ctx context.Context, project string, _ []string) ([]Finding, error) {
	names := slices.Sorted(maps.Keys(neededPermissions))
	query := url.Values{"projectKey": {project}}
	if c.cloud { // Data Center answers all of them, unasked
		query.Set("permissions", strings.Join(names, ","))
	}
	var answer struct {
		Permissions map[string]struct {
			Have bool `json:"havePermission"`
		} `json:"permissions"`
	}
	if err := c.do(ctx, call{op: "mypermissions.get", method: http.MethodGet, path: "mypermissions", query: query, out: &answer}); err != nil {
		return nil, err
	}
	var findings []Finding
	for _, name := range names {
		if answer.Permissions[name].Have {
			continue
		}
		findings = append(findings, Finding{
			Warning: name == "ASSIGN_ISSUES" || name == "LINK_ISSUES",
			Subject: "permission " + name, Text: "missing: " + neededPermissions[name],
			Mend: "give it to Jira's Muster account in the permission scheme of project " + project,
		})
	}
	if len(findings) == 0 {
		findings = append(findings, Finding{OK: true, Subject: "permissions", Text: "complete"})
	}
	return findings, nil
}

type metaType struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Subtask bool   `json:"subtask"`
}

type metaField struct {
	ID         string `json:"fieldId"`
	Name       string `json:"name"`
	Required   bool   `json:"required"`
	HasDefault bool   `json:"hasDefaultValue"`
}

func (c *Client) checkTypes(ctx context.Context, project string, wanted []string) ([]Finding, error) {
	path := "issue/createmeta/" + url.PathEscape(project) + "/issuetypes"
	query := url.Values{"maxResults": {"200"}}
	var answer struct {
		Cloud      []metaType `json:"issueTypes"`
		DataCenter []metaType `json:"values"`
	}
	if err := c.do(ctx, call{op: "createmeta.get", method: http.MethodGet, path: path, query: query, out: &answer}); err != nil {
		return nil, err
	}
	types := slices.Concat(answer.Cloud, answer.DataCenter)
	var findings []Finding
	for _, name := range wanted {
		if name == "" {
			continue
		}
		subject := "issue type " + name
		at := slices.IndexFunc(types, func(t metaType) bool { return strings.EqualFold(t.Name, name) })
		if at < 0 {
			findings = append(findings, Finding{
				Subject: subject, Text: "not in project " + project,
				Mend: "use one of these in tracker.incident_type, tracker.follow_up_type and tracker.review_type of the playbook: " + typeNames(types),
			})
			continue
		}
		var meta struct {
			Cloud      []metaField `json:"fields"`
			DataCenter []metaField `json:"values"`
		}
		get := call{op: "createmeta.get", method: http.MethodGet, path: path + "/" + url.PathEscape(types[at].ID), query: query, out: &meta}
		if err := c.do(ctx, get); err != nil {
			return nil, err
		}
		findings = append(findings, checkFields(subject, types[at].Subtask, slices.Concat(meta.Cloud, meta.DataCenter))...)
	}
	return findings, nil
}

func typeNames(types []metaType) string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		names = append(names, t.Name)
	}
	return incident.Clip(strings.Join(names, ", "), maxReason)
}

// checkFields compares a create screen with what Muster sends.
func checkFields(subject string, subtask bool, fields []metaField) []Finding {
	onScreen := map[string]bool{}
	var findings []Finding
	for _, f := range fields {
		onScreen[f.ID] = true
		sent := slices.Contains(ownedFields, f.ID) && f.ID != "duedate" && f.ID != "assignee" && (f.ID != "parent" || subtask)
		if f.Required && !f.HasDefault && !sent && f.ID != "reporter" {
			findings = append(findings, Finding{
				Warning: true, Subject: subject, Text: fmt.Sprintf("field %q (%s) is required", f.Name, f.ID),
				Mend: fmt.Sprintf("fill tracker.fields.%s (tracker.follow_up_fields for a child) in the playbook, if it is not there yet, or make it optional in Jira", f.ID),
			})
		}
	}
	for _, id := range []string{"labels", "description", "duedate", "assignee"} {
		if !onScreen[id] {
			findings = append(findings, Finding{
				Warning: id == "assignee", Subject: subject, Text: ownFieldsNames[id] + " is not on the create screen",
				Mend: offScreenMend(opCreate, id),
			})
		}
	}
	if len(findings) == 0 {
		findings = []Finding{{OK: true, Subject: subject, Text: "usable"}}
	}
	return findings
}
