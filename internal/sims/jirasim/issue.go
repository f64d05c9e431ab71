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
	id          int
	key         string
	project     *project
	kind        *IssueType
	summary     string
	description string
	labels      []string
	parent      *issue
	children    []*issue
	assignee    *User
	reporter    *User
	due         string
	status      *Status
	resolution  string
	fields      map[string]any
	properties  map[string]json.RawMessage
	comments    []*comment
	links       []*remoteLink
	related     []issueLink
	created     time.Time
	updated     time.Time
	writes      []time.Time
	former      []string // keys that it had before
	index       int      // in Sim.issues
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
	made, problems := s.draft(u)
	if len(problems) == 0 {
		problems = s.required(u)
	}
	if len(problems) == 0 {
		problems = s.set(made, u, nil)
	}
	if len(problems) == 0 {
		problems = setProperties(made, u.Properties)
	}
	if len(problems) > 0 {
		return fieldRefusal(problems)
	}
	s.insert(made)
	s.announce(made, s.bot, "jira:issue_created", "issue_created", nil)
	return answer{status: http.StatusCreated, body: map[string]any{
		"id": strconv.Itoa(made.id), "key": made.key, "self": s.self(made),
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
func (s *Sim) draft(u update) (*issue, map[string]string) {
	problems := map[string]string{}
	p := s.project(namedIn(u.Fields["project"]))
	if p == nil {
		problems["project"] = "valid project is required"
		return nil, problems
	}
	kind := p.issueType(namedIn(u.Fields["issuetype"]))
	if kind == nil {
		problems["issuetype"] = "Specify a valid issue type"
		return nil, problems
	}
	i := &issue{project: p, kind: kind, status: &p.Statuses[0], reporter: s.bot, fields: map[string]any{}, properties: map[string]json.RawMessage{}}
	raw, given := u.Fields["parent"]
	switch {
	case !given && kind.Level < 0:
		problems["issuetype"] = "Issue type is a sub-task but parent issue key or id not specified."
	case given:
		i.parent = s.find(namedIn(raw))
		if i.parent == nil {
			problems["parent"] = "Could not find issue by id or key."
		} else if i.parent.kind.Level != kind.Level+1 {
			problems["parent"] = "Given parent issue does not belong to appropriate hierarchy."
		}
	}
	return i, problems
}

func (s *Sim) project(keyOrID string) *project {
	if p := s.projects[strings.ToUpper(keyOrID)]; p != nil {
		return p
	}
	for _, p := range s.order {
		if keyOrID != "" && p.id == keyOrID {
			return p
		}
	}
	return nil
}

// required lists the fields that a create lacks.
func (s *Sim) required(u update) map[string]string {
	problems := map[string]string{}
	for _, f := range s.fields {
		raw, given := u.Fields[f.id]
		empty := !given || string(raw) == "null" || string(raw) == `""`
		if f.required && !f.hidden && empty {
			problems[f.id] = f.name + " is required."
			if f.id == "summary" {
				problems[f.id] = "You must specify a summary of the issue."
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
		i.properties[p.Key] = p.Value
	}
	return nil
}

// insert gives the issue its key and files it.
func (s *Sim) insert(i *issue) {
	s.lastID++
	i.id = s.lastID
	i.key = i.project.Key + "-" + strconv.Itoa(i.project.next)
	i.project.next++
	i.created = s.clock.Now()
	i.updated = i.created
	i.index = len(s.issues)
	s.issues = append(s.issues, i)
	s.live++
	i.project.issues = append(i.project.issues, i)
	s.byKey[i.key], s.byID[strconv.Itoa(i.id)] = i, i
	if i.parent != nil {
		i.parent.children = append(i.parent.children, i)
	}
	labels := i.labels
	i.labels = nil
	s.relabel(i, labels)
}

// relabel keeps the index of labels.
func (s *Sim) relabel(i *issue, labels []string) {
	for _, l := range i.labels {
		if !slices.Contains(labels, l) {
			s.unlabel(i, l)
		}
	}
	for _, l := range labels {
		if !slices.Contains(i.labels, l) {
			s.byLabel[l] = append(s.byLabel[l], i)
		}
	}
	i.labels = labels
}

func (s *Sim) unlabel(i *issue, label string) {
	rest := slices.DeleteFunc(s.byLabel[label], func(other *issue) bool { return other == i })
	if len(rest) == 0 {
		delete(s.byLabel, label)
		return
	}
	s.byLabel[label] = rest
}

// remove forgets the issue and its sub-tasks.
func (s *Sim) remove(i *issue) {
	for _, child := range slices.Clone(i.children) {
		if child.kind.Level < 0 {
			s.remove(child)
		} else {
			child.parent = nil
		}
	}
	if i.parent != nil {
		i.parent.children = slices.DeleteFunc(i.parent.children, func(other *issue) bool { return other == i })
	}
	s.relabel(i, nil)
	s.issues[i.index] = nil
	s.live--
	i.project.issues = slices.DeleteFunc(i.project.issues, func(other *issue) bool { return other == i })
	for _, key := range append(i.former, i.key) {
		delete(s.byKey, key)
	}
	delete(s.byID, strconv.Itoa(i.id))
}

func (s *Sim) find(keyOrID string) *issue {
	if i := s.byKey[strings.ToUpper(keyOrID)]; i != nil {
		return i
	}
	return s.byID[keyOrID]
}

func (s *Sim) self(i *issue) string { return s.base + api + "/issue/" + strconv.Itoa(i.id) }

func (s *Sim) getIssue(r request) answer {
	i := s.find(r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	return answer{status: http.StatusOK, body: s.render(i, r.list("fields"), r.list("properties"))}
}

func (s *Sim) editIssue(r request) answer {
	i := s.find(r.PathValue("issue"))
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
	edited.fields, edited.properties = maps.Clone(i.fields), maps.Clone(i.properties)
	before := *i
	problems := s.set(&edited, u, nil)
	if len(problems) == 0 {
		problems = setProperties(&edited, u.Properties)
	}
	if len(problems) > 0 {
		return fieldRefusal(problems)
	}
	labels := edited.labels
	edited.labels = i.labels
	*i = edited
	s.relabel(i, labels)
	if items := s.changes(&before, i); len(items) > 0 {
		i.updated = s.clock.Now()
		name := "issue_updated"
		if before.assignee != i.assignee {
			name = "issue_assigned"
		}
		s.announce(i, s.bot, "jira:issue_updated", name, items)
	}
	return answer{status: http.StatusNoContent}
}

// overLimit counts a write to the issue and refuses it when there are too many.
func (s *Sim) overLimit(i *issue) *answer {
	if s.limit.writes == 0 {
		return nil
	}
	now := s.clock.Now()
	i.writes = slices.DeleteFunc(i.writes, func(t time.Time) bool { return now.Sub(t) >= s.limit.per })
	if len(i.writes) >= s.limit.writes {
		wait := s.limit.per - now.Sub(i.writes[0])
		a := refusal(http.StatusTooManyRequests, "Rate limit exceeded for writes to this issue.")
		a.header = map[string]string{
			"RateLimit-Reason": "jira-per-issue-on-write",
			"Retry-After":      strconv.Itoa(int((wait + time.Second - 1) / time.Second)),
		}
		return &a
	}
	i.writes = append(i.writes, now)
	return nil
}
