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
// answers one state per key, in the order of keys. An issue that was moved to another project
// is found under its old key and shows its new one; one that does not exist, or that the
// account may not see, is Missing under the key that was asked for.
func (c *Client) IssueStates(ctx context.Context, keys []string) ([]incident.IssueState, error) {
	states := make([]incident.IssueState, 0, len(keys))
	if len(keys) == 0 {
		return states, nil
	}
	found, missing, err := c.readIssues(ctx, opStates, keys, stateFields, false)
	if err != nil {
		return nil, err
	}
	absent := make(map[string]bool, len(missing))
	for _, k := range missing {
		absent[strings.ToUpper(k)] = true
	}
	byName := make(map[string]*wireIssue, 2*len(found))
	for i := range found {
		byName[found[i].ID] = &found[i]
		byName[strings.ToUpper(found[i].Key)] = &found[i]
	}
	for _, key := range keys {
		issue := byName[strings.ToUpper(key)]
		if issue == nil && !absent[strings.ToUpper(key)] {
			// Neither there nor reported as an error: it was moved, or the answer is incomplete.
			if issue, err = c.issueOrNone(ctx, opStates, key, stateFields, false); err != nil {
				return nil, err
			}
		}
		if issue == nil {
			states = append(states, incident.IssueState{Key: key, Missing: true})
			continue
		}
		states = append(states, issue.state(c.users.email))
	}
	return states, nil
}

// readIssues reads issues by key or ID in no particular order, and says which ones Jira
// reported missing. Keys that are none count as missing.
func (c *Client) readIssues(ctx context.Context, op string, keys, fields []string, property bool) ([]wireIssue, []string, error) {
	var valid, missing []string
	seen := make(map[string]bool, len(keys))
	for _, k := range keys {
		switch {
		case seen[k]:
		case issueKey.MatchString(k):
			valid = append(valid, k)
		default:
			missing = append(missing, k)
		}
		seen[k] = true
	}
	if !c.cloud {
		found, gone, err := c.readEach(ctx, op, valid, fields, property)
		return found, append(missing, gone...), err
	}
	var found []wireIssue
	for chunk := range slices.Chunk(valid, maxBulk) {
		issues, gone, err := c.bulkFetch(ctx, op, chunk, fields, property)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, issues...)
		missing = append(missing, gone...)
	}
	return found, missing, nil
}

func (c *Client) bulkFetch(ctx context.Context, op string, keys, fields []string, property bool) ([]wireIssue, []string, error) {
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
		return nil, nil, err
	}
	if answer.Issues == nil {
		// Taking {} for "none of them exists" would end every follow-up at once.
		return nil, nil, &fault.Error{Vendor: vendorName, Operation: op, Class: fault.Retryable, Reason: "answer holds no list of issues"}
	}
	var missing []string
	for _, e := range answer.Errors {
		missing = append(missing, e.ID)
	}
	return *answer.Issues, missing, nil
}

// readEach is Data Center's way, which has no bulk fetch. (A search by keys fails as a whole
// when one of them does not exist.)
func (c *Client) readEach(ctx context.Context, op string, keys, fields []string, property bool) ([]wireIssue, []string, error) {
	var found []wireIssue
	var missing []string
	for _, k := range keys {
		issue, err := c.issueOrNone(ctx, op, k, fields, property)
		switch {
		case err != nil:
			return nil, nil, err
		case issue == nil:
			missing = append(missing, k)
		default:
			// A moved issue is known by the key that was asked for, too.
			if !strings.EqualFold(issue.Key, k) && issue.ID != k {
				continue
			}
			found = append(found, *issue)
		}
	}
	return found, missing, nil
}

// issueOrNone reads one issue; nil means that Jira has none.
func (c *Client) issueOrNone(ctx context.Context, op, key string, fields []string, property bool) (*wireIssue, error) {
	issue, err := c.getIssueWith(ctx, op, key, fields, property)
	if fault.IsClass(err, fault.Gone) {
		return nil, nil
	}
	return issue, err
}
