package jirasim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const stamp = "2006-01-02T15:04:05.000-0700"

// render shows an issue as Jira does. No fields, or *all, means all.
func (s *Sim) render(i *issue, fields, properties []string) map[string]any {
	m := map[string]any{"expand": "", "id": strconv.Itoa(i.ID), "key": i.Key, "self": s.self(i)}
	m["fields"] = s.renderFields(i, fields)
	if len(properties) > 0 {
		shown := map[string]json.RawMessage{}
		for key, value := range i.Properties {
			if slices.Contains(properties, key) || slices.Contains(properties, "*all") {
				shown[key] = value
			}
		}
		m["properties"] = shown
	}
	return m
}

func (s *Sim) renderFields(i *issue, wanted []string) map[string]any {
	all := len(wanted) == 0 || slices.Contains(wanted, "*all") || slices.Contains(wanted, "*navigable")
	m := map[string]any{}
	put := func(name string, value func() any) {
		if all || slices.Contains(wanted, name) {
			m[name] = value()
		}
	}
	put("summary", func() any { return i.Summary })
	put("description", func() any { return orNull(i.Description) })
	put("labels", func() any { return append([]string{}, i.Labels...) })
	put("duedate", func() any { return orNull(i.Due) })
	put("status", func() any { return s.renderStatus(&i.Status) })
	put("resolution", func() any { return i.renderResolution() })
	put("assignee", func() any { return userOrNull(s.renderUser(i.Assignee)) })
	put("reporter", func() any { return userOrNull(s.renderUser(i.Reporter)) })
	put("creator", func() any { return userOrNull(s.renderUser(i.Reporter)) })
	put("issuetype", func() any { return s.renderType(&i.Kind) })
	put("project", func() any { return map[string]any{"id": i.Project.ID, "key": i.Project.Key, "name": i.Project.Name} })
	put("created", func() any { return i.Created.Format(stamp) })
	put("updated", func() any { return i.Updated.Format(stamp) })
	put("subtasks", func() any { return s.renderSubtasks(i) })
	put("issuelinks", func() any { return s.renderRelated(i) })
	if i.Parent != nil && (s.cloud() || i.Kind.Level < 0) {
		put("parent", func() any { return s.renderBrief(i.Parent) })
	}
	for id, value := range i.Fields {
		put(id, func() any { return value })
	}
	return m
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// userOrNull keeps a nil map from being shown as a user without anything.
func userOrNull(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// renderType shows the level on Cloud only.
func (s *Sim) renderType(t *IssueType) map[string]any {
	m := map[string]any{"id": t.ID, "name": t.Name, "subtask": t.Level < 0}
	if s.cloud() {
		m["hierarchyLevel"] = t.Level
	}
	return m
}

var categories = map[string]struct {
	id          int
	name, color string
}{
	"new": {2, "To Do", "blue-gray"}, "indeterminate": {4, "In Progress", "yellow"}, "done": {3, "Done", "green"},
}

func (s *Sim) renderStatus(st *Status) map[string]any {
	c := categories[st.Category]
	return map[string]any{
		"self": s.base + api + "/status/" + st.ID, "id": st.ID, "name": st.Name, "description": "",
		"statusCategory": map[string]any{
			"self": fmt.Sprintf("%s%s/statuscategory/%d", s.base, api, c.id), "id": c.id, "key": st.Category, "name": c.name, "colorName": c.color,
		},
	}
}

func resolutionID(n int) string { return strconv.Itoa(10000 + n) }

func (i *issue) renderResolution() any {
	n := slices.Index(i.Project.Resolutions, i.Resolution)
	if n < 0 {
		return nil
	}
	return map[string]any{"id": resolutionID(n), "name": i.Resolution, "description": ""}
}

func (s *Sim) renderBrief(i *issue) map[string]any {
	return s.render(i, []string{"summary", "status", "issuetype"}, nil)
}

// renderSubtasks lists sub-tasks only: the children of an epic are not among them.
func (s *Sim) renderSubtasks(i *issue) []map[string]any {
	list := []map[string]any{}
	for _, child := range i.Children {
		if child.Kind.Level < 0 {
			list = append(list, s.renderBrief(child))
		}
	}
	return list
}

func (s *Sim) renderRelated(i *issue) []map[string]any {
	list := []map[string]any{}
	for _, l := range i.Related {
		other := s.find(l.Other)
		if other == nil {
			continue
		}
		list = append(list, map[string]any{"type": map[string]any{"name": l.Kind}, l.Side: s.renderBrief(other)})
	}
	return list
}

// changes is the changelog between two states of an issue.
func (s *Sim) changes(before, after *issue) []map[string]any {
	items := []map[string]any{}
	add := func(field string, from, fromText, to, toText any) {
		if from != to || fromText != toText {
			items = append(items, map[string]any{
				"field": field, "fieldId": field, "fieldtype": "jira", "from": from, "fromString": fromText, "to": to, "toString": toText,
			})
		}
	}
	if before.Project != after.Project {
		add("project", before.Project.ID, before.Project.Name, after.Project.ID, after.Project.Name)
	}
	add("Key", nil, before.Key, nil, after.Key)
	add("issuetype", before.Kind.ID, before.Kind.Name, after.Kind.ID, after.Kind.Name)
	if before.Parent != after.Parent {
		add("IssueParentAssociation", nil, parentKey(before), nil, parentKey(after))
	}
	add("summary", nil, before.Summary, nil, after.Summary)
	add("description", nil, orNull(before.Description), nil, orNull(after.Description))
	add("labels", nil, strings.Join(before.Labels, " "), nil, strings.Join(after.Labels, " "))
	add("duedate", orNull(before.Due), orNull(before.Due), orNull(after.Due), orNull(after.Due))
	add("resolution", nil, orNull(before.Resolution), nil, orNull(after.Resolution))
	add("status", before.Status.ID, before.Status.Name, after.Status.ID, after.Status.Name)
	if before.Assignee != after.Assignee {
		var was, is User
		if before.Assignee != nil {
			was = *before.Assignee
		}
		if after.Assignee != nil {
			is = *after.Assignee
		}
		add("assignee", orNull(was.AccountID), orNull(was.Name), orNull(is.AccountID), orNull(is.Name))
	}
	return items
}

func parentKey(i *issue) any {
	if i.Parent == nil {
		return nil
	}
	return i.Parent.Key
}

// announce sends the webhook about a change. Jira promises no order, and keeps none.
func (s *Sim) announce(i *issue, by *User, event, name string, items []map[string]any) {
	if s.Webhooks.Target() == "" {
		return
	}
	payload := map[string]any{
		"timestamp": s.clock.Now().UnixMilli(), "webhookEvent": event, "issue_event_type_name": name,
		"user": s.renderUser(by), "issue": s.render(i, nil, nil),
	}
	if len(items) > 0 {
		payload["changelog"] = map[string]any{"id": strconv.Itoa(s.state.Delivery + 10000), "items": items}
	}
	s.deliver(event, payload)
}

func (s *Sim) announceComment(i *issue, c *comment) {
	if s.Webhooks.Target() == "" {
		return
	}
	s.deliver("comment_created", map[string]any{
		"timestamp": s.clock.Now().UnixMilli(), "webhookEvent": "comment_created",
		"comment": s.renderComment(i, c, false), "issue": s.render(i, []string{"summary", "issuetype", "project", "status", "labels", "assignee"}, nil),
	})
}

// Comment is a comment on an issue.
type Comment struct {
	ID      string    `json:"id"`
	Body    string    `json:"body"`
	Author  string    `json:"author"`
	Created time.Time `json:"created"`
}
