package jirasim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// issue is an issue as it is kept; the lock guards it.
type issue struct {
	ID          int
	Key         string
	Project     *project
	Kind        IssueType
	Summary     string
	Description string
	Labels      []string
	Parent      *issue
	Children    []*issue
	Assignee    *User
	Reporter    *User
	Due         string
	Status      Status
	Resolution  string
	Fields      map[string]any
	Properties  map[string]json.RawMessage
	Comments    []*comment
	Links       []*remoteLink
	Related     []issueLink
	Created     time.Time
	Updated     time.Time
	Writes      []time.Time
	Former      []string // keys that it had before
	Index       int      // in state.Issues
	Secured     bool     // behind a security level that the account is not in
	Faulty      bool     // bulkfetch fails for it
}

// update is the body of a create, an edit and a transition.
type update struct {
	Fields     map[string]json.RawMessage              `json:"fields"`
	Update     map[string][]map[string]json.RawMessage `json:"update"`
	Properties []property                              `json:"properties"`
	Transition *struct {
		ID string `json:"id"`
	} `json:"transition"`
}

type property struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

func (s *Sim) createIssue(r request) answer {
	var u update
	if !r.decode(&u) {
		return badJSON()
	}
	made, problems := s.draft(r, u)
	if len(problems) == 0 && !s.may(createIssues) {
		return refusal(http.StatusBadRequest, "You do not have permission to create issues in this project.")
	}
	if len(problems) == 0 {
		problems = s.required(u)
	}
	if len(problems) == 0 {
		problems = s.set(made, u, screenCreate, nil)
	}
	if len(problems) == 0 {
		problems = setProperties(made, u.Properties)
	}
	if len(problems) > 0 {
		return fieldRefusal(problems)
	}
	if made.Assignee == nil && made.Project.Lead != "" {
		made.Assignee = s.state.ByEmail[strings.ToLower(made.Project.Lead)]
	}
	s.insert(made)
	s.announce(made, s.state.Bot, "jira:issue_created", "issue_created", nil)
	return answer{status: http.StatusCreated, body: map[string]any{
		"id": strconv.Itoa(made.ID), "key": made.Key, "self": s.self(made),
	}}
}

// named is how Jira lets one name things: by ID, key or name.
type named struct {
	ID   string `json:"id"`
	Key  string `json:"key"`
	Name string `json:"name"`
}

func namedIn(raw json.RawMessage) string {
	var n named
	if json.Unmarshal(raw, &n) != nil {
		return ""
	}
	for _, s := range []string{n.Key, n.ID, n.Name} {
		if s != "" {
			return s
		}
	}
	return ""
}

// draft reads what decides about everything else: project, type and parent.
func (s *Sim) draft(r request, u update) (*issue, map[string]string) {
	problems := map[string]string{}
	p := s.project(namedIn(u.Fields["project"]))
	if p == nil || s.state.Survey.Archived[p.Key] {
		problems["project"] = "valid project is required"
		return nil, problems
	}
	kind := p.issueType(namedIn(u.Fields["issuetype"]))
	if kind == nil {
		problems["issuetype"] = "Specify a valid issue type"
		return nil, problems
	}
	i := &issue{Project: p, Kind: *kind, Status: p.Statuses[0], Reporter: s.state.Bot, Fields: map[string]any{}, Properties: map[string]json.RawMessage{}}
	raw, given := u.Fields["parent"]
	switch {
	case !given && kind.Level < 0:
		problems["issuetype"] = "Issue type is a sub-task but parent issue key or id not specified."
	case given && !s.cloud() && kind.Level >= 0:
		// The parent of all others is a field of its own there.
		problems["issuetype"] = "Issue type is not a sub-task but parent issue key or id specified."
	case given:
		i.Parent = s.see(r, namedIn(raw))
		switch {
		case i.Parent == nil:
			problems["parent"] = "Could not find issue by id or key."
		case !s.cloud() && i.Parent.Kind.Level >= 0: // it knows no levels
		case i.Parent.Kind.Level != kind.Level+1:
			problems["parent"] = "Given parent issue does not belong to appropriate hierarchy."
		case kind.Level < 0 && i.Parent.Project != p:
			problems["parent"] = "Sub-tasks must be in the project of their parent."
		}
	}
	return i, problems
}

func (s *Sim) project(keyOrID string) *project {
	if p := s.state.Projects[strings.ToUpper(keyOrID)]; p != nil {
		return p
	}
	for _, p := range s.state.Order {
		if keyOrID != "" && p.ID == keyOrID {
			return p
		}
	}
	return nil
}

// required lists the fields that a create lacks.
func (s *Sim) required(u update) map[string]string {
	problems := map[string]string{}
	for _, f := range s.state.Fields {
		raw, given := u.Fields[f.ID]
		empty := !given || string(raw) == "null" || string(raw) == `""`
		if f.Required && s.settable(f, screenCreate) && empty {
			problems[f.ID] = f.Name + " is required."
			if f.ID == "summary" {
				problems[f.ID] = "You must specify a summary of the issue."
			}
		}
	}
	return problems
}

func setProperties(i *issue, properties []property) map[string]string {
	for _, p := range properties {
		if p.Key == "" || len(p.Key) > 255 || len(p.Value) == 0 || len(p.Value) > 32768 {
			return map[string]string{"properties": "The property key or value is not valid."}
		}
		i.Properties[p.Key] = p.Value
	}
	return nil
}

// insert gives the issue its key and files it.
func (s *Sim) insert(i *issue) {
	s.state.LastID++
	i.ID = s.state.LastID
	i.Key = i.Project.Key + "-" + strconv.Itoa(i.Project.Next)
	i.Project.Next++
	i.Created = s.clock.Now()
	i.Updated = i.Created
	i.Index = len(s.state.Issues)
	s.state.Issues = append(s.state.Issues, i)
	s.state.Live++
	i.Project.Issues = append(i.Project.Issues, i)
	s.state.ByKey[i.Key], s.state.ByID[strconv.Itoa(i.ID)] = i, i
	if i.Parent != nil {
		i.Parent.Children = append(i.Parent.Children, i)
	}
	labels := i.Labels
	i.Labels = nil
	s.relabel(i, labels)
}

// relabel keeps the index of labels.
func (s *Sim) relabel(i *issue, labels []string) {
	for _, l := range i.Labels {
		if !slices.Contains(labels, l) {
			s.unlabel(i, l)
		}
	}
	for _, l := range labels {
		if !slices.Contains(i.Labels, l) {
			s.state.ByLabel[l] = append(s.state.ByLabel[l], i)
		}
	}
	i.Labels = labels
}

func (s *Sim) unlabel(i *issue, label string) {
	rest := slices.DeleteFunc(s.state.ByLabel[label], func(other *issue) bool { return other == i })
	if len(rest) == 0 {
		delete(s.state.ByLabel, label)
		return
	}
	s.state.ByLabel[label] = rest
}

// remove forgets the issue and its sub-tasks.
func (s *Sim) remove(i *issue) {
	for _, child := range slices.Clone(i.Children) {
		if child.Kind.Level < 0 {
			s.remove(child)
		} else {
			child.Parent = nil
		}
	}
	if i.Parent != nil {
		i.Parent.Children = slices.DeleteFunc(i.Parent.Children, func(other *issue) bool { return other == i })
	}
	s.relabel(i, nil)
	s.state.Issues[i.Index] = nil
	s.state.Live--
	i.Project.Issues = slices.DeleteFunc(i.Project.Issues, func(other *issue) bool { return other == i })
	for _, key := range append(i.Former, i.Key) {
		delete(s.state.ByKey, key)
	}
	delete(s.state.ByID, strconv.Itoa(i.ID))
}

func (s *Sim) find(keyOrID string) *issue {
	if i := s.state.ByKey[strings.ToUpper(keyOrID)]; i != nil {
		return i
	}
	return s.state.ByID[keyOrID]
}

func (s *Sim) self(i *issue) string { return s.base + api + "/issue/" + strconv.Itoa(i.ID) }

func (s *Sim) getIssue(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	return answer{status: http.StatusOK, body: s.render(i, r.list("fields"), r.list("properties"))}
}

func (s *Sim) editIssue(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	if a := s.overLimit(i); a != nil {
		return *a
	}
	var u update
	if !r.decode(&u) {
		return badJSON()
	}
	if len(u.Fields) == 0 && len(u.Update) == 0 && len(u.Properties) == 0 {
		return refusal(http.StatusBadRequest, "one of 'fields' or 'update' required")
	}
	// A refused edit changes nothing, so it is tried on a copy.
	edited := *i
	edited.Fields, edited.Properties = maps.Clone(i.Fields), maps.Clone(i.Properties)
	before := *i
	problems := s.set(&edited, u, screenEdit, nil)
	if len(problems) == 0 {
		problems = setProperties(&edited, u.Properties)
	}
	if len(problems) > 0 {
		return fieldRefusal(problems)
	}
	labels := edited.Labels
	edited.Labels = i.Labels
	*i = edited
	s.relabel(i, labels)
	if items := s.changes(&before, i); len(items) > 0 {
		i.Updated = s.clock.Now()
		name := "issue_updated"
		if before.Assignee != i.Assignee {
			name = "issue_assigned"
		}
		s.announce(i, s.state.Bot, "jira:issue_updated", name, items)
	}
	return answer{status: http.StatusNoContent}
}

// overLimit counts a write to the issue and refuses it when there are too many.
func (s *Sim) overLimit(i *issue) *answer {
	now, longest := s.clock.Now(), time.Duration(0)
	for _, limit := range s.state.Limits {
		longest = max(longest, limit.Per)
		recent := slices.DeleteFunc(slices.Clone(i.Writes), func(t time.Time) bool { return now.Sub(t) >= limit.Per })
		if len(recent) < limit.Writes {
			continue
		}
		wait := limit.Per - now.Sub(recent[0])
		a := refusal(http.StatusTooManyRequests, "Rate limit exceeded for writes to this issue.")
		a.header = map[string]string{
			"RateLimit-Reason": "jira-per-issue-on-write",
			"Retry-After":      strconv.Itoa(int((wait + time.Second - 1) / time.Second)),
		}
		return &a
	}
	if longest > 0 {
		i.Writes = append(slices.DeleteFunc(i.Writes, func(t time.Time) bool { return now.Sub(t) >= longest }), now)
	}
	return nil
}
