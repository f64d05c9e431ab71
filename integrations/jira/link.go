package jira

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"muster/integrations/fault"
)

const (
	opDuplicate = "issuelink.add"
	// linkDuplicate is the type of link that every Jira brings with it. On the duplicate it reads
	// "duplicates", on the other issue "is duplicated by".
	linkDuplicate = "Duplicate"
)

// LinkDuplicate says on two issues that one is a duplicate of the other; saying it again changes
// nothing. A site without that type of link, one whose links are off, and an account without the
// permission are Permanent: the issues are as good without.
func (c *Client) LinkDuplicate(ctx context.Context, duplicate, of string) error {
	path, err := issuePath(opDuplicate, duplicate, "")
	if err != nil {
		return err
	}
	if _, err := issuePath(opDuplicate, of, ""); err != nil {
		return err
	}
	if !c.site.equalLinks() {
		linked, err := c.duplicates(ctx, path, of)
		if err != nil || linked {
			return err
		}
	}
	body := map[string]any{
		"type":         map[string]any{"name": linkDuplicate},
		"inwardIssue":  map[string]any{"key": duplicate},
		"outwardIssue": map[string]any{"key": of},
	}
	err = c.do(ctx, call{op: opDuplicate, method: http.MethodPost, path: "issueLink", body: body})
	if e, ok := fault.As(err); ok && mayNotLink(e) {
		// Jira says 401 to an account that it knows and that may not link, which is no matter of
		// its token. https://github.com/pycontribs/jira/issues/1296
		e.Class, e.Meaning = fault.Permanent, fault.NotAllowed
		e.Mend = "give Jira's Muster account the permission Link issues"
	}
	return err
}

func mayNotLink(e *fault.Error) bool {
	return (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) && strings.Contains(e.Reason, "Link Issue Permission")
}

// wireLink is a link as the issue that it leads away from shows it.
type wireLink struct {
	Type    wireNamed  `json:"type"`
	Outward *wireIssue `json:"outwardIssue"`
}

// duplicates reports whether the link is there already.
func (c *Client) duplicates(ctx context.Context, path, of string) (bool, error) {
	var answer struct {
		Fields struct {
			Links []wireLink `json:"issuelinks"`
		} `json:"fields"`
	}
	err := c.do(ctx, call{op: opDuplicate, method: http.MethodGet, path: path, query: map[string][]string{"fields": {"issuelinks"}}, out: &answer})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(answer.Fields.Links, func(l wireLink) bool {
		return l.Type.Name == linkDuplicate && l.Outward != nil && (l.Outward.Key == of || l.Outward.ID == of)
	}), nil
}
