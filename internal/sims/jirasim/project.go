package jirasim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Project is how a project is set up.
type Project struct {
	Key, Name string
	Types     []IssueType
	// Lead is the e-mail address of whom Jira assigns where a create names nobody, as projects may be set up
	// to do; empty for nobody.
	Lead string
	// Statuses are the workflow's; a new issue has the first one.
	Statuses    []Status
	Transitions []Transition
	// Resolutions defaults to Done, Won't Do and Duplicate; an empty list is a board without any.
	Resolutions []string
	// Priorities, Components and SecurityLevels are what the fields of these names take.
	// Priorities defaults to Jira's five.
	Priorities, Components, SecurityLevels []string
}

// IssueType is one type of issue.
type IssueType struct {
	ID, Name string
	// Level is Jira's hierarchy level: 1 for an epic, 0 for most, -1 for a sub-task. The parent
	// of an issue is one level above it.
	Level int
}

// Status is one status of a workflow.
type Status struct {
	ID, Name string
	// Category is new, indeterminate or done.
	Category string
}

// Transition is one arrow of a workflow.
type Transition struct {
	ID, Name string
	// From holds names of statuses; empty means all.
	From []string
	To   string
	// Resolution puts the field on the transition's screen, where nothing needs to be chosen:
	// without a choice an issue that is finished gets the first resolution.
	Resolution bool
	// Required are further fields that the screen demands, by ID.
	Required map[string]string
}

// DefaultProject is a project whose workflow needs three hops from To Do to Done.
func DefaultProject(key string) Project {
	return Project{
		Key: key, Name: key + " incidents",
		Types: []IssueType{
			{ID: "10001", Name: "Incident"},
			{ID: "10002", Name: "Task"},
			{ID: "10003", Name: "Sub-task", Level: -1},
			{ID: "10004", Name: "Epic", Level: 1},
		},
		Statuses: []Status{
			{ID: "10000", Name: "To Do", Category: "new"},
			{ID: "3", Name: "In Progress", Category: "indeterminate"},
			{ID: "10001", Name: "In Review", Category: "indeterminate"},
			{ID: "10002", Name: "Done", Category: "done"},
		},
		Transitions: []Transition{
			{ID: "11", Name: "Start", From: []string{"To Do"}, To: "In Progress"},
			{ID: "12", Name: "Stop", From: []string{"In Progress"}, To: "To Do"},
			{ID: "21", Name: "Ask for review", From: []string{"In Progress"}, To: "In Review"},
			{ID: "22", Name: "Send back", From: []string{"In Review"}, To: "In Progress"},
			{ID: "31", Name: "Finish", From: []string{"In Review"}, To: "Done", Resolution: true},
			{ID: "41", Name: "Reopen", From: []string{"Done"}, To: "To Do"},
		},
	}
}

// CompanyManaged is a project as an administrator of Jira Cloud sets one up.
func CompanyManaged(key string) Project {
	p := DefaultProject(key)
	p.SecurityLevels, p.Components = []string{"Incident members"}, []string{"Checkout", "Platform"}
	return p
}

// TeamManaged is a project as a team makes it for itself on Jira Cloud: its sub-tasks are
// called otherwise, and its board has no resolutions.
// https://github.com/turbot/steampipe-plugin-jira/issues/17
func TeamManaged(key string) Project {
	p := DefaultProject(key)
	p.Types = []IssueType{
		{ID: "10101", Name: "Incident"}, {ID: "10102", Name: "Task"}, {ID: "10103", Name: "Subtask", Level: -1}, {ID: "10104", Name: "Epic", Level: 1},
	}
	p.Resolutions = []string{}
	p.Statuses = []Status{
		{ID: "10110", Name: "To Do", Category: "new"}, {ID: "10111", Name: "In Progress", Category: "indeterminate"}, {ID: "10112", Name: "Done", Category: "done"},
	}
	// Every status can be reached from every other one.
	p.Transitions = []Transition{{ID: "11", Name: "To Do", To: "To Do"}, {ID: "21", Name: "In Progress", To: "In Progress"}, {ID: "31", Name: "Done", To: "Done"}}
	return p
}

// Localised is a company-managed project of a site in German.
func Localised(key string) Project {
	p := CompanyManaged(key)
	p.Types = []IssueType{
		{ID: "10201", Name: "Störung"}, {ID: "10202", Name: "Aufgabe"}, {ID: "10203", Name: "Unteraufgabe", Level: -1}, {ID: "10204", Name: "Epos", Level: 1},
	}
	return p
}

// DefaultUsers are made-up people.
func DefaultUsers() []User {
	return []User{
		{Email: "alice@example.com", Name: "Alice Ahmed"},
		{Email: "bob@example.com", Name: "Bob Brown"},
		{Email: "carol@example.com", Name: "Carol Chen"},
		{Email: "dan@example.com", Name: "Dan Diaz"},
	}
}

type project struct {
	Project
	ID     string
	Next   int
	Issues []*issue
}

// AddProject adds a project, unless there is one with its key. Like New it panics on a project
// that contradicts itself.
func (s *Sim) AddProject(p Project) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Projects[p.Key] == nil {
		s.changed()
		s.addProject(p)
	}
}

func (s *Sim) addProject(p Project) {
	if p.Resolutions == nil {
		p.Resolutions = []string{"Done", "Won't Do", "Duplicate"}
	}
	if p.Priorities == nil {
		p.Priorities = []string{"Highest", "High", "Medium", "Low", "Lowest"}
	}
	made := &project{Project: p, ID: strconv.Itoa(10000 + len(s.state.Order)), Next: 1}
	if p.Key == "" || len(p.Types) == 0 || len(p.Statuses) == 0 {
		panic("jirasim: a project needs a key, types and statuses")
	}
	for _, t := range p.Transitions {
		for _, name := range append([]string{t.To}, t.From...) {
			if made.status(name) == nil {
				panic(fmt.Sprintf("jirasim: transition %q names the unknown status %q", t.Name, name))
			}
		}
	}
	s.state.Projects[p.Key] = made
	s.state.Order = append(s.state.Order, made)
}

func (p *project) status(name string) *Status {
	for i := range p.Statuses {
		if strings.EqualFold(p.Statuses[i].Name, name) {
			return &p.Statuses[i]
		}
	}
	return nil
}

func (p *project) issueType(nameOrID string) *IssueType {
	for i := range p.Types {
		if strings.EqualFold(p.Types[i].Name, nameOrID) || p.Types[i].ID == nameOrID {
			return &p.Types[i]
		}
	}
	return nil
}

// leaving lists the transitions out of a status.
func (p *project) leaving(from *Status) []Transition {
	var out []Transition
	for _, t := range p.Transitions {
		if len(t.From) == 0 || slices.ContainsFunc(t.From, func(n string) bool { return strings.EqualFold(n, from.Name) }) {
			out = append(out, t)
		}
	}
	return out
}

// field is a field of the site.
type field struct {
	ID, Name, Kind, Items string
	Required, Hidden      bool
	// NotOnCreate and NotOnEdit take the field off one kind of screen.
	NotOnCreate, NotOnEdit bool
	// Custom is the type of a field that an app brings.
	Custom string
}

// epicLink is the type of the field by which Data Center puts an issue below an epic.
const epicLink = "com.pyxis.greenhopper.jira:gh-epic-link"

// systemFields are the ones that every site has and that Muster may send.
var systemFields = []field{
	{ID: "summary", Name: "Summary", Kind: "string", Required: true},
	{ID: "issuetype", Name: "Issue Type", Kind: "issuetype", Required: true},
	{ID: "project", Name: "Project", Kind: "project", Required: true},
	{ID: "description", Name: "Description", Kind: "string"},
	{ID: "labels", Name: "Labels", Kind: "array", Items: "string"},
	{ID: "parent", Name: "Parent", Kind: "issuelink"},
	{ID: "assignee", Name: "Assignee", Kind: "user"},
	{ID: "duedate", Name: "Due date", Kind: "date"},
	{ID: "priority", Name: "Priority", Kind: "priority"},
	{ID: "components", Name: "Components", Kind: "array", Items: "component"},
	{ID: "reporter", Name: "Reporter", Kind: "user"},
	{ID: "security", Name: "Security Level", Kind: "securitylevel"},
}

func (s *Sim) field(id string) *field {
	for _, f := range s.state.Fields {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// AddField adds a custom field that is on every screen. kind is Jira's schema type: string,
// number, option, user, date, or array.
func (s *Sim) AddField(id, name, kind string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.ensureField(id, name).Kind = kind
}

// RequireField makes a field required when an issue is created, and adds it if it is new.
func (s *Sim) RequireField(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	s.ensureField(id, name).Required = true
}

// FreeField makes a field optional again.
func (s *Sim) FreeField(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	if f := s.field(id); f != nil {
		f.Required = false
	}
}

// HideField takes a field off all screens, so that Jira refuses it, until ShowField.
func (s *Sim) HideField(id string) { s.hide(id, true) }

// ShowField puts a field back on the screens.
func (s *Sim) ShowField(id string) { s.hide(id, false) }

func (s *Sim) hide(id string, hidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	if f := s.field(id); f != nil {
		f.Hidden = hidden
		if !hidden {
			f.NotOnCreate, f.NotOnEdit = false, false
		}
	}
}

// HideFieldOn takes a field off the create screens or the edit screens alone, named "create"
// and "edit"; ShowField puts it back.
func (s *Sim) HideFieldOn(at, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	if f := s.field(id); f != nil {
		f.NotOnCreate = f.NotOnCreate || screen(at) == screenCreate
		f.NotOnEdit = f.NotOnEdit || screen(at) == screenEdit
	}
}

func (s *Sim) ensureField(id, name string) *field {
	f := s.field(id)
	if f == nil {
		f = &field{ID: id, Name: name, Kind: "string"}
		s.state.Fields = append(s.state.Fields, f)
	}
	return f
}
