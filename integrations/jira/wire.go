package jira

import (
	"cmp"
	"encoding/json"
	"strings"

	"muster/incident"
)

// propertyKey is the entity property of issues and comments that holds Muster's key in full.
const propertyKey = "muster.key"

// What follows is the part of Jira's answers that is read here.

type wireIssue struct {
	ID         string                     `json:"id"`
	Key        string                     `json:"key"`
	Fields     wireFields                 `json:"fields"`
	Properties map[string]json.RawMessage `json:"properties"`
}

type wireFields struct {
	Summary    string      `json:"summary"`
	Status     *wireStatus `json:"status"`
	Resolution *wireNamed  `json:"resolution"`
	Assignee   *wireUser   `json:"assignee"`
	DueDate    string      `json:"duedate"`
	Labels     []string    `json:"labels"`
	Subtasks   []wireIssue `json:"subtasks"`
	Parent     *wireIssue  `json:"parent"`
	Updated    string      `json:"updated"`
}

type wireNamed struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

type wireStatus struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Category struct {
		Key string `json:"key"`
	} `json:"statusCategory"`
}

// done reports that Jira counts the status as finished. The category's key is one of new,
// indeterminate, done and undefined, whatever the status and the category are called.
func (s *wireStatus) done() bool { return s != nil && s.Category.Key == "done" }

type wireUser struct {
	AccountID   string `json:"accountId"`
	AccountType string `json:"accountType"`
	Name        string `json:"name"` // Data Center
	Key         string `json:"key"`  // Data Center
	Email       string `json:"emailAddress"`
	DisplayName string `json:"displayName"`
	Active      bool   `json:"active"`
}

func (u *wireUser) id() string {
	if u.AccountID != "" {
		return u.AccountID
	}
	return u.Name
}

// stateFields are the fields that state reads.
var stateFields = []string{"summary", "status", "resolution", "assignee", "duedate", "parent", "updated"}

// state is what the tracker says, in Muster's words. emailOf finds the address of a person
// whose profile hides it.
func (i *wireIssue) state(emailOf func(id string) string) incident.IssueState {
	s := incident.IssueState{ID: i.ID, Key: i.Key, Title: i.Fields.Summary, Due: incident.Date(i.Fields.DueDate)}
	if updated, ok := parseTime(i.Fields.Updated); ok {
		s.Updated = updated.UTC()
	}
	if i.Fields.Status != nil {
		s.Status, s.Done = i.Fields.Status.Name, i.Fields.Status.done()
	}
	if i.Fields.Resolution != nil {
		s.Resolution = i.Fields.Resolution.Name
	}
	if i.Fields.Parent != nil {
		s.Parent = i.Fields.Parent.ID
	}
	if a := i.Fields.Assignee; a != nil {
		s.Owner, s.OwnerID = a.Email, a.id()
		if s.Owner == "" && emailOf != nil {
			s.Owner = emailOf(a.id())
		}
		if s.Owner == "" {
			s.OwnerName = incident.NameOnly(cmp.Or(a.DisplayName, a.id()), "Jira user "+a.id())
		}
	}
	return s
}

// musterKey is the key in the issue's property, empty when it has none.
func (i *wireIssue) musterKey() string {
	var key string
	if json.Unmarshal(i.Properties[propertyKey], &key) != nil {
		return ""
	}
	return key
}

// younger orders issue IDs, which are numbers that only grow.
func younger(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
