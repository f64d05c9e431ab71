package jira

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/incident"
	"muster/integrations/fault"
)

const (
	// typesFor is how long a project's issue types are remembered.
	typesFor = 10 * time.Minute
	// defaultChildType is what a playbook says that says nothing. It is the name in a project that an
	// administrator set up in English; a team's own project says Subtask, others something else.
	defaultChildType = "Sub-task"
)

// issueKind is an issue type of a project.
type issueKind struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Subtask bool   `json:"subtask"`
	// Level is Jira's hierarchy: 1 for an epic, 0 for most, -1 for a sub-task. Data Center has none.
	Level *int `json:"hierarchyLevel"`
}

// field is the value for an issue's type.
func (k issueKind) field() map[string]any {
	if k.ID != "" {
		return map[string]any{"id": k.ID}
	}
	return map[string]any{"name": k.Name}
}

// typeCache remembers the types of projects.
type typeCache struct {
	mu       sync.Mutex
	projects map[string]cachedTypes
}

type cachedTypes struct {
	kinds []issueKind
	until time.Time
}

// kinds lists a project's issue types.
func (c *Client) kinds(ctx context.Context, project string) ([]issueKind, error) {
	c.types.mu.Lock()
	known, ok := c.types.projects[project]
	c.types.mu.Unlock()
	if ok && c.now().Before(known.until) {
		return known.kinds, nil
	}
	var answer struct {
		Types []issueKind `json:"issueTypes"`
	}
	if err := c.do(ctx, call{op: "project.get", method: http.MethodGet, path: "project/" + url.PathEscape(project), out: &answer}); err != nil {
		return nil, err
	}
	c.types.mu.Lock()
	defer c.types.mu.Unlock()
	if c.types.projects == nil {
		c.types.projects = map[string]cachedTypes{}
	}
	c.types.projects[project] = cachedTypes{kinds: answer.Types, until: c.now().Add(typesFor)}
	return answer.Types, nil
}

// anyChild reports whether the playbook leaves the type of a child to the project.
func anyChild(issue incident.Issue) bool {
	return issue.Parent != "" && (issue.Type == "" || strings.EqualFold(strings.TrimSpace(issue.Type), defaultChildType))
}

// kindOf finds the type that an issue is to have. A child whose type the playbook leaves open gets
// the project's own type for sub-tasks, whatever it is called, or one of the level below its
// parent where the project has none. When Jira does not say which types there are, the name is
// taken as it is: Jira says whether that is right.
func (c *Client) kindOf(ctx context.Context, issue incident.Issue) (issueKind, error) {
	asked := issueKind{Name: strings.TrimSpace(issue.Type)}
	if issue.Parent == "" {
		return asked, nil
	}
	kinds, err := c.kinds(ctx, issue.Project)
	if err != nil {
		// As far as this client knows; without the name there is nothing that it could ask for.
		asked.Name = cmp.Or(asked.Name, defaultChildType)
		return asked, nil
	}
	named := slices.IndexFunc(kinds, func(k issueKind) bool { return strings.EqualFold(k.Name, asked.Name) })
	subtask := slices.IndexFunc(kinds, func(k issueKind) bool { return k.Subtask })
	switch {
	case named >= 0:
		return kinds[named], nil
	case !anyChild(issue):
		return asked, nil
	case subtask >= 0:
		return kinds[subtask], nil
	}
	return c.kindBelow(ctx, issue, kinds)
}

// kindBelow finds a type of the level below the issue's parent.
func (c *Client) kindBelow(ctx context.Context, issue incident.Issue, kinds []issueKind) (issueKind, error) {
	parent, err := c.parentKind(ctx, issue.Parent)
	if err != nil {
		return issueKind{}, err
	}
	below := slices.DeleteFunc(slices.Clone(kinds), func(k issueKind) bool { return !c.site.below(k, parent) })
	if len(below) == 0 {
		return issueKind{}, &fault.Error{
			Vendor: vendorName, Operation: opCreate, Class: fault.Permanent,
			Reason: "project " + issue.Project + " has no issue type that can be a child of " + parent.Name,
			Mend:   "add a sub-task type to the project in Jira, or set tracker.follow_up_type and tracker.review_type in the playbook to one of " + kindNames(kinds),
		}
	}
	// What is to be done is a task, where there is a choice.
	if at := slices.IndexFunc(below, func(k issueKind) bool { return strings.EqualFold(k.Name, "Task") }); at >= 0 {
		return below[at], nil
	}
	return below[0], nil
}

func (c *Client) parentKind(ctx context.Context, key string) (issueKind, error) {
	path, err := issuePath(opCreate, key, "")
	if err != nil {
		return issueKind{}, err
	}
	var answer struct {
		Fields struct {
			Type issueKind `json:"issuetype"`
		} `json:"fields"`
	}
	err = c.do(ctx, call{op: opCreate, method: http.MethodGet, path: path, query: url.Values{"fields": {"issuetype"}}, out: &answer})
	return answer.Fields.Type, err
}

func kindNames(kinds []issueKind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return incident.Clip(strings.Join(names, ", "), maxReason)
}

// misplaced reports whether Jira took the issue's type for no child of its parent.
func misplaced(err error) bool {
	return (refusedField(err, "parent") || refusedField(err, "issuetype")) && !fault.IsClass(err, fault.Gone)
}

// projectOf is where an issue is made: a sub-task is in the project of its parent, wherever that
// was moved.
func projectOf(issue incident.Issue, kind issueKind) string {
	if at := strings.LastIndex(issue.Parent, "-"); kind.Subtask && at > 0 {
		return issue.Parent[:at]
	}
	return issue.Project
}

// isEpic goes by the name that Jira Software gives the type.
func isEpic(k issueKind) bool { return strings.EqualFold(k.Name, "Epic") }
