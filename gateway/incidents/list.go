package incidents

import (
	"context"
	"fmt"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/incident"
	"muster/workflows/api"
)

// The bounds of a list.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// Filter says what a list holds. The zero value is every incident of which something is still
// expected, as far as a stranger may see it.
type Filter struct {
	// Statuses are those wanted; empty means neither closed, cancelled nor merged.
	Statuses []incident.Status
	// All lists every status, Statuses or not.
	All bool
	// Severity is the wanted one, 0 for any.
	Severity incident.Severity
	// Service is one that the incident names, empty for any.
	Service string
	// Limit is how many at most, DefaultLimit when zero.
	Limit int
	// PageToken continues a list where the one that returned it ended.
	PageToken string
	// Viewer is who looks. Private incidents are left out of the lists of those who may not see
	// all of them: whether they are part of one is not known to a list.
	Viewer Viewer
}

// Listed is what a list shows of an incident. It lags behind by a moment.
type Listed struct {
	Number   int               `json:"number"`
	Key      string            `json:"key"`
	Title    string            `json:"title"`
	Status   incident.Status   `json:"status"`
	Kind     incident.Kind     `json:"kind"`
	Severity incident.Severity `json:"severity"`
	// Commander is an e-mail address, or empty.
	Commander     string          `json:"commander,omitempty"`
	Services      []string        `json:"services,omitempty"`
	OpenFollowUps int             `json:"open_follow_ups"`
	Snags         int             `json:"snags"`
	Links         []incident.Link `json:"links,omitempty"`
	// Private incidents have no title here.
	Private    bool      `json:"private,omitempty"`
	DeclaredAt time.Time `json:"declared_at"`
}

// expected are the statuses of which something is still expected.
var expected = []incident.Status{incident.StatusOpen, incident.StatusMitigated, incident.StatusResolved}

// List gives the incidents that a filter finds, newest first, and a token for the rest of them
// or "". It asks no worker.
func (c *Client) List(ctx context.Context, f Filter) (found []Listed, next string, err error) {
	query, err := f.query()
	if err != nil {
		return nil, "", err
	}
	limit := f.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if limit < 1 || limit > MaxLimit {
		return nil, "", invalid("limit", fmt.Sprintf("write a number from 1 to %d", MaxLimit), "%d is no limit", limit)
	}
	token, err := openToken(query, f.PageToken)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Namespace, Query: query, PageSize: int32(limit), NextPageToken: token, // checked above
	})
	if err != nil {
		return nil, "", readError("list incidents", err)
	}
	found = []Listed{}
	for _, e := range resp.GetExecutions() {
		if l, ok := c.listed(e); ok && (f.Viewer.Private || (!l.Private && !f.Viewer.Guest)) {
			found = append(found, l)
		}
	}
	return found, sealToken(query, resp.GetNextPageToken()), nil
}

// query writes the filter in Temporal's list-filter language.
func (f Filter) query() (string, error) {
	parts := []string{"WorkflowType = " + quoted(api.TypeIncident), "ExecutionStatus = 'Running'"}
	statuses := f.Statuses
	if len(statuses) == 0 {
		statuses = expected
	}
	if !f.All {
		var in []string
		for _, s := range statuses {
			known, err := incident.ParseStatus(string(s))
			if err != nil {
				return "", err
			}
			in = append(in, quoted(string(known)))
		}
		parts = append(parts, fmt.Sprintf("%s IN (%s)", api.AttrStatus, strings.Join(in, ", ")))
	}
	if f.Severity != 0 {
		if !f.Severity.Valid() {
			return "", invalid("severity", "write a number from 1 (worst) to 5", "%d is no severity", f.Severity)
		}
		parts = append(parts, fmt.Sprintf("%s = %d", api.AttrSeverity, f.Severity))
	}
	if f.Service != "" {
		service, err := serviceFilter(f.Service)
		if err != nil {
			return "", err
		}
		parts = append(parts, service)
	}
	return strings.Join(parts, " AND "), nil
}

// serviceFilter finds what concerns a service.
func serviceFilter(service string) (string, error) {
	if service != incident.CleanLine(service) || len(service) > 100 {
		return "", invalid("service", "write its name in the playbook", "%.100q is no service", service)
	}
	return fmt.Sprintf("%s = %s", api.AttrServices, quoted(strings.ToLower(service))), nil
}

// quoted writes a string literal. Temporal reads it as SQL does, with backslashes too.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + "'"
}

// listed reads what visibility says of one workflow.
func (c *Client) listed(e *workflowpb.WorkflowExecutionInfo) (Listed, bool) {
	number, err := incident.ParseKey(e.GetExecution().GetWorkflowId())
	if err != nil {
		return Listed{}, false
	}
	l := Listed{Number: number, Key: incident.Key(number), DeclaredAt: e.GetStartTime().AsTime()}
	memo := e.GetMemo().GetFields()
	l.Private = !c.decode(memo[api.MemoTitle], &l.Title)
	c.decode(memo[api.MemoLinks], &l.Links)
	c.decode(memo[api.MemoDeclared], &l.DeclaredAt)
	c.decode(memo[api.MemoFollowUps], &l.OpenFollowUps)
	attrs := e.GetSearchAttributes().GetIndexedFields()
	for name, into := range map[string]any{
		api.AttrStatus: &l.Status, api.AttrKind: &l.Kind, api.AttrSeverity: &l.Severity, api.AttrCommander: &l.Commander,
		api.AttrServices: &l.Services, api.AttrSnags: &l.Snags,
	} {
		c.decode(attrs[name], into)
	}
	if l.Title == "" && l.Private {
		l.Title = "(private incident)"
	}
	return l, true
}
