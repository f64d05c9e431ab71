package jira

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"muster/incident"
)

type metaType struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Subtask bool   `json:"subtask"`
	// Level is Cloud's place in the hierarchy: 1 for an epic, 0 for most, -1 for a sub-task.
	Level *int `json:"hierarchyLevel"`
}

// wantedType is a type that the playbook names, with the key under which it does.
type wantedType struct {
	name, key string
	child     bool
}

func (s *survey) wantedTypes() []wantedType {
	all := []wantedType{
		{s.want.IncidentType, "tracker.incident_type", false},
		{s.want.FollowUpType, "tracker.follow_up_type", true},
		{s.want.ReviewType, "tracker.review_type", true},
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(w wantedType) bool {
		name := strings.ToLower(strings.TrimSpace(w.name))
		place := fmt.Sprint(w.child, name) // the same type may fit as a parent and not as a child
		known := name == "" || seen[place]
		seen[place] = true
		return known
	})
}

func (s *survey) typesPath() string {
	return "issue/createmeta/" + url.PathEscape(s.want.Project) + "/issuetypes"
}

func (s *survey) checkTypes(ctx context.Context) error {
	var answer struct {
		Cloud      []metaType `json:"issueTypes"`
		DataCenter []metaType `json:"values"`
	}
	get := call{op: "createmeta.get", method: http.MethodGet, path: s.typesPath(), query: url.Values{"maxResults": {"200"}}, out: &answer}
	if err := s.c.do(ctx, get); err != nil {
		return err
	}
	s.types = slices.Concat(answer.Cloud, answer.DataCenter)
	for _, w := range s.wantedTypes() {
		t := s.typeNamed(w.name)
		if t == nil {
			s.say(s.absentType(w))
			continue
		}
		if f, misplaced := s.misplaced(w, t); misplaced {
			s.say(f)
			continue
		}
		if err := s.checkScreen(ctx, w, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *survey) typeNamed(name string) *metaType {
	at := slices.IndexFunc(s.types, func(t metaType) bool { return strings.EqualFold(t.Name, strings.TrimSpace(name)) })
	if at < 0 {
		return nil
	}
	return &s.types[at]
}

// absentType proposes the project's own type. Team-managed projects say Subtask where others say
// Sub-task, and every language has a word of its own, so sub-tasks are known by their mark.
func (s *survey) absentType(w wantedType) Finding {
	subject := "issue type " + w.name
	if w.child {
		if sub := slices.IndexFunc(s.types, func(t metaType) bool { return t.Subtask }); sub >= 0 {
			return warning(subject, "write "+w.key+": "+s.types[sub].Name+" in the playbook",
				"project %s has no type of this name; its type for sub-tasks is called %s", s.want.Project, s.types[sub].Name)
		}
		return broken(subject, "add a sub-task type to the project in Jira, or name in "+w.key+" one of "+typeNames(s.types),
			"project %s has no such type and none for sub-tasks, so these issues cannot be made", s.want.Project)
	}
	return broken(subject, "write in "+w.key+" of the playbook one of "+typeNames(s.types), "not in project %s, so these issues cannot be made", s.want.Project)
}

// misplaced tells of a type that Jira refuses in its place: a parent that is a sub-task, or a child
// that is not one step below its parent.
func (s *survey) misplaced(w wantedType, t *metaType) (Finding, bool) {
	subject := "issue type " + t.Name
	if !w.child {
		return broken(subject, "name another type in "+w.key, "it is for sub-tasks, and an incident's issue has no parent"), t.Subtask
	}
	parent := s.typeNamed(s.want.IncidentType)
	if t.Subtask || parent == nil || s.mayBeBelow(t.kind(), parent.kind()) {
		return Finding{}, false
	}
	mend := "name a sub-task type in " + w.key + ", or in tracker.incident_type a type one step above " + t.Name
	return broken(subject, mend, "Jira does not take it as a child of %s, which is not one step above it", parent.Name), true
}

// mayBeBelow goes by the levels of Jira Cloud, by the names of types where it tells none, and by what
// Data Center can do: put an issue below an epic.
func (s *survey) mayBeBelow(child, parent issueKind) bool {
	if s.c.cloud && (child.Level == nil || parent.Level == nil) {
		return !isEpic(child)
	}
	return s.c.site.below(child, parent)
}

// kind is the type as the rest of the client knows it.
func (t *metaType) kind() issueKind {
	return issueKind{ID: t.ID, Name: t.Name, Subtask: t.Subtask, Level: t.Level}
}

func typeNames(types []metaType) string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		names = append(names, t.Name)
	}
	return incident.Clip(strings.Join(names, ", "), maxReason)
}
