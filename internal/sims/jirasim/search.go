package jirasim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
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
	found, problem := s.query(q)
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
	found, problem := s.query(q)
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
func (s *Sim) query(q searchQuery) (found []*issue, problem string) {
	clauses, problem := parseJQL(q.JQL)
	if problem != "" {
		s.unexpected.Add("JQL", q.JQL)
		return nil, problem
	}
	if problem := s.known(clauses); problem != "" {
		return nil, problem
	}
	now := s.clock.Now()
	for _, i := range s.candidates(clauses) {
		indexed := now.Sub(i.Created) >= s.state.Lag || slices.Contains(q.Reconcile, i.ID)
		if indexed && !slices.ContainsFunc(clauses, func(c clause) bool { return !c.matches(i) }) {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b *issue) int { return b.ID - a.ID })
	return found, ""
}

// known refuses values that do not exist.
func (s *Sim) known(clauses []clause) string {
	for _, c := range clauses {
		for _, v := range c.values {
			switch {
			case c.field == "project" && s.project(v) == nil:
				return fmt.Sprintf("The value '%s' does not exist for the field 'project'.", v)
			case (c.field == "key" || c.field == "parent") && s.find(v) == nil:
				return fmt.Sprintf("An issue with key '%s' does not exist for field '%s'.", v, c.field)
			}
		}
	}
	return ""
}

// candidates takes the clause whose index leaves the fewest issues, so that a search by label
// does not walk through the whole project.
func (s *Sim) candidates(clauses []clause) []*issue {
	best, fewest := clauses[0], -1
	for _, c := range clauses {
		n := 0
		for _, v := range c.values {
			n += len(s.indexed(c.field, v))
		}
		if fewest < 0 || n < fewest {
			best, fewest = c, n
		}
	}
	var found []*issue
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
	list, missing := []map[string]any{}, []map[string]any{}
	seen := map[*issue]bool{}
	for _, key := range q.Keys {
		i := s.find(key)
		if i == nil {
			missing = append(missing, map[string]any{"id": key, "errorMessage": "Issue does not exist or you do not have permission to see it."})
		} else if !seen[i] {
			seen[i] = true
			list = append(list, s.render(i, q.Fields, q.Properties))
		}
	}
	return answer{status: http.StatusOK, body: map[string]any{"expand": "", "issues": list, "issueErrors": missing}}
}
