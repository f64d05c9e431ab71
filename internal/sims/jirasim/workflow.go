package jirasim

import (
	"maps"
	"net/http"
	"slices"
)

// leaving lists what the account may do with the issue: nothing, where it may not transition.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issues/#api-rest-api-2-issue-issueidorkey-transitions-get
func (s *Sim) leaving(i *issue) []Transition {
	if !s.may(transitionIssues) {
		return nil
	}
	return i.Project.leaving(&i.Status)
}

func (s *Sim) listTransitions(r request) answer {
	i := s.see(r, r.PathValue("issue"))
	if i == nil {
		return noIssue()
	}
	list := []map[string]any{}
	withFields := slices.Contains(r.list("expand"), "transitions.fields")
	for _, t := range s.leaving(i) {
		m := map[string]any{
			"id": t.ID, "name": t.Name, "to": s.renderStatus(i.Project.status(t.To)),
			"hasScreen": t.Resolution || len(t.Required) > 0, "isGlobal": len(t.From) == 0, "isInitial": false, "isConditional": false,
		}
		if withFields {
			m["fields"] = i.screen(t)
		}
		list = append(list, m)
	}
	return answer{status: http.StatusOK, body: map[string]any{"expand": "transitions", "transitions": list}}
}

// screen describes the fields of a transition's screen.
func (i *issue) screen(t Transition) map[string]any {
	fields := map[string]any{}
	if t.Resolution {
		allowed := []map[string]any{}
		for n, name := range i.Project.Resolutions {
			allowed = append(allowed, map[string]any{"id": resolutionID(n), "name": name})
		}
		fields["resolution"] = map[string]any{
			"name": "Resolution", "key": "resolution", "required": true, "hasDefaultValue": true,
			"operations": []string{"set"}, "schema": map[string]any{"type": "resolution", "system": "resolution"}, "allowedValues": allowed,
		}
	}
	for id, name := range t.Required {
		fields[id] = map[string]any{
			"name": name, "key": id, "required": true, "hasDefaultValue": false,
			"operations": []string{"set"}, "schema": map[string]any{"type": "string"},
		}
	}
	return fields
}

func (s *Sim) transition(r request) answer {
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
	if u.Transition == nil || u.Transition.ID == "" {
		return refusal(http.StatusBadRequest, "Missing 'transition' identifier")
	}
	leaving := s.leaving(i)
	at := slices.IndexFunc(leaving, func(t Transition) bool { return t.ID == u.Transition.ID })
	if at < 0 {
		return refusal(http.StatusBadRequest, "Transition id '"+u.Transition.ID+"' is not valid for this issue.")
	}
	t := leaving[at]
	onScreen, problems := map[string]bool{"resolution": t.Resolution}, map[string]string{}
	for id, name := range t.Required {
		onScreen[id] = true
		if len(u.Fields[id]) == 0 {
			problems[id] = name + " is required."
		}
	}
	moved := *i
	moved.Fields, moved.Resolution = maps.Clone(i.Fields), ""
	maps.Copy(problems, s.set(&moved, u, screenEdit, onScreen))
	if len(problems) > 0 {
		return fieldRefusal(problems)
	}
	before := *i
	i.Fields = moved.Fields
	i.enter(i.Project.status(t.To), moved.Resolution)
	i.Updated = s.clock.Now()
	s.announce(i, s.state.Bot, "jira:issue_updated", "issue_generic", s.changes(&before, i))
	return answer{status: http.StatusNoContent}
}

// enter moves the issue. As in most workflows, finishing sets a resolution and reopening takes
// it away.
func (i *issue) enter(st *Status, resolution string) {
	i.Status = *st
	switch {
	case st.Category != "done":
		i.Resolution = ""
	case resolution != "":
		i.Resolution = resolution
	case i.Resolution == "" && len(i.Project.Resolutions) > 0:
		i.Resolution = i.Project.Resolutions[0]
	}
}
