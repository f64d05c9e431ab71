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
	Created    time.Time         `json:"created"`
	Updated    time.Time         `json:"updated"`
}

// Link is a remote link of an issue.
type Link struct {
	GlobalID string `json:"global_id"`
	URL      string `json:"url"`
	Title    string `json:"title"`
}

func (s *Sim) copyOf(i *issue) Issue {
	c := Issue{
		ID: strconv.Itoa(i.id), Key: i.key, URL: s.base + "/browse/" + i.key, Project: i.project.Key, Type: i.kind.Name,
		Summary: i.summary, Description: i.description, Status: i.status.Name, Category: i.status.Category, Resolution: i.resolution,
		Due: i.due, Labels: slices.Clone(i.labels), Fields: maps.Clone(i.fields), Properties: map[string]string{},
		Created: i.created, Updated: i.updated,
	}
	if i.assignee != nil {
		c.Owner = i.assignee.Email
	}
	if i.parent != nil {
		c.Parent = i.parent.key
	}
	for key, raw := range i.properties {
		text := string(raw)
		_ = json.Unmarshal(raw, &text) // another type stays as it is written
		c.Properties[key] = text
	}
	for _, m := range i.comments {
		c.Comments = append(c.Comments, Comment{ID: strconv.Itoa(m.id), Body: m.body, Author: m.author.Email, Created: m.created})
	}
	for _, l := range i.links {
		c.Links = append(c.Links, Link{GlobalID: l.globalID, URL: l.url, Title: l.title})
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
	return s.copies(s.issues)
}

// Count says how many issues there are.
func (s *Sim) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// Children lists the issues whose parent is key, oldest first.
func (s *Sim) Children(key string) []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil {
		return nil
	}
	return s.copies(i.children)
}

// IssuesWithLabel lists the issues that carry a label, oldest first.
func (s *Sim) IssuesWithLabel(label string) []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copies(s.byLabel[label])
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
		i.updated = s.clock.Now()
		s.announce(i, person, "jira:issue_updated", event, items)
	}
	return nil
}

// MoveTo puts an issue into a status by name, whatever the workflow says, as the person with
// the address by; an empty one means somebody.
func (s *Sim) MoveTo(key, status, by string) error {
	return s.change(key, by, "issue_generic", func(i *issue) error {
		st := i.project.status(status)
		if st == nil {
			return fmt.Errorf("jirasim: project %s has no status %q", i.project.Key, status)
		}
		i.enter(st, "")
		return nil
	})
}

// Resolve puts an issue into a status with a resolution, both by name.
func (s *Sim) Resolve(key, status, resolution, by string) error {
	return s.change(key, by, "issue_generic", func(i *issue) error {
		st := i.project.status(status)
		if st == nil || !slices.Contains(i.project.Resolutions, resolution) {
			return fmt.Errorf("jirasim: project %s has no status %q or no resolution %q", i.project.Key, status, resolution)
		}
		i.enter(st, resolution)
		return nil
	})
}

// Assign gives an issue to the person with the address owner, or to nobody if it is empty.
func (s *Sim) Assign(key, owner, by string) error {
	return s.change(key, by, "issue_assigned", func(i *issue) error {
		if owner == "" {
			i.assignee = nil
			return nil
		}
		user, err := s.person(owner)
		i.assignee = user
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
		if problem := setDate(&i.due, raw); problem != "" {
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
		s.relabel(i, changed.labels)
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
	for _, child := range i.children {
		if child.kind.Level < 0 {
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
		project: i.project, kind: i.kind, summary: "CLONE - " + i.summary, description: i.description, labels: slices.Clone(i.labels),
		parent: i.parent, reporter: i.reporter, due: i.due, status: &i.project.Statuses[0],
		fields: maps.Clone(i.fields), properties: map[string]json.RawMessage{},
	}
	s.insert(c)
	s.announce(c, s.users[0], "jira:issue_created", "issue_created", nil)
	return c.key, nil
}

// Rename changes an issue's key, as moving it to another project does. The old key goes on
// finding it.
func (s *Sim) Rename(key, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(key)
	if i == nil || s.byKey[to] != nil {
		return fmt.Errorf("jirasim: cannot move %q to %q", key, to)
	}
	s.changed()
	i.former = append(i.former, i.key)
	i.key = to
	s.byKey[to] = i
	return nil
}
