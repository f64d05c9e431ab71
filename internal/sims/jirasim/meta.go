package jirasim

import (
	"net/http"
	"strings"
)

func (s *Sim) getProject(r request) answer {
	p := s.seeProject(r, r.PathValue("project"))
	if p == nil {
		return refusal(http.StatusNotFound, "No project could be found with key '"+r.PathValue("project")+"'.")
	}
	types := []map[string]any{}
	for i := range p.Types {
		types = append(types, s.renderType(&p.Types[i]))
	}
	return answer{status: http.StatusOK, body: map[string]any{"id": p.ID, "key": p.Key, "name": p.Name, "issueTypes": types, "archived": s.state.Survey.Archived[p.Key]}}
}

func (s *Sim) listFields(request) answer {
	list := []map[string]any{}
	for _, f := range s.state.Fields {
		list = append(list, map[string]any{
			"id": f.ID, "key": f.ID, "name": f.Name, "custom": strings.HasPrefix(f.ID, "customfield_"), "schema": f.schema(),
		})
	}
	return answer{status: http.StatusOK, body: list}
}

func (f *field) schema() map[string]any {
	schema := map[string]any{"type": f.Kind}
	if f.Custom != "" {
		schema["custom"] = f.Custom
	}
	if f.Items != "" {
		schema["items"] = f.Items
	}
	return schema
}

// metaPage names the list as the deployment does.
func (s *Sim) metaPage(cloudName string, list []map[string]any) answer {
	name := cloudName
	if !s.cloud() {
		name = "values"
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"startAt": 0, "maxResults": 200, "total": len(list), "isLast": true, name: list,
	}}
}

func (s *Sim) metaTypes(r request, project string) answer {
	p := s.seeProject(r, project)
	if p == nil {
		return refusal(http.StatusNotFound, "No project could be found with key '"+project+"'.")
	}
	list := []map[string]any{}
	for i := range p.Types {
		list = append(list, s.renderType(&p.Types[i]))
	}
	return s.metaPage("issueTypes", list)
}

func (s *Sim) metaFields(r request) answer {
	p := s.seeProject(r, r.PathValue("project"))
	if p == nil || p.issueType(r.PathValue("type")) == nil {
		return refusal(http.StatusNotFound, "No issue type could be found.")
	}
	kind := p.issueType(r.PathValue("type"))
	list := []map[string]any{}
	for _, f := range s.state.Fields {
		if !s.settable(f, screenCreate) {
			continue
		}
		list = append(list, map[string]any{
			"fieldId": f.ID, "key": f.ID, "name": f.Name, "operations": []string{"set"}, "schema": f.schema(),
			"required":        f.Required || f.ID == "reporter" || (f.ID == "parent" && kind.Level < 0),
			"hasDefaultValue": f.ID == "priority" || f.ID == "reporter",
		})
	}
	return s.metaPage("fields", list)
}

func (s *Sim) serverInfo(request) answer {
	kind, version := "Cloud", "1001.0.0-SNAPSHOT"
	if !s.cloud() {
		kind, version = "Server", s.options.Version
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"baseUrl": s.base, "deploymentType": kind, "version": version, "serverTitle": "Jira (simulated)",
		"serverTime": s.clock.Now().Format(stamp),
	}}
}
