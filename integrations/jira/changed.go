package jira

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	opChanged = "issue.changed"
	// changedPage and changedPages bound what one search for changes reads.
	changedPage  = 100
	changedPages = 50
)

// commonLabel is on every issue that Muster made, so that one is found wherever people move it.
const commonLabel = "muster"

// ChangedIssues searches for the issues that changed within the last minutes that within rounds up to:
// those of the projects, and those that carry Muster's label wherever they are now. They come as they were
// when the index saw them, which may be minutes ago, in the order in which they changed. more is true when
// there are others, which changed later than the last one. A project that does not exist, or may not be
// browsed, is left out.
//
// The window is written as an age, since a date would be read in the account's own time zone.
// https://support.atlassian.com/jira-software-cloud/docs/jql-fields/#Updated
func (c *Client) ChangedIssues(ctx context.Context, projects []string, within time.Duration) (found []incident.LabelledIssue, more bool, err error) {
	where := "labels = " + quoteJQL(commonLabel)
	if len(projects) > 0 {
		quoted := make([]string, len(projects))
		for k, p := range projects {
			quoted[k] = quoteJQL(p)
		}
		where = fmt.Sprintf("(%s OR project in (%s))", where, strings.Join(quoted, ", "))
	}
	minutes := max(int(math.Ceil(within.Minutes())), 1)
	found, more, err = c.changed(ctx, fmt.Sprintf(`%s AND updated >= "-%dm" ORDER BY updated ASC`, where, minutes))
	if e, ok := fault.As(err); ok && len(projects) > 0 && e.Status == http.StatusBadRequest {
		c.log.WarnContext(ctx, "jira: changes are searched for without the playbook's projects", "projects", projects, "error", err)
		return c.ChangedIssues(ctx, nil, within)
	}
	return found, more, err
}

func (c *Client) changed(ctx context.Context, jql string) (found []incident.LabelledIssue, more bool, err error) {
	token := ""
	for range changedPages {
		page, next, err := c.changedPage(ctx, jql, token, len(found))
		if err != nil {
			return nil, false, err
		}
		for k := range page {
			state := page[k].state(c.users.email)
			found = append(found, incident.LabelledIssue{IssueState: state, Labels: page[k].Fields.Labels})
		}
		if token = next; token == "" {
			return found, false, nil
		}
	}
	return found, true, nil
}

// changedPage reads one page. Cloud leads to the next one by a token, Data Center by a number.
func (c *Client) changedPage(ctx context.Context, jql, token string, start int) (page []wireIssue, next string, err error) {
	body := map[string]any{"jql": jql, "fields": append(slices.Clone(stateFields), "labels"), "maxResults": changedPage}
	path := "search"
	switch {
	case !c.cloud:
		body["startAt"] = start
	case token != "":
		body["nextPageToken"] = token
		fallthrough
	default:
		path = "search/jql"
	}
	var answer struct {
		Issues *[]wireIssue `json:"issues"`
		Next   string       `json:"nextPageToken"`
		Total  int          `json:"total"`
	}
	if err := c.do(ctx, call{op: opChanged, method: http.MethodPost, path: path, body: body, out: &answer}); err != nil {
		return nil, "", err
	}
	if answer.Issues == nil {
		return nil, "", &fault.Error{Vendor: vendorName, Operation: opChanged, Class: fault.Retryable, Reason: "answer holds no list of issues"}
	}
	page, next = *answer.Issues, answer.Next
	if !c.cloud && len(page) > 0 && start+len(page) < answer.Total {
		next = "more"
	}
	return page, next, nil
}
