package incidents

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"muster/incident"
	"muster/workflows/api"
)

// FollowUpFilter says which follow-ups a list holds. The zero value is all open ones, as far as
// a stranger may see them.
type FollowUpFilter struct {
	// All lists those of all times, done and dropped ones, too, those of the newest incidents in front. Only what
	// is open can be overdue or undecided.
	All bool
	// Overdue keeps those that were accepted and whose due day has passed where their owner is.
	Overdue bool
	// Undecided keeps those that are proposed. Nothing is overdue before it was decided.
	Undecided bool
	// Owner is an e-mail address, empty for anybody; Nobody keeps those that have no owner.
	Owner  string
	Nobody bool
	// Service is one that the incident names, empty for any.
	Service string
	// Incident is the number of the only one whose follow-ups are wanted, 0 for any.
	Incident int
	// Limit is how many at most, DefaultLimit when zero.
	Limit int
	// PageToken continues a list where the one that returned it ended.
	PageToken string
	// Viewer is who looks. Follow-ups of private incidents are listed for those who may see them.
	Viewer Viewer

	told map[followUpID]ListedFollowUp
}

// followUpID is a follow-up of an incident.
type followUpID struct{ incident, number int }

// ListedFollowUp is what a list shows of an open follow-up. It lags behind by a moment.
type ListedFollowUp struct {
	// Incident is the number of its incident, Key how people write it: INC-42.
	Incident int                     `json:"incident"`
	Key      string                  `json:"key"`
	Number   int                     `json:"number"`
	Title    string                  `json:"title"`
	Status   incident.FollowUpStatus `json:"status"`
	// Owner is an e-mail address, or empty while nobody is.
	Owner    string                    `json:"owner,omitempty"`
	Due      incident.Date             `json:"due,omitempty"`
	Overdue  bool                      `json:"overdue,omitempty"`
	Kind     incident.FollowUpKind     `json:"kind,omitempty"`
	Priority incident.FollowUpPriority `json:"priority,omitempty"`
	Labels   []string                  `json:"labels,omitempty"`
	Urgent   bool                      `json:"urgent,omitempty"`
	// SnoozedUntil is set while nobody is reminded of it.
	SnoozedUntil time.Time         `json:"snoozed_until,omitzero"`
	Services     []string          `json:"services,omitempty"`
	Issue        incident.IssueRef `json:"issue,omitzero"`
	Private      bool              `json:"private,omitempty"`
	// Revision is the follow-up's own; buttons carry it.
	Revision int `json:"revision"`
}

// FollowUpList is a part of a list of follow-ups, those due first in front.
type FollowUpList struct {
	FollowUps []ListedFollowUp
	// NextPageToken continues the list; empty at its end.
	NextPageToken string
	// Incomplete says what this part of the list leaves out and why, empty for nothing.
	Incomplete string
	// Source is who has answered.
	Source Source
	// Note says in a line what the list lacks or how old it may be, empty for nothing.
	Note string
}

// maxScans bounds the pages of visibility that one part of a list is gathered from: what is overdue
// where its owner is, and whose it is, is only known of each.
const maxScans = 10

// FollowUps lists follow-ups. The open ones visibility knows; workers are asked only for those of incidents that
// not everybody may see. Those of all times are in the archive, where there is one. Each stands in for the other,
// and the list says so.
func (c *Client) FollowUps(ctx context.Context, f FollowUpFilter) (FollowUpList, error) {
	query, err := f.query()
	if err != nil {
		return FollowUpList{}, err
	}
	limit := cmp.Or(f.Limit, DefaultLimit)
	if limit < 1 || limit > MaxLimit {
		return FollowUpList{}, invalid("limit", fmt.Sprintf("write a number from 1 to %d", MaxLimit), "%d is no limit", limit)
	}
	name := query + " " + f.Service
	if !f.All {
		asking, cancel := c.leavingRoom(ctx)
		defer cancel()
		list, err := c.openFollowUps(asking, f, name, query, limit)
		if c.standsIn(err, f.PageToken) {
			if held, missing := c.followUpsStandIn(ctx, f, limit); missing == nil {
				return held, nil
			}
		}
		return list, err
	}
	var missing error
	if c.Archive != nil {
		list, err := c.followUpsOfAllTimes(ctx, f, name, limit)
		if _, refused := incident.AsProblem(err); err == nil || refused || f.PageToken != "" {
			return list, err
		}
		c.Logger.WarnContext(ctx, "the archive gave no list", "error", err)
		missing = err
	}
	list, err := c.openFollowUps(ctx, f, name, query, limit)
	list.Note = c.past(missing)
	return list, err
}

// openFollowUps asks visibility.
func (c *Client) openFollowUps(ctx context.Context, f FollowUpFilter, name, query string, limit int) (FollowUpList, error) {
	list := FollowUpList{FollowUps: []ListedFollowUp{}, Source: SourceTemporal}
	token, err := c.resume(ctx, SourceTemporal, f.Viewer, name, f.PageToken)
	if err != nil {
		return list, err
	}
	scope, err := c.scopeOf(ctx, f.Viewer)
	if err != nil {
		return list, err
	}
	query = scope.with(query, f.Service)
	g := c.gathering(ctx, f)
	g.told = f.told
	defer g.cancel()
	left := int32(limit) //nolint:gosec // checked before
	for range maxScans {
		found, next, err := c.scan(ctx, query, left, token)
		if err != nil {
			return FollowUpList{}, err
		}
		for _, e := range found {
			if l, ok := g.listed(e); ok {
				list.FollowUps = append(list.FollowUps, l)
				left--
			}
		}
		if token = next; len(token) == 0 || left <= 0 {
			break
		}
	}
	slices.SortStableFunc(list.FollowUps, func(a, b ListedFollowUp) int {
		return cmp.Or(compareDue(a.Due, b.Due), cmp.Compare(a.Incident, b.Incident), cmp.Compare(a.Number, b.Number))
	})
	list.Incomplete = g.incomplete()
	list.NextPageToken, err = c.sealToken(ctx, SourceTemporal.token(f.Viewer, name), token)
	return list, err
}

// scan asks visibility for one page.
func (c *Client) scan(ctx context.Context, query string, size int32, token []byte) ([]*workflowpb.WorkflowExecutionInfo, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	resp, err := c.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: c.Namespace, Query: query, PageSize: size, NextPageToken: token,
	})
	if err != nil {
		return nil, nil, readError("list follow-ups", err)
	}
	return resp.GetExecutions(), resp.GetNextPageToken(), nil
}

// query writes what visibility can tell apart in Temporal's list-filter language.
func (f FollowUpFilter) query() (string, error) {
	statuses := []incident.FollowUpStatus{incident.FollowUpProposed, incident.FollowUpAccepted}
	switch {
	case f.All && (f.Overdue || f.Undecided):
		return "", invalid("all", "leave it out", "cannot be given together with overdue or undecided: what has ended is neither")
	case f.Overdue && f.Undecided:
		return "", invalid("undecided", "ask for one of the two", "cannot be asked for together with overdue: nothing is overdue before it was decided")
	case f.Owner != "" && f.Nobody:
		return "", invalid("owner", "leave one of the two out", "cannot be given together with nobody")
	case f.Overdue:
		statuses = []incident.FollowUpStatus{incident.FollowUpAccepted}
	case f.Undecided:
		statuses = []incident.FollowUpStatus{incident.FollowUpProposed}
	}
	var in []string
	for _, s := range statuses {
		in = append(in, quoted(string(s)))
	}
	parts := []string{"WorkflowType = " + quoted(api.TypeFollowUp), "ExecutionStatus = 'Running'"}
	if !f.All { // one that has ended may run on for a while, so that its end can be undone
		parts = append(parts, fmt.Sprintf("%s IN (%s)", api.AttrStatus, strings.Join(in, ", ")))
	}
	if f.Owner != "" {
		if err := incident.CheckPerson("owner", f.Owner); err != nil {
			return "", err
		}
		parts = append(parts, fmt.Sprintf("%s = %s", api.AttrOwner, quoted(incident.NormalPerson(f.Owner))))
	}
	if f.Incident != 0 {
		parts = append(parts, fmt.Sprintf("%s = %s", api.AttrIncident, quoted(incident.Key(f.Incident))))
	}
	if err := checkService(f.Service); err != nil {
		return "", err
	}
	return strings.Join(parts, " AND "), nil
}

// matches decides what visibility cannot: its owner may be whom a follow-up without one asks.
func (f FollowUpFilter) matches(l ListedFollowUp) bool {
	return (!f.Overdue || l.Overdue) && (!f.Nobody || l.Owner == "") && (f.Owner == "" || l.Owner == incident.NormalPerson(f.Owner))
}

// The bounds of what is asked of workers for one list.
const (
	maxLooks = 20
	lookWait = 1500 * time.Millisecond
)

// gathering is the making of one list.
type gathering struct {
	c      *Client
	filter FollowUpFilter
	// told are follow-ups that the archive has told of already, which need not be looked up.
	told   map[followUpID]ListedFollowUp
	ctx    context.Context //nolint:containedctx // of one call
	cancel context.CancelFunc
	seen   map[int]*incident.Incident // nil for one that was not told
	// unknown counts follow-ups of which the viewer knows or may know, and that could not be looked up.
	unknown int
}

func (c *Client) gathering(ctx context.Context, f FollowUpFilter) *gathering {
	ctx, cancel := context.WithTimeout(ctx, lookWait)
	return &gathering{c: c, filter: f, ctx: ctx, cancel: cancel, seen: map[int]*incident.Incident{}}
}

func (g *gathering) incomplete() string {
	switch {
	case g.unknown == 0:
		return ""
	case g.unknown == 1:
		return "1 follow-up could not be looked up, so that it is missing or shown by its number alone"
	}
	return fmt.Sprintf("%d follow-ups could not be looked up, so that they are missing or shown by their numbers alone", g.unknown)
}

// listed reads what visibility says of one follow-up. What the viewer may not see is not listed,
// and whether there is anything of the kind is not told either.
func (g *gathering) listed(e *workflowpb.WorkflowExecutionInfo) (ListedFollowUp, bool) {
	child, ok := api.ParseID(e.GetExecution().GetWorkflowId())
	var m api.FollowUpListed
	if !ok || child.Part != "follow-up" || !g.c.decode(e.GetMemo().GetFields()[api.MemoFollowUp], &m) {
		return ListedFollowUp{}, false
	}
	now := g.c.Now()
	l := ListedFollowUp{
		Incident: child.Incident, Key: incident.Key(child.Incident), Number: child.Number, Title: m.Title, Status: m.Status, Owner: m.Owner,
		Due: m.Due, Kind: m.Kind, Priority: m.Priority, Labels: m.Labels, Urgent: m.Urgent, Issue: m.Issue, Private: m.Private, Revision: m.Revision,
		Overdue: m.Status == incident.FollowUpAccepted && !m.Late.IsZero() && !now.Before(m.Late),
	}
	if m.SnoozedUntil.After(now) {
		l.SnoozedUntil = m.SnoozedUntil
	}
	g.c.decode(e.GetSearchAttributes().GetIndexedFields()[api.AttrServices], &l.Services)
	v := g.filter.Viewer
	if m.Private || (v.Guest && !v.Private) {
		asked := ""
		g.c.decode(e.GetSearchAttributes().GetIndexedFields()[api.AttrOwner], &asked)
		if !g.look(&l, asked) {
			return l, false
		}
	}
	return l, g.filter.matches(l)
}

// look asks the incident of a follow-up whether the viewer may see it, and what it is about. Asked
// is whom the follow-up concerns first: they know of it.
func (g *gathering) look(l *ListedFollowUp, asked string) bool {
	v := g.filter.Viewer
	if t, told := g.told[followUpID{l.Incident, l.Number}]; told {
		l.Title, l.Owner, l.Issue, l.Services = t.Title, t.Owner, t.Issue, t.Services
		l.Kind, l.Priority, l.Labels, l.Urgent = t.Kind, t.Priority, t.Labels, t.Urgent
		return true
	}
	i := g.incident(l.Incident)
	switch {
	case i == nil && v.Private:
		l.Title, l.Owner = "(private follow-up)", asked
		g.unknown++
		return true
	case i == nil:
		if asked != "" && asked == incident.NormalPerson(v.Person) {
			g.unknown++
		}
		return false
	case !v.Sees(i):
		return false
	}
	f := i.FollowUp(l.Number)
	if f == nil {
		return false
	}
	l.Title, l.Owner, l.Issue = f.Title, f.Owner, f.Issue
	l.Kind, l.Priority, l.Labels, l.Urgent = f.Kind, f.Priority, f.Labels, f.Urgent
	l.Services = i.Services
	return !l.Private || g.filter.Service == "" || concerns(i, g.filter.Service)
}

// concerns asks a private incident, which is there for the viewer, whether it names a service. One
// that does not answer may well name it, and is listed.
func (g *gathering) concerns(l *Listed, service string) bool {
	i := g.incident(l.Number)
	if i == nil {
		return true
	}
	if !concerns(i, service) {
		return false
	}
	l.Services, l.Commander = i.Services, i.Holder(incident.RoleCommander)
	return true
}

func (g *gathering) incident(number int) *incident.Incident {
	if i, asked := g.seen[number]; asked {
		return i
	}
	if len(g.seen) >= maxLooks || g.ctx.Err() != nil {
		return nil
	}
	g.seen[number] = nil
	if i, err := g.c.Snapshot(g.ctx, number); err == nil {
		g.seen[number] = &i
	}
	return g.seen[number]
}

// compareDue puts what is due soonest first, and what has no date last.
func compareDue(a, b incident.Date) int {
	switch {
	case a == b:
		return 0
	case a == "" || (b != "" && a > b):
		return 1
	}
	return -1
}
