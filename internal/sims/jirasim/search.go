package jirasim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const maxPage = 5000

// searchQuery is the body or the query of a search.
type searchQuery struct {
	JQL        string   `json:"jql"`
	Fields     []string `json:"fields"`
	Properties []string `json:"properties"`
	MaxResults *int     `json:"maxResults"`
	Token      string   `json:"nextPageToken"`
	StartAt    int      `json:"startAt"` // Data Center
	Reconcile  []int    `json:"reconcileIssues"`
}

func (r request) searchQuery() (searchQuery, bool) {
	var q searchQuery
	if r.Method == http.MethodPost {
		return q, r.decode(&q)
	}
	values := r.URL.Query()
	q.JQL, q.Token = values.Get("jql"), values.Get("nextPageToken")
	q.Fields, q.Properties = r.list("fields"), r.list("properties")
	if n, err := strconv.Atoi(values.Get("maxResults")); err == nil {
		q.MaxResults = &n
	}
	q.StartAt, _ = strconv.Atoi(values.Get("startAt"))
	for _, id := range values["reconcileIssues"] {
		n, err := strconv.Atoi(id)
		if err != nil {
			return q, false
		}
		q.Reconcile = append(q.Reconcile, n)
	}
	return q, true
}

func (q searchQuery) limit() int {
	if q.MaxResults == nil {
		return 50
	}
	return min(max(*q.MaxResults, 0), maxPage)
}

func (s *Sim) searchCloud(r request) answer {
	q, ok := r.searchQuery()
	if !ok {
		return badJSON()
	}
	if strings.TrimSpace(q.JQL) == "" {
		return refusal(http.StatusBadRequest, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
	}
	found, problem := s.query(r, q)
	if problem != "" {
		return refusal(http.StatusBadRequest, problem)
	}
	start, err := strconv.Atoi(cmp.Or(q.Token, "0"))
	if err != nil || start < 0 || start > len(found) {
		return refusal(http.StatusBadRequest, "The provided next page token is invalid or expired.")
	}
	end := min(start+q.limit(), len(found))
	body := map[string]any{"issues": s.renderFound(found[start:end], q), "isLast": end == len(found)}
	if end < len(found) {
		body["nextPageToken"] = strconv.Itoa(end)
	}
	return answer{status: http.StatusOK, body: body}
}

func (s *Sim) searchDataCenter(r request) answer {
	q, ok := r.searchQuery()
	if !ok {
		return badJSON()
	}
	found, problem := s.query(r, q)
	if problem != "" {
		return refusal(http.StatusBadRequest, problem)
	}
	start := min(max(q.StartAt, 0), len(found))
	end := min(start+q.limit(), len(found))
	if len(q.Fields) == 0 {
		q.Fields = []string{"*all"}
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"startAt": start, "maxResults": q.limit(), "total": len(found), "issues": s.renderFound(found[start:end], q),
	}}
}

// renderFound shows only IDs unless fields are asked for, as search/jql does.
func (s *Sim) renderFound(found []*issue, q searchQuery) []map[string]any {
	list := []map[string]any{}
	for _, i := range found {
		if len(q.Fields) == 0 {
			list = append(list, map[string]any{"id": strconv.Itoa(i.ID)})
			continue
		}
		list = append(list, s.render(i, q.Fields, q.Properties))
	}
	return list
}

func (s *Sim) searchRemoved(r request) answer {
	s.unexpected.Add(r.Method, r.URL.Path)
	return refusal(http.StatusGone, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046")
}

// query finds what the index shows by now, newest first as Jira orders without an ORDER BY.
func (s *Sim) query(r request, q searchQuery) (found []*issue, problem string) {
	wanted, oldestFirst, problem := parseJQL(q.JQL)
	if problem != "" {
		s.unexpected.Add("JQL", q.JQL)
		return nil, problem
	}
	if r.anonymous {
		return nil, ""
	}
	if problem := s.known(r, wanted); problem != "" {
		return nil, problem
	}
	now := s.clock.Now()
	for _, i := range s.candidates(wanted) {
		indexed := now.Sub(i.Created) >= s.state.Lag || slices.Contains(q.Reconcile, i.ID)
		if indexed && s.shows(r, i) && s.matches(wanted, i, now) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b *issue) int {
		if oldestFirst {
			return a.ID - b.ID
		}
		return b.ID - a.ID
	})
	return found, ""
}

// clauses lists all that stand anywhere in a condition.
func (c condition) clauses() []clause {
	if c.clause != nil {
		return []clause{*c.clause}
	}
	var out []clause
	for _, part := range slices.Concat(c.all, c.any) {
		out = append(out, part.clauses()...)
	}
	return out
}

// known refuses values that do not exist.
func (s *Sim) known(r request, wanted condition) string {
	for _, c := range wanted.clauses() {
		for _, v := range c.values {
			switch {
			case c.field == "project" && s.seeProject(r, v) == nil:
				return fmt.Sprintf("The value '%s' does not exist for the field 'project'.", v)
			case (c.field == "key" || c.field == "parent") && s.see(r, v) == nil:
				return fmt.Sprintf("An issue with key '%s' does not exist for field '%s'.", v, c.field)
			}
		}
	}
	return ""
}

// candidates takes the clause whose index leaves the fewest issues, so that a search by label
// does not walk through the whole project. Where no index helps it is all of them.
func (s *Sim) candidates(wanted condition) []*issue {
	must := wanted.all
	if wanted.clause != nil {
		must = []condition{wanted}
	}
	var best *clause
	fewest := -1
	for _, part := range must {
		if part.clause == nil || part.clause.field == "updated" {
			continue
		}
		n := 0
		for _, v := range part.clause.values {
			n += len(s.indexed(part.clause.field, v))
		}
		if fewest < 0 || n < fewest {
			best, fewest = part.clause, n
		}
	}
	var found []*issue
	if best == nil {
		return slices.DeleteFunc(slices.Clone(s.state.Issues), func(i *issue) bool { return i == nil })
	}
	for _, v := range best.values {
		found = append(found, s.indexed(best.field, v)...)
	}
	slices.SortFunc(found, func(a, b *issue) int { return a.ID - b.ID })
	return slices.Compact(found)
}

// indexed lists the issues with one value of a field; the value is known to exist.
func (s *Sim) indexed(field, value string) []*issue {
	switch field {
	case "labels":
		return s.state.ByLabel[value]
	case "project":
		return s.project(value).Issues
	case "parent":
		return s.find(value).Children
	default:
		return []*issue{s.find(value)}
	}
}

func (s *Sim) matches(c condition, i *issue, now time.Time) bool {
	holds := func(part condition) bool { return s.matches(part, i, now) }
	switch {
	case c.clause != nil && c.clause.field == "updated":
		// A change is found as late as a new issue is.
		since := now.Sub(i.Updated)
		return since >= s.state.Lag && since <= c.clause.since
	case c.clause != nil:
		return c.clause.matches(i)
	case c.any != nil:
		return slices.ContainsFunc(c.any, holds)
	default:
		return !slices.ContainsFunc(c.all, func(part condition) bool { return !holds(part) })
	}
}

func (c clause) matches(i *issue) bool {
	return slices.ContainsFunc(c.values, func(v string) bool {
		switch c.field {
		case "labels":
			return slices.Contains(i.Labels, v)
		case "project":
			return strings.EqualFold(i.Project.Key, v) || i.Project.ID == v
		case "key":
			return strings.EqualFold(i.Key, v) || strconv.Itoa(i.ID) == v
		default:
			return i.Parent != nil && (strings.EqualFold(i.Parent.Key, v) || strconv.Itoa(i.Parent.ID) == v)
		}
	})
}

// bulkFetch answers the issues that whoever asks may see. The others are simply not there: issueErrors are
// for what may go well the next time, says BulkIssueResults in Jira's description.
func (s *Sim) bulkFetch(r request) answer {
	var q struct {
		Keys       []string `json:"issueIdsOrKeys"`
		Fields     []string `json:"fields"`
		Properties []string `json:"properties"`
	}
	if !r.decode(&q) {
		return badJSON()
	}
	if len(q.Keys) == 0 || len(q.Keys) > 100 {
		return refusal(http.StatusBadRequest, "The number of issues must be between 1 and 100.")
	}
	list, failed := []map[string]any{}, []map[string]any{}
	seen := map[*issue]bool{}
	for _, key := range q.Keys {
		switch i := s.see(r, key); {
		case i == nil || seen[i]:
		case i.Faulty:
			failed = append(failed, map[string]any{"id": strconv.Itoa(i.ID), "errorMessage": "The issue could not be retrieved. Try again."})
		default:
			seen[i] = true
			list = append(list, s.render(i, q.Fields, q.Properties))
		}
	}
	return answer{status: http.StatusOK, body: map[string]any{"expand": "", "issues": list, "issueErrors": failed}}
}

// FailFetch makes bulkfetch name an issue among its errors, or no longer.
func (s *Sim) FailFetch(key string, fail bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return fmt.Errorf("jirasim: there is no issue %q", key)
	}
	s.changed()
	i.Faulty = fail
	return nil
}
