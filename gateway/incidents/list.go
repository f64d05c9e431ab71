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
	// Viewer is who looks. Private incidents are listed for those who are part of them or may see
	// all of them; for others they do not exist. Guests are shown nothing.
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
	Private bool `json:"private,omitempty"`
	// Part says that the viewer is part of it.
	Part       bool      `json:"-"`
	DeclaredAt time.Time `json:"declared_at"`
}

// expected are the statuses of which something is still expected.
var expected = []incident.Status{incident.StatusOpen, incident.StatusMitigated, incident.StatusResolved}

// List gives the incidents that a filter finds, newest first, and asks no worker.
//
// What is open visibility knows, within a second. What has ended is in the archive, where there is one. Each stands in
// for the other, and the list says so.
func (c *Client) List(ctx context.Context, f Filter) (List, error) {
	query, err := f.query()
	if err != nil {
		return List{}, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if limit < 1 || limit > MaxLimit {
		return List{}, invalid("limit", fmt.Sprintf("write a number from 1 to %d", MaxLimit), "%d is no limit", limit)
	}
	if f.Viewer.Guest && !f.Viewer.Private {
		return List{Incidents: []Listed{}, Source: SourceTemporal}, nil // of what they are part, doors ask one by one
	}
	name := query + " " + f.Service
	if !f.allTimes() {
		asking, cancel := c.leavingRoom(ctx)
		defer cancel()
		list, err := c.fromTemporal(asking, f, name, query, limit)
		if c.standsIn(err, f.PageToken) {
			if held, missing := c.standIn(ctx, f, limit); missing == nil {
				return held, nil
			}
		}
		if err == nil && f.PageToken == "" && len(list.Incidents) == 0 {
			list.Note = c.lost(ctx, f)
		}
		return list, err
	}
	var missing error
	if c.Archive != nil {
		list, err := c.fromArchive(ctx, f, name, limit)
		if _, refused := incident.AsProblem(err); err == nil || refused || f.PageToken != "" {
			return list, err
		}
		c.Logger.WarnContext(ctx, "the archive gave no list", "error", err)
		missing = err
	}
	list, err := c.fromTemporal(ctx, f, name, query, limit)
	list.Note = c.past(missing)
	return list, err
}

// fromTemporal asks visibility.
func (c *Client) fromTemporal(ctx context.Context, f Filter, name, query string, limit int) (List, error) {
	token, err := c.resume(ctx, SourceTemporal, f.Viewer, name, f.PageToken)
	if err != nil {
		return List{}, err
	}
	scope, err := c.scopeOf(ctx, f.Viewer)
	if err != nil {
		return List{}, err
	}
	list := List{Source: SourceTemporal}
	list.Incidents, token, err = c.gather(ctx, f, scope.with(query, f.Service), limit, token)
	if err != nil {
		return List{}, err
	}
	list.NextPageToken, err = c.sealToken(ctx, SourceTemporal.token(f.Viewer, name), token)
	return list, err
}

// gather asks visibility for as many incidents as are wanted. Which services a private one names is
// not known there; whoever may see it is told by the incident itself.
func (c *Client) gather(ctx context.Context, f Filter, query string, limit int, token []byte) ([]Listed, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	found, looks := []Listed{}, c.gathering(ctx, FollowUpFilter{})
	defer looks.cancel()
	for range maxScans {
		resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: c.Namespace, Query: query, PageSize: int32(limit - len(found)), NextPageToken: token, //nolint:gosec // checked before
		})
		if err != nil {
			return nil, nil, readError("list incidents", err)
		}
		for _, e := range resp.GetExecutions() {
			if l, ok := c.listed(e, f.Viewer); ok && (f.Service == "" || !l.Private || looks.concerns(&l, f.Service)) {
				found = append(found, l)
			}
		}
		if token = resp.GetNextPageToken(); len(token) == 0 || len(found) >= limit {
			break
		}
	}
	return found, token, nil
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
	if err := checkService(f.Service); err != nil {
		return "", err
	}
	return strings.Join(parts, " AND "), nil
}

// quoted writes a string literal. Temporal reads it as SQL does, with backslashes too.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + "'"
}

// listed reads what visibility says of one workflow to a viewer.
func (c *Client) listed(e *workflowpb.WorkflowExecutionInfo, v Viewer) (Listed, bool) {
	number, err := incident.ParseKey(e.GetExecution().GetWorkflowId())
	if err != nil {
		return Listed{}, false
	}
	l := Listed{Number: number, Key: incident.Key(number), DeclaredAt: e.GetStartTime().AsTime()}
	memo := e.GetMemo().GetFields()
	if memo[api.MemoCanary] != nil { // a drill of nobody's, every hour
		return Listed{}, false
	}
	l.Private = !c.decode(memo[api.MemoTitle], &l.Title) || memo[api.MemoMembers] != nil
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
	l.Part = c.isMember(e.GetMemo(), number, v)
	if l.Private {
		l.Title, l.Links = incident.PrivateTitle, nil
	}
	return l, true
}
