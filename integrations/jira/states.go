package jira

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"muster/incident"
	"muster/integrations/fault"
)

// maxBulk is how many issues one bulk fetch takes.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/#api-rest-api-2-issue-bulkfetch-post
const maxBulk = 100

const opStates = "issue.states"

// IssueStates reads the issues' states from Jira's database, not from its search index. It
// answers one state per key or ID, in their order. An issue that was moved to another project
// is found under its ID and its old key, and shows its new key. One that Jira does not show is
// Unseen under what was asked for, and one that Jira failed to read is Unread.
func (c *Client) IssueStates(ctx context.Context, keys []string) ([]incident.IssueState, error) {
	states := make([]incident.IssueState, 0, len(keys))
	if len(keys) == 0 {
		return states, nil
	}
	read, err := c.readIssues(ctx, opStates, keys, stateFields, false)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		issue := read.issue(key)
		if issue == nil && !read.failed[key] && !isID(key) && issueKey.MatchString(key) && c.cloud {
			// An issue that was moved is known by its old key to whoever asks for it alone.
			if issue, err = c.issueOrNone(ctx, opStates, key, stateFields, false); err != nil {
				return nil, err
			}
		}
		switch {
		case issue != nil:
			state := issue.state(c.users.email)
			state.URL = c.browseURL(ctx, state.Key)
			states = append(states, state)
		case read.failed[key]:
			states = append(states, incident.IssueState{Key: key, Unread: true})
		default:
			states = append(states, incident.IssueState{Key: key, Unseen: true})
		}
	}
	return states, nil
}

// isID tells an issue's ID, which is a number, from its key.
func isID(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// reading is what came of reading several issues. What is neither found nor failed was not shown.
type reading struct {
	found  []wireIssue
	asked  map[string]*wireIssue // by an old key that was asked for
	failed map[string]bool       // as it was asked for
}

func (r *reading) issue(key string) *wireIssue {
	if moved := r.asked[key]; moved != nil {
		return moved
	}
	k := slices.IndexFunc(r.found, func(i wireIssue) bool { return i.ID == key || strings.EqualFold(i.Key, key) })
	if k < 0 {
		return nil
	}
	return &r.found[k]
}

// readIssues reads issues by key or ID.
func (c *Client) readIssues(ctx context.Context, op string, keys, fields []string, property bool) (*reading, error) {
	var valid []string
	for _, k := range keys {
		if issueKey.MatchString(k) && !slices.Contains(valid, k) {
			valid = append(valid, k)
		}
	}
	out := &reading{failed: map[string]bool{}, asked: map[string]*wireIssue{}}
	if !c.cloud {
		return out, c.readEach(ctx, op, valid, fields, property, out)
	}
	for chunk := range slices.Chunk(valid, maxBulk) {
		if err := c.bulkFetch(ctx, op, chunk, fields, property, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bulkFetch reads up to maxBulk issues. Those that Jira does not show are not in its answer; issueErrors
// names those that could not be read this time, by ID: see BulkIssueResults in Jira's description.
func (c *Client) bulkFetch(ctx context.Context, op string, keys, fields []string, property bool, out *reading) error {
	body := map[string]any{"issueIdsOrKeys": keys, "fields": fields}
	if property {
		body["properties"] = []string{propertyKey}
	}
	var answer struct {
		Issues *[]wireIssue `json:"issues"`
		Errors []struct {
			ID string `json:"id"`
		} `json:"issueErrors"`
	}
	if err := c.do(ctx, call{op: op, method: http.MethodPost, path: "issue/bulkfetch", body: body, out: &answer}); err != nil {
		return err
	}
	if answer.Issues == nil {
		// Taking {} for "none of them is shown" would worry everybody at once.
		return &fault.Error{Vendor: vendorName, Operation: op, Class: fault.Retryable, Reason: "answer holds no list of issues"}
	}
	out.found = append(out.found, *answer.Issues...)
	if len(answer.Errors) == 0 {
		return nil
	}
	for _, e := range answer.Errors {
		out.failed[e.ID] = true
	}
	// An error names an ID, which cannot be told from a key that was asked for: then every issue that is
	// not there may be the one.
	for _, key := range keys {
		if !isID(key) && out.issue(key) == nil {
			out.failed[key] = true
		}
	}
	return nil
}

// readEach is Data Center's way, which has no bulk fetch. (A search by keys fails as a whole
// when one of them does not exist.)
func (c *Client) readEach(ctx context.Context, op string, keys, fields []string, property bool, out *reading) error {
	for _, k := range keys {
		issue, err := c.issueOrNone(ctx, op, k, fields, property)
		if err != nil {
			return err
		}
		if issue == nil {
			continue
		}
		out.asked[k] = issue
		out.found = append(out.found, *issue)
	}
	return nil
}

// issueOrNone reads one issue; nil means that Jira shows none.
func (c *Client) issueOrNone(ctx context.Context, op, key string, fields []string, property bool) (*wireIssue, error) {
	issue, err := c.getIssueWith(ctx, op, key, fields, property)
	if fault.Means(err, fault.Unseen) {
		return nil, nil
	}
	return issue, err
}
