package jira

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"muster/incident"
	"muster/integrations/fault"
)

// UpdateIssue makes an existing issue as it should be: summary, description, labels, due date,
// owner, priority and components. It sets state, so calling it twice changes nothing more. What is
// empty in issue is left as it is in Jira (the owner unless it is Unassigned), and so are labels and components that Muster did not put
// there, type, parent and the playbook's fields. Labels in issue.Unlabels are taken off by the
// request that adds the others. What the issue can do without and Jira will not take is left off,
// and told in the answer. An owner whom Jira does not know changes nothing.
// A deleted issue is a *fault.Error of class Gone.
func (c *Client) UpdateIssue(ctx context.Context, key string, issue incident.Issue) ([]incident.LeftOff, error) {
	path, err := issuePath(opUpdate, key, "")
	if err != nil {
		return nil, err
	}
	fields, err := c.updateFields(ctx, issue)
	if err != nil {
		return nil, err
	}
	body := payload{Fields: fields, Update: map[string][]map[string]any{}}
	if labels := relabel(issue); len(labels) > 0 {
		body.Update["labels"] = labels
	}
	for _, component := range namedList(issue.Components) {
		body.Update["components"] = append(body.Update["components"], map[string]any{"add": component})
	}
	if body.empty() {
		return nil, nil
	}
	return c.write(ctx, opUpdate, body, func() error {
		return c.do(ctx, call{op: opUpdate, method: http.MethodPut, path: path, body: body})
	})
}

// relabel lists what is done to an issue's labels: first those go that hold no more.
func relabel(issue incident.Issue) []map[string]any {
	wanted := labelsOf(issue.Key, issue.Labels)
	var verbs []map[string]any
	for _, label := range labelsOf("", issue.Unlabels) {
		if !slices.Contains(wanted, label) {
			verbs = append(verbs, map[string]any{"remove": label})
		}
	}
	for _, label := range wanted {
		verbs = append(verbs, map[string]any{"add": label})
	}
	return verbs
}

func (c *Client) updateFields(ctx context.Context, issue incident.Issue) (map[string]any, error) {
	fields := map[string]any{}
	if s := summaryLine(issue.Summary); s != "" {
		fields["summary"] = s
	}
	if text := markup(issue.Description, issue.Links); text != "" {
		fields["description"] = text
	}
	if issue.Due != "" {
		fields["duedate"] = string(issue.Due)
	}
	if issue.Priority != "" {
		fields["priority"] = map[string]any{"name": issue.Priority}
	}
	owner, err := c.ownerField(ctx, issue.Owner)
	if err != nil {
		return nil, err
	}
	switch {
	case owner != nil:
		fields["assignee"] = owner
	case issue.Unassigned:
		fields["assignee"] = c.site.person("")
	}
	return fields, nil
}

const opLink = "remotelink.set"

// LinkURL shows a web link on an issue. The same globalID (at most 255 characters) updates the
// link instead of adding another one, so it may be called again at any time.
func (c *Client) LinkURL(ctx context.Context, key, globalID string, link incident.Link) error {
	path, err := issuePath(opLink, key, "/remotelink")
	if err != nil {
		return err
	}
	target, ok := linkTarget(link.URL)
	if globalID == "" || !ok {
		// Without a global ID each call would add a link.
		return &fault.Error{Vendor: vendorName, Operation: opLink, Class: fault.Permanent, Reason: "a link needs a global id and a web address"}
	}
	title := summaryLine(link.Label)
	if title == "" {
		title = target
	}
	// The raw address goes in: a remote link is no markup.
	body := map[string]any{"globalId": incident.Clip(globalID, 255), "object": map[string]any{"url": link.URL, "title": title}}
	var made struct {
		ID int64 `json:"id"`
	}
	if err := c.do(ctx, call{op: opLink, method: http.MethodPost, path: path, body: body, out: &made}); err != nil {
		return err
	}
	if made.ID == 0 {
		return noID(opLink)
	}
	return nil
}

const (
	opComment = "comment.add"
	// A comment is looked for among the newest ones only: it was tried minutes ago, not months.
	commentPage  = 100
	commentPages = 5
)

// Comment adds a comment, one paragraph per element of text. The comment carries commentKey as
// its entity property muster.key, set by the same request; with look, a comment that carries
// it already (among the newest 500) is enough.
func (c *Client) Comment(ctx context.Context, key, commentKey string, text []string, look bool) error {
	path, err := issuePath(opComment, key, "/comment")
	if err != nil {
		return err
	}
	body := markup(text, nil)
	if commentKey == "" || body == "" {
		return &fault.Error{Vendor: vendorName, Operation: opComment, Class: fault.Permanent, Reason: "the comment has no key or no text"}
	}
	if look {
		found, err := c.hasComment(ctx, path, commentKey)
		if err != nil || found {
			return err
		}
	}
	var made struct {
		ID string `json:"id"`
	}
	comment := map[string]any{"body": body, "properties": []entityProperty{{Key: propertyKey, Value: commentKey}}}
	if err := c.do(ctx, call{op: opComment, method: http.MethodPost, path: path, body: comment, out: &made}); err != nil {
		return err
	}
	if made.ID == "" {
		return noID(opComment)
	}
	return nil
}

func (c *Client) hasComment(ctx context.Context, path, commentKey string) (bool, error) {
	for page := range commentPages {
		query := map[string][]string{
			"orderBy": {"-created"}, "expand": {"properties"},
			"maxResults": {strconv.Itoa(commentPage)}, "startAt": {strconv.Itoa(page * commentPage)},
		}
		var answer struct {
			Comments *[]struct {
				Properties []struct {
					Key   string `json:"key"`
					Value any    `json:"value"`
				} `json:"properties"`
			} `json:"comments"`
			Total int `json:"total"`
		}
		if err := c.do(ctx, call{op: "comment.list", method: http.MethodGet, path: path, query: query, out: &answer}); err != nil {
			return false, err
		}
		if answer.Comments == nil {
			return false, &fault.Error{Vendor: vendorName, Operation: "comment.list", Class: fault.Retryable, Reason: "answer holds no list of comments"}
		}
		for _, comment := range *answer.Comments {
			for _, p := range comment.Properties {
				if p.Key == propertyKey && p.Value == commentKey {
					return true, nil
				}
			}
		}
		if (page+1)*commentPage >= answer.Total {
			return false, nil
		}
	}
	return false, nil
}
