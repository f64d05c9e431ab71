package jirasim

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// survey is what only somebody who looks after the site asks about.
type survey struct {
	Archived map[string]bool // by project key
	Hooks    []Hook
	// Admin reports that the account may see webhooks, which takes Administer Jira.
	Admin  bool
	Tokens []PersonalToken
}

// Hook is a webhook that an administrator registered.
// https://developer.atlassian.com/cloud/jira/platform/webhooks/#registering-a-webhook-using-the-rest-api
type Hook struct {
	Name, URL string
	Events    []string
	// JQL restricts the issues; empty means all of them.
	JQL      string
	Disabled bool
	// ExcludeBody leaves the issue out of what is sent.
	ExcludeBody bool
}

// PersonalToken is one of the account's personal access tokens on Data Center.
type PersonalToken struct {
	Name    string
	Expires time.Time // zero is never
}

var surveyRoutes = []route{
	{"GET " + api + "/project/{project}/statuses", "project.statuses", (*Sim).projectStatuses},
	{"GET " + api + "/resolution", "resolution.list", (*Sim).listResolutions},
	{"GET " + api + "/priority", "priority.list", (*Sim).listPriorities},
	{"GET /rest/webhooks/1.0/webhook", "webhooks.list", (*Sim).listHooks},
}

var tokenRoutes = []route{
	{"GET /rest/pat/latest/tokens", "tokens.list", (*Sim).listTokens},
}

// ArchiveProject archives a project or, with false, restores it.
func (s *Sim) ArchiveProject(key string, archived bool) {
	s.survey(func(v *survey) {
		if v.Archived == nil {
			v.Archived = map[string]bool{}
		}
		v.Archived[key] = archived
	})
}

// RegisterHook adds a webhook to what an administrator sees. It sends nothing: Sim.Webhooks does.
func (s *Sim) RegisterHook(h Hook) { s.survey(func(v *survey) { v.Hooks = append(v.Hooks, h) }) }

// SetAdmin gives or takes Administer Jira.
func (s *Sim) SetAdmin(admin bool) { s.survey(func(v *survey) { v.Admin = admin }) }

// AddToken adds one to the account's personal access tokens.
func (s *Sim) AddToken(t PersonalToken) {
	s.survey(func(v *survey) { v.Tokens = append(v.Tokens, t) })
}

func (s *Sim) survey(change func(*survey)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
	change(&s.state.Survey)
}

// projectStatuses lists the statuses of each type's workflow. It says nothing of transitions.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-projects/#api-rest-api-2-project-projectidorkey-statuses-get
func (s *Sim) projectStatuses(r request) answer {
	p := s.seeProject(r, r.PathValue("project"))
	if p == nil {
		return refusal(http.StatusNotFound, "No project could be found with key '"+r.PathValue("project")+"'.")
	}
	list := []map[string]any{}
	for i := range p.Types {
		m := s.renderType(&p.Types[i])
		statuses := []map[string]any{}
		for k := range p.Statuses {
			statuses = append(statuses, s.renderStatus(&p.Statuses[k]))
		}
		m["statuses"] = statuses
		list = append(list, m)
	}
	return answer{status: http.StatusOK, body: list}
}

// listResolutions lists the resolutions of the whole site, whatever a project's screens offer.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issue-resolutions/#api-rest-api-2-resolution-get
func (s *Sim) listResolutions(request) answer {
	return s.siteWide("resolution", []string{"Done", "Won't Do", "Duplicate"}, func(p *project) []string { return p.Resolutions })
}

// listPriorities lists the priorities of the whole site.
// https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-issue-priorities/#api-rest-api-2-priority-get
func (s *Sim) listPriorities(request) answer {
	return s.siteWide("priority", nil, func(p *project) []string { return p.Priorities })
}

// siteWide lists what the projects have, each name once; basic is what the site brings with it.
func (s *Sim) siteWide(path string, basic []string, of func(*project) []string) answer {
	var names []string
	for _, p := range s.state.Order {
		names = append(names, of(p)...)
	}
	if len(names) == 0 {
		names = basic
	}
	list := []map[string]any{}
	for k, name := range names {
		if slices.Index(names, name) == k {
			id := strconv.Itoa(10000 + k)
			list = append(list, map[string]any{"self": s.base + api + "/" + path + "/" + id, "id": id, "name": name, "description": ""})
		}
	}
	return answer{status: http.StatusOK, body: list}
}

func (s *Sim) listHooks(request) answer {
	if !s.state.Survey.Admin {
		return refusal(http.StatusForbidden, "You are not authorized to perform this action. Administrator privileges are required.")
	}
	list := []map[string]any{}
	for _, h := range s.state.Survey.Hooks {
		m := map[string]any{
			"name": h.Name, "url": h.URL, "events": h.Events, "enabled": !h.Disabled, "excludeBody": h.ExcludeBody,
			"self": s.base + "/rest/webhooks/1.0/webhook/1", "filters": map[string]any{},
		}
		if h.JQL != "" {
			m["filters"] = map[string]any{"issue-related-events-section": h.JQL}
		}
		list = append(list, m)
	}
	return answer{status: http.StatusOK, body: list}
}

// listTokens lists the account's own tokens, never what they are.
// https://developer.atlassian.com/server/jira/platform/personal-access-token/
func (s *Sim) listTokens(request) answer {
	list := []map[string]any{}
	for k, t := range s.state.Survey.Tokens {
		m := map[string]any{"id": k + 1, "name": t.Name, "createdAt": s.clock.Now().AddDate(0, -1, 0).Format(stamp)}
		if !t.Expires.IsZero() {
			m["expiringAt"] = t.Expires.Format(stamp)
		}
		list = append(list, m)
	}
	return answer{status: http.StatusOK, body: list}
}
