package jira

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type metaField struct {
	ID         string `json:"fieldId"`
	Name       string `json:"name"`
	Required   bool   `json:"required"`
	HasDefault bool   `json:"hasDefaultValue"`
}

// checkScreen compares a type's create screen with what Muster and the playbook send.
func (s *survey) checkScreen(ctx context.Context, w wantedType, t *metaType) error {
	var meta struct {
		Cloud      []metaField `json:"fields"`
		DataCenter []metaField `json:"values"`
	}
	get := call{
		op: "createmeta.get", method: http.MethodGet, path: s.typesPath() + "/" + url.PathEscape(t.ID),
		query: url.Values{"maxResults": {"200"}}, out: &meta,
	}
	if err := s.c.do(ctx, get); err != nil {
		return err
	}
	fields := slices.Concat(meta.Cloud, meta.DataCenter)
	subject := "issue type " + t.Name
	before := len(s.found)
	setting, filled := "tracker.fields", s.want.Fields
	if w.child {
		setting, filled = "tracker.follow_up_fields", s.want.FollowUpFields
	}
	onScreen := map[string]bool{}
	for _, f := range fields {
		onScreen[f.ID] = true
		if f.Required && !f.HasDefault && !sentAlways(f.ID, t.Subtask) && !fills(filled, f) {
			s.say(broken(subject, "fill "+setting+"."+f.ID+" in the playbook, or make it optional in Jira",
				"its create screen requires %q (%s), which the playbook does not fill, so Jira refuses these issues", f.Name, f.ID))
		}
	}
	for name := range filled {
		if !slices.ContainsFunc(fields, func(f metaField) bool { return f.ID == name || strings.EqualFold(f.Name, strings.TrimSpace(name)) }) {
			s.say(broken(subject, "put it on the create screen in Jira, or remove it from "+setting,
				"%s fills %q, which is not on its create screen, so Jira refuses these issues", setting, name))
		}
	}
	for _, o := range optionalFields {
		if !onScreen[o.id] {
			f := broken(subject, offScreenMend(opCreate, o.id), "%s is not on the create screen: %s", ownFieldsNames[o.id], o.without)
			f.Warning = o.bearable
			s.say(f)
		}
	}
	if len(s.found) == before {
		s.say(fine(subject, "usable"))
	}
	return nil
}

// optionalFields are those that Muster sends and a screen may lack.
var optionalFields = []struct {
	id, without string
	bearable    bool
}{
	{"labels", "Muster does not find its own issues again", false},
	{"description", "Jira refuses these issues", false},
	{"duedate", "Jira shows no due dates", true},
	{"assignee", "issues stay unassigned", true},
}

// sentAlways tells what every create holds. A due date and an owner may be absent, so a screen that
// requires them is not content with Muster. Jira itself fills in the reporter.
func sentAlways(id string, subtask bool) bool {
	switch id {
	case "project", "issuetype", "summary", "description", "labels", "reporter":
		return true
	case "parent":
		return subtask
	}
	return false
}

// fills reports whether the playbook fills a field, by its ID or its name.
func fills(filled map[string]any, f metaField) bool {
	for name := range filled {
		if name == f.ID || strings.EqualFold(strings.TrimSpace(name), f.Name) {
			return true
		}
	}
	return false
}
