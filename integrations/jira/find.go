package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	opFind = "issue.find"
	// maxSearch bounds the issues that one look-up considers. More than one is a duplicate or a
	// person's copy already.
	maxSearch = 50
)

// findIssue looks for the issue that carries the key.
func (c *Client) findIssue(ctx context.Context, issue incident.Issue, kind issueKind) (incident.IssueRef, bool, error) {
	if issue.Parent != "" {
		ref, found, all, err := c.findSubtask(ctx, issue)
		if err != nil || found {
			return ref, found, err
		}
		if kind.Subtask && all {
			// The parent lists all of its sub-tasks, so there is nothing to wait for.
			return incident.IssueRef{}, false, nil
		}
	}
	return c.awaitIndexed(ctx, issue, kind)
}

// maxEach is how many sub-tasks are read one by one, where they cannot be read together.
const maxEach = 50

// findSubtask asks the parent, which Jira reads from its database and not from the index. The
// children of an epic are not listed there; those are left to the search, and so are those of a
// parent that has too many to be read one by one. all reports that every sub-task was looked at.
func (c *Client) findSubtask(ctx context.Context, issue incident.Issue) (ref incident.IssueRef, found, all bool, err error) {
	parent, err := c.getIssue(ctx, opFind, issue.Parent, []string{"subtasks"})
	if err != nil {
		return incident.IssueRef{}, false, false, err
	}
	if !c.cloud && len(parent.Fields.Subtasks) > maxEach {
		return incident.IssueRef{}, false, false, nil
	}
	keys := make([]string, 0, len(parent.Fields.Subtasks))
	for _, s := range parent.Fields.Subtasks {
		keys = append(keys, s.Key)
	}
	ref, found, err = c.ownAmong(ctx, issue.Key, keys, false)
	return ref, found, true, err
}

// awaitIndexed searches by label until the issue is found or the wait is over. A wait that the
// context cuts short is an error and no miss: a miss that is believed too early makes a
// duplicate.
func (c *Client) awaitIndexed(ctx context.Context, issue incident.Issue, kind issueKind) (incident.IssueRef, bool, error) {
	jql := fmt.Sprintf("project = %s AND labels = %s", quoteJQL(projectOf(issue, kind)), quoteJQL(Label(issue.Key)))
	wait := c.lookWait(ctx)
	enough := time.NewTimer(wait)
	defer enough.Stop()
	pause := min(max(wait/16, time.Millisecond), time.Second)
	for last := wait <= 0; ; {
		keys, err := c.search(ctx, jql)
		if err != nil {
			return incident.IssueRef{}, false, err
		}
		ref, found, err := c.ownAmong(ctx, issue.Key, keys, true)
		if err != nil || found || last {
			return ref, found, err
		}
		select {
		case <-ctx.Done():
			return incident.IssueRef{}, false, c.unanswered(ctx, opFind, ctx.Err())
		case <-enough.C:
			last = true // one more look, for what was indexed during the pause
		case <-time.After(pause):
			pause = min(pause*2, 5*time.Second)
		}
	}
}

// lookWait is how long to wait for the index. The create that may follow must still fit before
// the caller's deadline: a look-up that used all of the time would never get anywhere, however
// often it was retried. What is left is split so that the create gets the larger part.
func (c *Client) lookWait(ctx context.Context) time.Duration {
	wait := c.lagWait
	if deadline, ok := ctx.Deadline(); ok {
		if room := time.Until(deadline) - min(c.timeout, time.Until(deadline)*2/3); room < wait {
			wait = max(room, 0)
		}
	}
	return wait
}

// ownAmong reads the issues themselves and picks the one with the key. The label alone proves
// nothing: a person who clones an issue copies its labels. Where no candidate has the property
// at all and byLabel says that the label was matched, the oldest one is taken.
func (c *Client) ownAmong(ctx context.Context, key string, keys []string, byLabel bool) (incident.IssueRef, bool, error) {
	if len(keys) == 0 {
		return incident.IssueRef{}, false, nil
	}
	read, err := c.readIssues(ctx, opFind, keys, []string{"labels"}, true)
	if err != nil {
		return incident.IssueRef{}, false, err
	}
	if len(read.failed) > 0 { // it may be the one
		return incident.IssueRef{}, false, &fault.Error{Vendor: vendorName, Operation: opFind, Class: fault.Retryable, Reason: "some issues could not be read"}
	}
	issues := read.found
	own := slices.DeleteFunc(slices.Clone(issues), func(i wireIssue) bool { return i.musterKey() != key })
	if len(own) == 0 && byLabel {
		own = slices.DeleteFunc(issues, func(i wireIssue) bool {
			return i.musterKey() != "" || !slices.Contains(i.Fields.Labels, Label(key))
		})
	}
	if len(own) == 0 {
		return incident.IssueRef{}, false, nil
	}
	slices.SortFunc(own, func(a, b wireIssue) int { return younger(a.ID, b.ID) })
	if len(own) > 1 {
		c.log.WarnContext(ctx, "jira: several issues carry one key, the oldest is used", "muster_key", key, "used", own[0].Key, "issues", len(own))
	}
	return incident.IssueRef{ID: own[0].ID, Key: own[0].Key, URL: c.browseURL(ctx, own[0].Key)}, true, nil
}

func quoteJQL(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// search returns the keys of the issues that the index knows. Cloud and Data Center have
// different searches: /search is gone from Cloud (410), /search/jql is not on Data Center.
func (c *Client) search(ctx context.Context, jql string) ([]string, error) {
	path := "search"
	if c.cloud {
		path = "search/jql"
	}
	body := map[string]any{"jql": jql, "fields": []string{"labels"}, "maxResults": maxSearch}
	var answer struct {
		Issues *[]wireIssue `json:"issues"`
	}
	if err := c.do(ctx, call{op: opFind, method: http.MethodPost, path: path, body: body, out: &answer}); err != nil {
		return nil, err
	}
	if answer.Issues == nil {
		// {} is no answer to a search; taking it for a miss would make a duplicate.
		return nil, &fault.Error{Vendor: vendorName, Operation: opFind, Class: fault.Retryable, Reason: "answer holds no list of issues"}
	}
	var keys []string
	for _, i := range *answer.Issues {
		keys = append(keys, i.Key)
	}
	return keys, nil
}

// getIssue reads one issue from Jira's database.
func (c *Client) getIssue(ctx context.Context, op, key string, fields []string) (*wireIssue, error) {
	return c.getIssueWith(ctx, op, key, fields, false)
}

// getIssueWith reads Muster's property too.
func (c *Client) getIssueWith(ctx context.Context, op, key string, fields []string, property bool) (*wireIssue, error) {
	path, err := issuePath(op, key, "")
	if err != nil {
		return nil, err
	}
	query := url.Values{"fields": {strings.Join(fields, ",")}}
	if property {
		query.Set("properties", propertyKey)
	}
	var issue wireIssue
	if err := c.do(ctx, call{op: op, method: http.MethodGet, path: path, query: query, out: &issue}); err != nil {
		return nil, err
	}
	if issue.ID == "" || issue.Key == "" {
		return nil, &fault.Error{Vendor: vendorName, Operation: op, Class: fault.Retryable, Reason: "answer holds no issue"}
	}
	return &issue, nil
}
