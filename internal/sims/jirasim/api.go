package jirasim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Issue is an issue as it is at the moment it is asked for.
type Issue struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	URL         string `json:"url"`
	Project     string `json:"project"`
	Type        string `json:"type"`
	Summary     string `json:"summary"`
	Description string `json:"description,omitempty"`
	Status      string `json:"status"`
	// Category is new, indeterminate or done.
	Category   string   `json:"category"`
	Resolution string   `json:"resolution,omitempty"`
	Owner      string   `json:"owner,omitempty"` // e-mail address
	Due        string   `json:"due,omitempty"`
	Labels     []string `json:"labels,omitempty"`
	Parent     string   `json:"parent,omitempty"`
	// Fields are the other fields, by ID.
	Fields map[string]any `json:"fields,omitempty"`
	// Properties are the entity properties; a value that is text is shown without its quotes.
	Properties map[string]string `json:"properties,omitempty"`
	Comments   []Comment         `json:"comments,omitempty"`
	Links      []Link            `json:"links,omitempty"`
	Related    []Relation        `json:"related,omitempty"`
	Created    time.Time         `json:"created"`
	Updated    time.Time         `json:"updated"`
}

// Relation is one end of a link between two issues. Side is outwardIssue on the issue that, for
// Kind Duplicate, is the duplicate.
type Relation struct {
	Kind  string `json:"kind"`
	Side  string `json:"side"`
	Other string `json:"other"`
}

// Link is a remote link of an issue.
type Link struct {
	GlobalID string `json:"global_id"`
	URL      string `json:"url"`
	Title    string `json:"title"`
}

func (s *Sim) copyOf(i *issue) Issue {
	c := Issue{
		ID: strconv.Itoa(i.ID), Key: i.Key, URL: s.base + "/browse/" + i.Key, Project: i.Project.Key, Type: i.Kind.Name,
		Summary: i.Summary, Description: i.Description, Status: i.Status.Name, Category: i.Status.Category, Resolution: i.Resolution,
		Due: i.Due, Labels: slices.Clone(i.Labels), Fields: maps.Clone(i.Fields), Properties: map[string]string{},
		Created: i.Created, Updated: i.Updated,
	}
	if i.Assignee != nil {
		c.Owner = i.Assignee.Email
	}
	if i.Parent != nil {
		c.Parent = i.Parent.Key
	}
	for key, raw := range i.Properties {
		text := string(raw)
		_ = json.Unmarshal(raw, &text) // another type stays as it is written
		c.Properties[key] = text
	}
	for _, m := range i.Comments {
		c.Comments = append(c.Comments, Comment{ID: strconv.Itoa(m.ID), Body: m.Body, Author: m.Author.Email, Created: m.Created})
	}
	for _, l := range i.Links {
		c.Links = append(c.Links, Link{GlobalID: l.GlobalID, URL: l.URL, Title: l.Title})
	}
	for _, l := range i.Related {
		c.Related = append(c.Related, Relation(l))
	}
	return c
}

// Issue finds an issue by key or ID.
func (s *Sim) Issue(key string) (Issue, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return Issue{}, false
	}
	return s.copyOf(i), true
}

// Issues lists all issues, oldest first.
func (s *Sim) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copies(s.state.Issues)
}

// Count says how many issues there are.
func (s *Sim) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Live
}

// Children lists the issues whose parent is key, oldest first.
func (s *Sim) Children(key string) []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return nil
	}
	return s.copies(i.Children)
}

// IssuesWithLabel lists the issues that carry a label, oldest first.
func (s *Sim) IssuesWithLabel(label string) []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copies(s.state.ByLabel[label])
}

func (s *Sim) copies(issues []*issue) []Issue {
	list := make([]Issue, 0, len(issues))
	for _, i := range issues {
		if i != nil {
			list = append(list, s.copyOf(i))
		}
	}
	slices.SortFunc(list, func(a, b Issue) int { return a.Created.Compare(b.Created) })
	return list
}

// change does something to an issue as a person, and sends the webhook about it.
func (s *Sim) change(key, by, event string, apply func(*issue) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return fmt.Errorf("jirasim: there is no issue %q", key)
	}
	person, err := s.person(by)
	if err != nil {
		return err
	}
	s.changed()
	before := *i
	if err := apply(i); err != nil {
		return err
	}
	if items := s.changes(&before, i); len(items) > 0 {
		i.Updated = s.clock.Now()
		s.announce(i, person, "jira:issue_updated", event, items)
	}
	return nil
}

// MoveTo puts an issue into a status by name, whatever the workflow says, as the person with
// the address by; an empty one means somebody.
func (s *Sim) MoveTo(key, status, by string) error {
	return s.change(key, by, "issue_generic", func(i *issue) error {
		st := i.Project.status(status)
		if st == nil {
			return fmt.Errorf("jirasim: project %s has no status %q", i.Project.Key, status)
		}
		i.enter(st, "")
		return nil
	})
}

// Resolve puts an issue into a status with a resolution, both by name.
func (s *Sim) Resolve(key, status, resolution, by string) error {
	return s.change(key, by, "issue_generic", func(i *issue) error {
		st := i.Project.status(status)
		if st == nil || !slices.Contains(i.Project.Resolutions, resolution) {
			return fmt.Errorf("jirasim: project %s has no status %q or no resolution %q", i.Project.Key, status, resolution)
		}
		i.enter(st, resolution)
		return nil
	})
}

// Assign gives an issue to the person with the address owner, or to nobody if it is empty.
func (s *Sim) Assign(key, owner, by string) error {
	return s.change(key, by, "issue_assigned", func(i *issue) error {
		if owner == "" {
			i.Assignee = nil
			return nil
		}
		user, err := s.person(owner)
		i.Assignee = user
		return err
	})
}

// SetDue sets the due date, written 2026-11-30, or takes it away if it is empty.
func (s *Sim) SetDue(key, due, by string) error {
	return s.change(key, by, "issue_updated", func(i *issue) error {
		raw, err := json.Marshal(due)
		if err != nil {
			return err
		}
		if problem := setDate(&i.Due, raw); problem != "" {
			return fmt.Errorf("jirasim: %s", problem)
		}
		return nil
	})
}

// SetLabels replaces the labels.
func (s *Sim) SetLabels(key string, labels []string, by string) error {
	return s.change(key, by, "issue_updated", func(i *issue) error {
		changed := *i
		if problem := changed.setLabels(labels); problem != "" {
			return fmt.Errorf("jirasim: %s", problem)
		}
		s.relabel(i, changed.Labels)
		return nil
	})
}

// Delete deletes an issue with its sub-tasks.
func (s *Sim) Delete(key, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return fmt.Errorf("jirasim: there is no issue %q", key)
	}
	person, err := s.person(by)
	if err != nil {
		return err
	}
	s.changed()
	s.announce(i, person, "jira:issue_deleted", "issue_deleted", nil)
	for _, child := range i.Children {
		if child.Kind.Level < 0 {
			s.announce(child, person, "jira:issue_deleted", "issue_deleted", nil)
		}
	}
	s.remove(i)
	return nil
}

// Clone copies an issue as a person does in Jira: with its labels, without its properties.
func (s *Sim) Clone(key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return "", fmt.Errorf("jirasim: there is no issue %q", key)
	}
	s.changed()
	c := &issue{
		Project: i.Project, Kind: i.Kind, Summary: "CLONE - " + i.Summary, Description: i.Description, Labels: slices.Clone(i.Labels),
		Parent: i.Parent, Reporter: i.Reporter, Due: i.Due, Status: i.Project.Statuses[0],
		Fields: maps.Clone(i.Fields), Properties: map[string]json.RawMessage{},
	}
	s.insert(c)
	s.announce(c, s.state.Users[0], "jira:issue_created", "issue_created", nil)
	return c.Key, nil
}

// Move moves an issue to another project as a person does: it gets a key of that project, keeps its ID,
// and is found by its old key as well. It returns the new key.
func (s *Sim) Move(key, project, by string) (string, error) {
	var moved string
	err := s.change(key, by, "issue_moved", func(i *issue) error {
		to := s.project(project)
		if to == nil {
			return fmt.Errorf("jirasim: there is no project %q", project)
		}
		i.Former = append(i.Former, i.Key)
		i.Project.Issues = slices.DeleteFunc(i.Project.Issues, func(other *issue) bool { return other == i })
		i.Project = to
		i.Key = to.Key + "-" + strconv.Itoa(to.Next)
		to.Next++
		to.Issues = append(to.Issues, i)
		s.state.ByKey[i.Key] = i
		if st := to.status(i.Status.Name); st != nil {
			i.Status = *st
		} else {
			i.Status = to.Statuses[0]
		}
		moved = i.Key
		return nil
	})
	return moved, err
}

// Reparent puts an issue below another one, or below none if parent is empty.
func (s *Sim) Reparent(key, parent, by string) error {
	return s.change(key, by, "issue_updated", func(i *issue) error {
		to := s.find(parent)
		if parent != "" && to == nil {
			return fmt.Errorf("jirasim: there is no issue %q", parent)
		}
		if i.Parent != nil {
			i.Parent.Children = slices.DeleteFunc(i.Parent.Children, func(other *issue) bool { return other == i })
		}
		if i.Parent = to; to != nil {
			to.Children = append(to.Children, i)
		}
		return nil
	})
}

// Convert makes an issue one of another type, by name; what is no sub-task any more loses its parent.
func (s *Sim) Convert(key, kind, by string) error {
	return s.change(key, by, "issue_updated", func(i *issue) error {
		to := i.Project.issueType(kind)
		if to == nil {
			return fmt.Errorf("jirasim: project %s has no type %q", i.Project.Key, kind)
		}
		i.Kind = *to
		if to.Level >= 0 && i.Parent != nil && i.Parent.Kind.Level != to.Level+1 {
			i.Parent.Children = slices.DeleteFunc(i.Parent.Children, func(other *issue) bool { return other == i })
			i.Parent = nil
		}
		return nil
	})
}

// SetSummary gives an issue another summary.
func (s *Sim) SetSummary(key, summary, by string) error {
	return s.change(key, by, "issue_updated", func(i *issue) error {
		raw, err := json.Marshal(summary)
		if err != nil {
			return err
		}
		if problem := i.setSummary(raw); problem != "" {
			return fmt.Errorf("jirasim: %s", problem)
		}
		return nil
	})
}

// FileChild files an issue of a type below another one by hand, and returns its key.
func (s *Sim) FileChild(parent, kind, summary, by string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	above := s.find(parent)
	if above == nil {
		return "", fmt.Errorf("jirasim: there is no issue %q", parent)
	}
	person, err := s.person(by)
	if err != nil {
		return "", err
	}
	to := above.Project.issueType(kind)
	if to == nil {
		return "", fmt.Errorf("jirasim: project %s has no type %q", above.Project.Key, kind)
	}
	s.changed()
	i := &issue{
		Project: above.Project, Kind: *to, Summary: summary, Parent: above, Reporter: person, Status: above.Project.Statuses[0],
		Fields: map[string]any{}, Properties: map[string]json.RawMessage{},
	}
	s.insert(i)
	s.announce(i, person, "jira:issue_created", "issue_created", nil)
	return i.Key, nil
}

// Rename changes an issue's key, as moving it to another project does. The old key goes on
// finding it.
func (s *Sim) Rename(key, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil || s.state.ByKey[to] != nil {
		return fmt.Errorf("jirasim: cannot move %q to %q", key, to)
	}
	s.changed()
	i.Former = append(i.Former, i.Key)
	i.Key = to
	s.state.ByKey[to] = i
	return nil
}
